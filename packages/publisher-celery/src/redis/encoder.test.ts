import type { Message } from "@beatx/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { sampleMessage, stoppedClock } from "../../test/sample-message.js";
import { celeryTime } from "../message/celery-time.js";
import { KOMBU_NAMING } from "./bindings.js";
import { createEncoder } from "./encoder.js";

const nowMs = Date.UTC(2026, 2, 4, 5, 6, 7, 891);
const encode = createEncoder({ defaultQueue: "celery", clock: stoppedClock(nowMs), naming: KOMBU_NAMING });

interface Written {
  readonly headers: Record<string, unknown>;
  readonly properties: Record<string, unknown>;
}

const write = (message: Message): Written => JSON.parse(encode(message).toText()) as Written;

describe("celeryTime", () => {
  it("writes six digits of fraction, as a worker expects", () => {
    expect(celeryTime(nowMs)).toBe("2026-03-04T05:06:07.891000+00:00");
    expect(celeryTime(nowMs - 886)).toBe("2026-03-04T05:06:07.005000+00:00");
  });

  it("writes none for a whole second, as Python's isoformat", () => {
    expect(celeryTime(nowMs - 891)).toBe("2026-03-04T05:06:07+00:00");
  });
});

describe("the encoder", () => {
  it("names the occurrence for consumers", () => {
    const message = sampleMessage();
    const { headers, properties } = write(message);
    expect(headers).toMatchObject({
      id: message.id,
      root_id: message.id,
      "beatx-entry": "daily",
      "beatx-scheduled-at": "2026-03-04T05:06:07.891Z",
      "beatx-fence": 42,
    });
    expect(properties["correlation_id"]).toBe(message.id);
    expect(headers["origin"]).toMatch(/^beatx\d+@./);
  });

  it("names the key that holds up the next run, only where runs must not overlap", () => {
    const overlap = { policy: "skip", ttlMs: 60_000 } as const;
    const key = "celery.beatx-overlap.shop/daily \u20ac";
    const entry = "daily \u20ac";
    const shapes = [{}, { expiresAt: nowMs + 1_000 }];
    for (const shape of shapes) {
      const { headers } = write(sampleMessage({ entry, namespace: "shop", overlap, ...shape }));
      expect(headers["beatx-overlap"]).toBe(key);
      expect(write(sampleMessage({ entry, namespace: "shop", ...shape })).headers).not.toHaveProperty("beatx-overlap");
    }
    expect(encode(sampleMessage({ entry, namespace: "shop", overlap })).overlapKey).toBe(key);
  });

  it("gives each delivery its own tag, even the same message for two queues", () => {
    const encoded = encode(sampleMessage());
    const tags = [encoded.toText(), encoded.toText()].map(
      (text) => (JSON.parse(text) as Written).properties["delivery_tag"],
    );
    expect(new Set(tags).size).toBe(2);
    expect(tags[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("serialises an entry once and fills in the values that differ", () => {
    const templateKey = {};
    write(sampleMessage({ templateKey, args: [1] }));
    const second = write(sampleMessage({ templateKey, args: [2] }));
    // Ignored: the same templateKey stands for the same revision of the entry.
    const later = sampleMessage({ templateKey, args: [3], scheduledAt: nowMs + 60_000, fence: 43 });
    const third = write(later);
    expect(third.headers["argsrepr"]).toBe(second.headers["argsrepr"]);
    expect(third.headers).toMatchObject({
      id: later.id,
      "beatx-scheduled-at": "2026-03-04T05:07:07.891Z",
      "beatx-fence": 43,
    });
  });

  it("serialises two values of a message, and eight of an entry, beside what entries with the same options share", () => {
    const [first, second] = [{ templateKey: {} }, { templateKey: {} }];
    write(sampleMessage(first));
    const stringify = vi.spyOn(JSON, "stringify");
    onTestFinished(() => stringify.mockRestore());
    const callsOf = (message: Message): number => {
      stringify.mockClear();
      encode(message).toText();
      return stringify.mock.calls.length;
    };
    expect(callsOf(sampleMessage({ ...first, scheduledAt: nowMs + 1_000 }))).toBe(2);
    expect(callsOf(sampleMessage({ ...second, entry: "other" }))).toBeLessThanOrEqual(10);
    expect(callsOf(sampleMessage({ ...second, entry: "other", scheduledAt: nowMs + 1_000 }))).toBe(2);
  });

  it("writes the same text for the first message of an entry as for those after it", () => {
    const options = { countdown: 5, expires: 60, headers: { x: 1 }, queue: "mail", compression: "gzip" };
    for (const message of [sampleMessage(), sampleMessage({ args: [1], options })]) {
      const [first, ...others] = [1, 2, 3].map(() => {
        const text = encode(message).toText();
        const { delivery_tag: tag } = (JSON.parse(text) as Written).properties;
        return text.replace(tag as string, "<tag>");
      });
      expect(others).toEqual([first, first]);
    }
  });

  it("sets the earlier of the message's expiry and the option's", () => {
    const expiresOf = (message: Message): unknown => write(message).headers["expires"];
    const [soon, late] = [nowMs + 1_000, nowMs + 60_000];
    expect(expiresOf(sampleMessage({ expiresAt: soon, options: { expires: 30 } }))).toBe(celeryTime(soon));
    expect(expiresOf(sampleMessage({ expiresAt: late, options: { expires: 30 } }))).toBe(celeryTime(nowMs + 30_000));
    expect(expiresOf(sampleMessage({ expiresAt: soon }))).toBe(celeryTime(soon));
    expect(expiresOf(sampleMessage())).toBeNull();
  });

  it("notices when only some messages of an entry expire", () => {
    const templateKey = {};
    for (const expiresAt of [null, null, nowMs + 5_000, nowMs + 5_000, null]) {
      const { headers, properties } = write(sampleMessage({ templateKey, expiresAt }));
      expect(headers["expires"]).toBe(expiresAt === null ? null : celeryTime(expiresAt));
      expect(properties["expiration"]).toBe(expiresAt === null ? undefined : "5000");
    }
  });

  it("carries any text through the template unharmed", () => {
    const awkward = 'quote " backslash \\ newline \n NUL \0 \u2028 😀 </script> $& ${x}';
    const message = sampleMessage({
      entry: awkward,
      id: awkward,
      task: awkward,
      args: [awkward],
      kwargs: { [awkward]: 1 },
    });
    for (const text of [encode(message).toText(), encode(message).toText()]) {
      const written = JSON.parse(text) as Written & { body: string };
      expect(written.headers).toMatchObject({ id: awkward, task: awkward, "beatx-entry": awkward });
      const [args, kwargs] = JSON.parse(Buffer.from(written.body, "base64").toString()) as [string[], object];
      expect(args).toEqual([awkward]);
      expect(kwargs).toEqual({ [awkward]: 1 });
    }
  });

  it("refuses a message whose options it does not know", () => {
    expect(() => encode(sampleMessage({ options: { colour: "red" } }))).toThrow(/"colour"/);
  });

  it.each([
    [{}, "", "celery"],
    [{ queue: "mail" }, "", "mail"],
    [{ queue: "mail", routing_key: "some.key" }, "", "mail"],
    [{ exchange: "shop" }, "", "celery"],
    [{ exchange: "shop", routing_key: "order.new" }, "shop", "order.new"],
    [{ exchange: "shop", routing_key: "order.new", queue: "mail" }, "shop", "order.new"],
  ])("addresses %o as Celery does", (options, exchange, routingKey) => {
    expect(encode(sampleMessage({ options })).address).toEqual({ exchange, routingKey });
  });
});
