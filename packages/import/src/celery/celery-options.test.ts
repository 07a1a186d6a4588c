import { describe, expect, it } from "vitest";

import { optionsOf } from "./celery-options.js";

describe("options of apply_async", () => {
  it("are kept, without those that say what happens anyway", () => {
    const kept = {
      queue: "mail",
      expires: 30,
      time_limit: 5,
      headers: { a: 1 },
      link: { task: "t.done" },
      priority: 3,
    };
    const needless = {
      retry: true,
      serializer: "json",
      delivery_mode: 2,
      ignore_result: false,
      countdown: 0,
      shadow: null,
    };
    expect(optionsOf({ ...kept, ...needless })).toEqual({ options: kept, notes: [] });
    expect(optionsOf({ queue: "celery" })).toEqual({ options: {}, notes: [] });
  });

  it("that the publisher does not take are left out, with a note for each", () => {
    const given = {
      priority: 12,
      serializer: "pickle",
      compression: "bzip2",
      expires: -1,
      task_id: "x",
      headers: { id: "x" },
    };
    expect(optionsOf(given)).toEqual({
      options: { priority: 9 },
      notes: [
        "its priority 12 becomes 9: beatx has those from 0 to 9",
        'it was sent as "pickle"; beatx sends JSON',
        'the option compression is left out: "bzip2" (beatx has gzip and zlib)',
        "the option expires is left out: with -1 workers would drop each message",
        'the option task_id is left out: "x"',
        "headers of the protocol itself are left out: id",
      ],
    });
  });

  it("with a fixed moment are kept, with a warning", () => {
    const eta = "2030-01-01T00:00:00+00:00";
    expect(optionsOf({ eta })).toEqual({ options: { eta }, notes: [expect.stringContaining("one fixed moment")] });
  });
});
