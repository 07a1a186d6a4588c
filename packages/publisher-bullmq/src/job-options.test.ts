import type { JsonObject } from "@beatx/core";
import { PublishError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { readJobOptions } from "./job-options.js";

describe("readJobOptions", () => {
  it("reads the options of BullMQ and leaves them unchanged", () => {
    const job = {
      attempts: 3,
      backoff: { type: "fixed", delay: 10 },
      delay: 0,
      priority: 2 ** 21,
      lifo: true,
      removeOnComplete: false,
      removeOnFail: { age: 1, count: 2, limit: 3 },
      keepLogs: 0,
      stackTraceLimit: 0,
      deduplication: { id: "x", extend: true, replace: false, keepLastIfActive: true },
    };
    expect(readJobOptions({ ...job, queue: "mail", sizeLimit: 5 }, "daily")).toEqual({
      queue: "mail",
      sizeLimit: 5,
      job,
    });
    expect(readJobOptions({ backoff: 1000, removeOnFail: 5 }, "daily").job).toEqual({ backoff: 1000, removeOnFail: 5 });
  });

  it("takes null for absent", () => {
    expect(readJobOptions({ queue: null, attempts: null }, "daily")).toEqual({ job: {} });
  });

  it.each<[JsonObject, string]>([
    [{ queue: "" }, "name of a queue"],
    [{ queue: "a:b" }, '":"'],
    [{ attempts: 0 }, "from 1 on"],
    [{ attempts: 1.5 }, "whole number"],
    [{ attempts: "3" }, "whole number"],
    [{ backoff: -1 }, "whole number of ms"],
    [{ backoff: { delay: 5 } }, '"type" is missing'],
    [{ backoff: { type: "fixed", jitter: 2 } }, '"jitter": expected a number from 0 to 1'],
    [{ backoff: { type: "fixed", factor: 2 } }, 'no "factor"'],
    [{ delay: -5 }, "whole number of ms"],
    [{ priority: 2 ** 21 + 1 }, "from 0 to 2097152"],
    [{ lifo: "yes" }, "true or false"],
    [{ removeOnComplete: "all" }, "an object with age, count, limit"],
    [{ removeOnComplete: [] }, "an object with age, count, limit"],
    [{ removeOnFail: { limit: 5 } }, '"age" or "count"'],
    [{ deduplication: { ttl: 5 } }, '"id" is missing'],
    [{ deduplication: { id: "" } }, '"id": expected a text'],
    [{ sizeLimit: 0 }, "whole number of bytes"],
    [{ jobId: "mine" }, "the occurrence's own"],
    [{ repeat: { pattern: "* * * * *" } }, "the schedule of the entry"],
    [{ parent: { id: "1", queue: "q" } }, "no parent"],
    [{ debounce: { id: "x" } }, '"deduplication"'],
    [{ colour: "red" }, "unknown to a BullMQ publisher (known: queue, attempts"],
    [{ constructor: 1 }, "unknown to a BullMQ publisher"],
  ])("refuses %j", (options, reason) => {
    const read = () => readJobOptions(options, "daily");
    expect(read).toThrow(PublishError);
    expect(read).toThrow(reason);
    expect(read).toThrow(`entry "daily": option "${Object.keys(options)[0]}"`);
  });
});
