import type { Store } from "@beatx/core";
import {
  BeatxError,
  type CursorMove,
  type Lease,
  type MoveResult,
  type OutboxHold,
  type OutboxWrite,
} from "@beatx/core/adapter";
import type { DummyStore } from "@beatx/store-dummy";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject, type Wrap } from "../dummy-subject.js";

async function cursorsOf(store: DummyStore): Promise<Map<string, string | null>> {
  const cursors = new Map<string, string | null>();
  for await (const batch of (await store.getSchedule()).batches) {
    for (const { name, cursor } of batch) cursors.set(name, cursor);
  }
  return cursors;
}

/** Pushes messages in a separate command, with the move of an entry that is removed at once. */
async function pushAlone(store: DummyStore, lease: Lease, outbox: readonly OutboxWrite[]): Promise<void> {
  const name = `carrier ${Math.random()}`;
  const [created] = await store.setSchedule([{ name, definition: "x", expectedRevision: null }]);
  if (created?.status !== "done") throw new Error("the carrier was not created");
  const { revision } = created;
  await store.advance(lease, [{ name, from: null, to: "x", definitionRevision: revision, dueAt: 0, outbox }]);
  await store.setSchedule([{ name, definition: null, expectedRevision: revision }]);
}

/** Changes every move on its way to the backend. */
function withMoves(store: DummyStore, change: (move: CursorMove) => CursorMove): Partial<Store> {
  return { advance: (lease, moves) => store.advance(lease, moves.map(change)) };
}

/** Changes what the writes of a move ask for, or leaves it out. */
function holding(change: (hold: OutboxHold, index: number) => OutboxHold | undefined) {
  return (move: CursorMove, index = 0): CursorMove => {
    if (!move.outbox) return move;
    const outbox = move.outbox.map(({ unlessHeld, ...write }): OutboxWrite => {
      const changed = unlessHeld && change(unlessHeld, index);
      return changed ? { ...write, unlessHeld: changed } : write;
    });
    return { ...move, outbox };
  };
}

function withoutMessages({ outbox: _, ...move }: CursorMove): CursorMove {
  return move;
}

/** Declares fencedWrites on a backend that does not compare leases. */
const unfenced: Wrap = (store) => ({ capabilities: { ...store.capabilities, fencedWrites: true } });

export const brokenMoves: readonly BrokenStore[] = [
  {
    flaw: "moves cursors without comparing the lease",
    caughtBy: "nothing is written under a lease that ran out once another node leads",
    subject: () => dummySubject(unfenced, { capabilities: { fencedWrites: false } }),
  },
  {
    flaw: "moves cursors while no node leads",
    caughtBy: "nothing is written under a released lease",
    subject: () =>
      dummySubject(
        (store, namespace) => ({
          ...unfenced(store, namespace),
          advance: async (lease, moves) => {
            const leader = await store.readLock();
            if (leader && leader.fence !== lease.fence) throw new BeatxError("LOCK_LOST", "another node leads");
            return store.advance(lease, moves);
          },
        }),
        { capabilities: { fencedWrites: false } },
      ),
  },
  {
    flaw: "compares only the token when it writes",
    caughtBy: "nothing is written under an old lease whose token has got a new lease",
    subject: () =>
      dummySubject((store) => {
        const leaseOf = async ({ token }: Lease): Promise<Lease> => ({
          token,
          fence: (await store.readLock())?.fence ?? 0,
        });
        return { advance: async (lease, moves) => store.advance(await leaseOf(lease), moves) };
      }),
  },
  {
    flaw: "ignores the lease when it writes definitions",
    caughtBy: "nothing is written under a lease with the wrong token or the wrong fence",
    subject: () => dummySubject((store) => ({ setSchedule: (changes) => store.setSchedule(changes) })),
  },
  {
    flaw: "moves cursors without comparing them",
    caughtBy: "a move from a text other than the cursor returns the cursor and writes nothing",
    subject: () =>
      dummySubject((store) => ({
        advance: async (lease, moves) => {
          const cursors = await cursorsOf(store);
          return store.advance(
            lease,
            moves.map((move) => ({ ...move, from: cursors.get(move.name) ?? null })),
          );
        },
      })),
  },
  {
    flaw: "reports a repeated move as done",
    caughtBy: "a move that is sent twice returns the new cursor the second time",
    subject: () =>
      dummySubject((store) => ({
        advance: async (lease, moves) => {
          const results = await store.advance(lease, moves);
          return results.map((result, index): MoveResult => {
            const same = result.status === "moved" && result.cursor === moves[index]!.to;
            return same ? { status: "done" } : result;
          });
        },
      })),
  },
  {
    flaw: "moves cursors under a changed definition",
    caughtBy: "a move that was decided under an old definition is refused",
    subject: () => dummySubject((store) => withMoves(store, (move) => ({ ...move, definitionRevision: null }))),
  },
  {
    flaw: "moves cursors into the future",
    caughtBy: "a move that is not yet due by the store's clock is refused",
    subject: () => dummySubject((store) => withMoves(store, (move) => ({ ...move, dueAt: 0 }))),
  },
  {
    flaw: "trims texts",
    caughtBy: "every text is stored byte for byte, as a definition and as a cursor",
    subject: () => dummySubject((store) => withMoves(store, (move) => ({ ...move, to: move.to.trim() }))),
  },
  {
    flaw: "returns results in another order than that of the moves",
    caughtBy: "each move of a batch is made or refused on its own, and the results keep the order",
    subject: () =>
      dummySubject((store) => ({ advance: async (lease, moves) => (await store.advance(lease, moves)).toReversed() })),
  },
  {
    flaw: "makes only the first hundred moves of a call",
    caughtBy: "several hundred cursors move in one call",
    subject: () => dummySubject((store) => ({ advance: (lease, moves) => store.advance(lease, moves.slice(0, 100)) })),
  },
  {
    flaw: "pushes messages before it compares cursors",
    caughtBy: "a move pushes its messages in order, and only once even if it is sent twice",
    subject: () =>
      dummySubject((store) => ({
        advance: async (lease, moves) => {
          for (const { outbox = [] } of moves) await pushAlone(store, lease, outbox);
          return store.advance(lease, moves.map(withoutMessages));
        },
      })),
  },
  {
    flaw: "moves cursors without pushing the messages",
    caughtBy: "a batch pushes messages in the order of its moves, and none of a refused move",
    subject: () => dummySubject((store) => withMoves(store, withoutMessages)),
  },
  {
    flaw: "pushes some messages of a refused move",
    caughtBy: "a move to a queue that takes no pushes is refused whole, and the rest of the batch is made",
    subject: () =>
      dummySubject((store) => ({
        advance: async (lease, moves) => {
          const results = await store.advance(lease, moves);
          for (const [index, { status }] of results.entries()) {
            if (status === "refused") await pushAlone(store, lease, (moves[index]!.outbox ?? []).slice(0, 1));
          }
          return results;
        },
      })),
  },
  {
    flaw: "writes what is held up",
    caughtBy: "a move whose key another message holds is held, and nothing of it is written",
    subject: () =>
      dummySubject((store) =>
        withMoves(
          store,
          holding(() => undefined),
        ),
      ),
  },
  {
    flaw: "compares the moves of a batch with the keys from before it",
    caughtBy: "a move holds its key against a later one of the same batch, and a refused one holds none",
    subject: () =>
      dummySubject((store) => {
        let batches = 0;
        return {
          advance: (lease, moves) => {
            const ofBatch = (hold: OutboxHold, index: number): OutboxHold => ({ ...hold, key: `${hold.key} ${index}` });
            return store.advance(lease, batches++ === 0 ? moves.map(holding(ofBatch)) : moves);
          },
        };
      }),
  },
  {
    flaw: "holds up a message by itself",
    caughtBy: "a move is not held by the key of its own message",
    subject: () => {
      let count = 0;
      const another = (hold: OutboxHold): OutboxHold => ({ ...hold, value: `${hold.value} ${count++}` });
      return dummySubject((store) => withMoves(store, holding(another)));
    },
  },
  {
    flaw: "holds keys for ever",
    caughtBy: "a key is held for its lifetime, and no longer",
    subject: () =>
      dummySubject((store) =>
        withMoves(
          store,
          holding((hold) => ({ ...hold, ttlMs: 1e9 })),
        ),
      ),
  },
  {
    flaw: "finds any mark",
    caughtBy: "a mark under another key or with another value is not found",
    subject: () => dummySubject(() => ({ reachesOutbox: async () => true })),
  },
];
