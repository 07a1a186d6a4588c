import { describe, expect, it } from "vitest";
import { sampleMessage } from "../test/sample-message.js";
import { createJobMaker, jobIdOf } from "./job.js";

describe("jobIdOf", () => {
  it("leaves a UUID readable", () => {
    expect(jobIdOf("0b6c1f5e-0000-5000-8000-000000000001")).toBe("beatx-0b6c1f5e-0000-5000-8000-000000000001");
  });

  it("makes ids that BullMQ takes, different for different ids", () => {
    const ids = ["123", "0", "a:b", "a%3Ab", "a:b:c", ":", "", "repeat:x:1", "日本"].map(jobIdOf);
    for (const id of ids) {
      expect(id).not.toContain(":");
      expect(String(parseInt(id, 10))).not.toBe(id);
    }
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("a job", () => {
  const makeJob = createJobMaker("beatx");

  it("has the task as its name, and the occurrence in its data", () => {
    const message = sampleMessage({ args: [1], kwargs: { two: 2 }, options: { queue: "mail", attempts: 3 } });
    expect(makeJob(message)).toMatchObject({
      queue: "mail",
      job: {
        name: "reports.send",
        data: {
          args: [1],
          kwargs: { two: 2 },
          beatx: { entry: message.entry, scheduledAt: "2026-03-04T05:06:07.891Z", fence: 42 },
        },
        opts: { attempts: 3, jobId: `beatx-${message.id}` },
      },
    });
  });

  it("has an expiry only if the message has one", () => {
    expect(makeJob(sampleMessage()).job.data.beatx).not.toHaveProperty("expiresAt");
    const { beatx } = makeJob(sampleMessage({ expiresAt: 0 })).job.data;
    expect(beatx.expiresAt).toBe("1970-01-01T00:00:00.000Z");
  });

  it("goes to the default queue when the entry names none", () => {
    expect(makeJob(sampleMessage()).queue).toBe("beatx");
  });

  it("is refused alone if it has more bytes than the entry allows", () => {
    const args = ["é".repeat(100)];
    const bytes = Buffer.byteLength(JSON.stringify(makeJob(sampleMessage({ args, entry: "é" })).job.data));
    const limited = (sizeLimit: number) => () => makeJob(sampleMessage({ args, entry: "é", options: { sizeLimit } }));
    expect(limited(bytes)).not.toThrow();
    expect(limited(bytes - 1)).toThrow(`entry "é": its job has ${bytes} bytes, of ${bytes - 1}`);
  });
});
