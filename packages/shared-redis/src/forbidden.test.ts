import { PublishError, StoreError } from "@beatx/core/adapter";
import { describe, expect, it } from "vitest";
import { isForbidden, sendAllowed } from "./forbidden.js";

const forbidden = new StoreError("could not send: NOPERM No permissions to access a key");

interface Item {
  readonly queue: number;
  readonly value: string;
}

/** Sends to all queues but those of `closed`, and counts the attempts. */
function serverWithout(closed: readonly number[], error: Error = forbidden) {
  const server = { attempts: 0, sent: [] as string[] };
  const send = async (items: readonly Item[]): Promise<string[]> => {
    server.attempts += 1;
    if (items.some(({ queue }) => closed.includes(queue))) throw error;
    server.sent.push(...items.map(({ value }) => value));
    return items.map(({ value }) => `sent ${value}`);
  };
  const refuse = (_error: Error, { value }: Item): string => `refused ${value}`;
  return { server, sending: { send, groupOf: ({ queue }: Item) => queue, refuse } };
}

const itemsOf = (...queues: readonly number[]): Item[] => queues.map((queue, index) => ({ queue, value: `${index}` }));

describe("a batch that is partly forbidden", () => {
  it("is sent in one step if nothing is forbidden", async () => {
    const { server, sending } = serverWithout([]);
    expect(await sendAllowed([itemsOf(1, 2)], sending)).toEqual(["sent 0", "sent 1"]);
    expect(server.attempts).toBe(1);
  });

  it("is sent without the forbidden groups, and answered in its order", async () => {
    const { server, sending } = serverWithout([2, 3]);
    const answers = await sendAllowed([itemsOf(1, 2, 3, 1, 2, 4)], sending);
    expect(answers).toEqual(["sent 0", "refused 1", "refused 2", "sent 3", "refused 4", "sent 5"]);
    expect(server.sent.sort()).toEqual(["0", "3", "5"]);
  });

  it("is halved: one group among hundreds is found with few attempts", async () => {
    const { server, sending } = serverWithout([377]);
    const answers = await sendAllowed([itemsOf(...Array.from({ length: 500 }, (_, queue) => queue))], sending);
    expect(answers.filter((answer) => answer.startsWith("refused"))).toEqual(["refused 377"]);
    expect(server.attempts).toBeLessThan(30);
  });

  it("rejects with any other error, and with an error that refuse throws", async () => {
    const outage = new StoreError("no connection");
    const { server, sending } = serverWithout([2], outage);
    await expect(sendAllowed([itemsOf(1, 2)], sending)).rejects.toBe(outage);
    expect(server.attempts).toBe(1);
    const refuse = (error: Error): never => {
      throw error;
    };
    const strict = { ...serverWithout([2]).sending, refuse };
    await expect(sendAllowed([itemsOf(1, 2)], strict)).rejects.toBe(forbidden);
  });

  describe("when the connection is lost half-way", () => {
    /** Takes queue 1, forbids queue 2, and is lost at queue 3. */
    const lost = new PublishError("the connection was lost");
    const sending = {
      send: async (items: readonly Item[]): Promise<string[]> => {
        if (items.some(({ queue }) => queue === 2)) throw forbidden;
        if (items.some(({ queue }) => queue === 3)) throw lost;
        return items.map(({ value }) => `sent ${value}`);
      },
      groupOf: ({ queue }: Item) => queue,
      refuse: (_error: Error, { value }: Item) => `refused ${value}`,
    };
    const fail = (error: unknown, { value }: Item): string =>
      `${PublishError.isNotSent(error) ? "not sent" : "lost"} ${value}`;

    it("keeps the answers of the parts before; items whose turn had not come were not sent", async () => {
      const parts = [itemsOf(1, 3, 2, 3), itemsOf(1)];
      // Halved, the first part is sent as queues 1 and 3, then 2.
      const cut = [itemsOf(1, 2, 3, 4), itemsOf(1)];
      await expect(sendAllowed(parts, { ...sending, fail })).rejects.toBe(lost);
      expect(await sendAllowed(cut, { ...sending, fail })).toEqual([
        "sent 0",
        "refused 1",
        "lost 2",
        "lost 3",
        "not sent 0",
      ]);
    });

    it("rejects if its caller answers for no failed item", async () => {
      await expect(sendAllowed([itemsOf(1, 2, 3, 4)], sending)).rejects.toBe(lost);
    });
  });
});

it("a missing permission differs from other errors", () => {
  expect(isForbidden(new PublishError("refused a command: NOPERM No permissions"))).toBe(true);
  expect(isForbidden(new PublishError("WRONGTYPE"))).toBe(false);
  expect(isForbidden(new Error("NOPERM"))).toBe(false);
});
