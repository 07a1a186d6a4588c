import type { JsonObject } from "@beatx/core";
import { PublishError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { readCeleryOptions } from "./options.js";

const read = (options: JsonObject) => readCeleryOptions(options, "daily");

function errorOf(options: JsonObject): Error {
  try {
    read(options);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${JSON.stringify(options)} was accepted`);
}

describe("readCeleryOptions", () => {
  it("takes an entry without options", () => {
    expect(read({})).toMatchObject({ queue: null, priority: 0, expires: null, eta: null, deliveryMode: 2 });
  });

  it("takes null for absent, as Celery takes None", () => {
    expect(read({ queue: null, expires: null, priority: null })).toEqual(read({}));
  });

  it("reads expires as seconds or as a date", () => {
    expect(read({ expires: 1.5 }).expires).toEqual({ afterMs: 1500 });
    const date = new Date(Date.UTC(2026, 2, 4));
    expect(read({ expires: date.toJSON() }).expires).toEqual({ at: date.getTime() });
    expect(read({ expires: "2026-03-04T01:00:00.000000+01:00" }).expires).toEqual({ at: date.getTime() });
  });

  it("takes a countdown of 0 for none, as Celery does", () => {
    expect(read({ countdown: 0 }).eta).toBeNull();
    expect(read({ countdown: 2 }).eta).toEqual({ afterMs: 2000 });
  });

  it("knows delivery modes by number and by name", () => {
    expect(read({ delivery_mode: "transient" }).deliveryMode).toBe(1);
    expect(read({ delivery_mode: 2 }).deliveryMode).toBe(2);
  });

  it("knows how to declare a queue: by type, by arguments, or by both if they agree", () => {
    const [quorum, expiring] = [{ "x-queue-type": "quorum" }, { "x-expires": 5 }];
    expect(read({}).queueArguments).toBeNull();
    expect(read({ queue_type: "quorum" }).queueArguments).toEqual(quorum);
    expect(read({ queue_arguments: expiring }).queueArguments).toEqual(expiring);
    const both = { queue_type: "quorum", queue_arguments: { ...quorum, ...expiring } };
    expect(read(both).queueArguments).toEqual({ ...quorum, ...expiring });
  });

  it("completes signatures, one or a list", () => {
    const complete = { task: "a", args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false };
    expect(read({ link: { task: "a" } }).callbacks).toEqual([complete]);
    expect(read({ link_error: [{ task: "a", args: [1] }, { task: "b" }] }).errbacks).toEqual([
      { ...complete, args: [1] },
      { ...complete, task: "b" },
    ]);
  });

  it("names the entry, the option, the value and what is expected", () => {
    const error = errorOf({ priority: 10 });
    expect(PublishError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/"daily".*"priority" is 10: expected a whole number from 0 to 9/);
  });

  it.each<JsonObject>([
    { queue: "" },
    { queue: 1 },
    { priority: -1 },
    { priority: 1.5 },
    { priority: "5" },
    { expires: 0 },
    { expires: -1 },
    { expires: "tomorrow" },
    { expires: "2026-03-04T05:06:07" },
    { expires: "2026-13-04T05:06:07Z" },
    { expires: 1e12 },
    { countdown: -1 },
    { eta: 1772600767 },
    { headers: ["a"] },
    { headers: { id: "other" } },
    { headers: { "beatx-fence": 1 } },
    { time_limit: 0 },
    { soft_time_limit: "9" },
    { ignore_result: "yes" },
    { delivery_mode: 3 },
    { compression: "bzip2" },
    { serializer: "pickle" },
    { queue_type: "stream" },
    { queue_arguments: "x-expires" },
    { queue_arguments: { ["x".repeat(256)]: 1 } },
    { queue_type: "quorum", queue_arguments: { "x-queue-type": "classic" } },
    { link: "tasks.done" },
    { link: [{ args: [] }] },
    { eta: "2026-03-04T05:06:07Z", countdown: 1 },
  ])("refuses %o", (options) => {
    expect(errorOf(options).message).toContain(`"${Object.keys(options)[0]}"`);
  });

  it("names an unknown option and lists the known ones", () => {
    expect(errorOf({ quue: "mail" }).message).toMatch(/"quue" is unknown.*queue, exchange, routing_key/);
    expect(errorOf({ constructor: 1 }).message).toContain('"constructor" is unknown');
  });

  it("says how Celery spells an option that was written in camel case", () => {
    expect(errorOf({ timeLimit: 5 }).message).toContain('write it "time_limit"');
  });

  it("says what to do instead of an option that an entry cannot have", () => {
    expect(errorOf({ task_id: "x" }).message).toContain("the id is the occurrence's own");
  });
});
