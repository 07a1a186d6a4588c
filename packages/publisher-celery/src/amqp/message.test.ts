import type { Message } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { sampleMessage, stoppedClock } from "../../test/sample-message.js";
import { toFieldTable } from "./field-table.js";
import { createAmqpEncoder } from "./message.js";

const nowMs = Date.UTC(2026, 2, 4, 5, 6, 7, 891);
const encode = createAmqpEncoder({ defaultQueue: "celery", clock: stoppedClock(nowMs) });

/** The message as sent: amqplib reads the headers at once. */
const write = (message: Message): unknown => structuredClone(encode(message).toProperties());

describe("toFieldTable", () => {
  it("gives numbers the types that Celery's own library writes", () => {
    const numbers = { a: 0, b: -(2 ** 31), c: 2 ** 31 - 1, d: 2 ** 31, e: -(2 ** 31) - 1, f: 0.5, g: 1e300, h: -1e300 };
    const types = Object.values(toFieldTable(numbers)).map((field) => (field as { "!": string })["!"]);
    expect(types).toEqual(["int", "int", "int", "long", "long", "double", "double", "double"]);
  });

  it("hides a table's own exclamation mark, which amqplib takes for a type", () => {
    const { table } = toFieldTable({ table: { "!": "timestamp", value: "x" } }) as { table: object };
    expect(Object.hasOwn(table, "!")).toBe(false);
    expect(table).toMatchObject({ "!": "timestamp", value: "x" });
  });
});

describe("the encoder for AMQP", () => {
  it("makes the body of an entry once, and the headers of each message", () => {
    const templateKey = {};
    const [first, second] = [1, 2].map((fence) =>
      sampleMessage({
        templateKey,
        fence,
        args: [fence],
        scheduledAt: nowMs + fence,
        options: { headers: { x: "y" } },
      }),
    );
    const encoded = [encode(first!), encode(second!)];
    expect(encoded[1]!.content).toBe(encoded[0]!.content);
    for (const message of [first!, second!, first!]) {
      expect(write(message)).toMatchObject({
        correlationId: message.id,
        headers: {
          id: message.id,
          root_id: message.id,
          x: "y",
          "beatx-entry": "daily",
          "beatx-scheduled-at": new Date(message.scheduledAt).toISOString(),
          "beatx-fence": { value: message.fence },
        },
      });
    }
  });

  it("writes the same for the first message of an entry as for those after it", () => {
    const options = { countdown: 5, expires: 60, headers: { n: 1 }, queue: "mail", compression: "gzip" };
    const message = sampleMessage({ args: [1], options });
    const [first, ...others] = [write(message), write(message), write(message)];
    expect(others).toEqual([first, first]);
  });

  it("fills in one table of headers for all entries, unless theirs have other names", () => {
    const plain = [sampleMessage({ entry: "one" }), sampleMessage({ entry: "two", args: [2] })].map(encode);
    const tables = plain.map((message) => message.toProperties().headers);
    expect(tables[1]).toBe(tables[0]);
    const own = sampleMessage({ entry: "three", options: { headers: { x: "y" } } });
    expect(write(own)).toHaveProperty("headers.x", "y");
    expect(write(sampleMessage({ entry: "one" }))).not.toHaveProperty("headers.x");
  });

  it("keeps the headers of entries apart, however many names of headers there are", () => {
    const messages = Array.from({ length: 250 }, (_, index) =>
      sampleMessage({ entry: `e${index}`, templateKey: {}, options: { headers: { [`x${index}`]: index } } }),
    );
    for (const message of [...messages, ...messages]) {
      const { headers } = write(message) as { readonly headers: Record<string, unknown> };
      const own = Object.keys(headers).filter((name) => name.startsWith("x"));
      expect([own, headers["beatx-entry"]]).toEqual([[message.entry.replace("e", "x")], message.entry]);
    }
  });

  it("notices when only some messages of an entry expire", () => {
    const templateKey = {};
    for (const expiresAt of [null, nowMs + 5_000, null, nowMs - 5_000]) {
      const properties = write(sampleMessage({ templateKey, expiresAt }));
      const expiration = expiresAt === null ? undefined : String(Math.max(0, expiresAt - nowMs));
      expect((properties as { expiration?: string }).expiration).toBe(expiration);
    }
  });

  it("leaves a lifetime that RabbitMQ refuses to the worker", () => {
    const longest = 2 ** 32 - 1;
    expect(write(sampleMessage({ expiresAt: nowMs + longest }))).toHaveProperty("expiration", String(longest));
    const message = sampleMessage({ expiresAt: nowMs + longest + 1 });
    expect(write(message)).not.toHaveProperty("expiration");
    expect(write(message)).toHaveProperty("headers.expires", expect.stringContaining("2026-04"));
  });

  it.each([
    [{ options: { colour: "red" } }, '"colour"'],
    [{ options: { queue: "q".repeat(256) } }, "longer than the 255 bytes"],
    [{ options: { exchange: "é".repeat(128), routing_key: "k" } }, "longer than the 255 bytes"],
    [{ options: { headers: { BCC: ["mail"] } } }, '"BCC"'],
    [{ args: ["x".repeat(17 * 1024 * 1024)] }, "pass a reference"],
  ])("refuses what would cost others their channel (%#)", (changes, reason) => {
    expect(() => encode(sampleMessage(changes))).toThrow(reason);
  });
});
