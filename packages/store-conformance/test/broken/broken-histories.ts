import type { CursorMove, CursorRecord } from "@beatx/core/adapter";
import type { DummyStore } from "@beatx/store-dummy";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject, type Wrap } from "../dummy-subject.js";

/** Changes the record of each move on its way to the backend. */
function withRecords(change: (record: CursorRecord, move: CursorMove) => CursorRecord | undefined): Wrap {
  return (store) => ({
    advance: (lease, moves) => store.advance(lease, moves.map((move) => ({ ...move, ...recordOf(move) }))), // prettier-ignore
  });
  function recordOf(move: CursorMove): Pick<CursorMove, "record"> | undefined {
    const record = move.record && change(move.record, move);
    return record ? { record } : move.record ? { record: undefined } : undefined;
  }
}

/** Keeps records beside the backend, for all namespaces and nodes of one subject. */
function keptBeside(
  store: DummyStore,
  kept: Map<string, string>,
  isWritten: (status: string) => boolean,
): ReturnType<Wrap> {
  return {
    async advance(lease, moves) {
      const results = await store.advance(lease, moves);
      for (const [index, { name, record, to }] of moves.entries()) {
        if (record && isWritten(results[index]!.status)) kept.set(`${name}\0${record.slot}`, record.text ?? to);
      }
      return results;
    },
    getHistory: async (name) => {
      return [...kept].filter(([key]) => key.startsWith(`${name}\0`)).map(([, text]) => text);
    },
  };
}

export const brokenHistories: readonly BrokenStore[] = [
  {
    flaw: "keeps no records, although it has getHistory",
    caughtBy: [
      "the history has each record byte for byte, and the new cursor where a record has no text of its own",
      "a changed definition keeps the records of its name",
    ],
    subject: () => dummySubject(withRecords(() => undefined)),
  },
  {
    flaw: "keeps the cursor in place of a record's own text",
    caughtBy: "the history has each record byte for byte, and the new cursor where a record has no text of its own",
    subject: () => dummySubject(withRecords(({ slot }) => ({ slot, text: null }))),
  },
  {
    flaw: "has only ten slots",
    caughtBy: "a record replaces the one in its slot, in every slot there is",
    subject: () => dummySubject(withRecords(({ slot, text }) => ({ slot: slot % 10, text }))),
  },
  {
    flaw: "records every move",
    caughtBy: "a move without a record leaves none",
    subject: () =>
      dummySubject((store) => ({
        advance: (lease, moves) =>
          store.advance(
            lease,
            moves.map((move) => ({ record: { slot: 0, text: null }, ...move })),
          ),
      })),
  },
  {
    flaw: "writes the records of refused moves",
    caughtBy: "a batch writes the records of the moves that it makes, and of no other",
    subject: () => {
      const kept = new Map<string, string>();
      return dummySubject((store) => keptBeside(store, kept, () => true));
    },
  },
  {
    flaw: "keeps the records of removed entries",
    caughtBy: "an entry that is removed and created again begins without records",
    subject: () => {
      const kept = new Map<string, string>();
      return dummySubject((store) => keptBeside(store, kept, (status) => status === "done"));
    },
  },
];
