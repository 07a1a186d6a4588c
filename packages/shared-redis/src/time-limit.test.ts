import { PublishError } from "@beatx/core/adapter";
import { describe, expect, it } from "vitest";
import { runInTime } from "./time-limit.js";
import type { MayGoOn } from "./time-limit.js";

const never = new Promise<never>(() => undefined);
const limitOf = (changes: Partial<Parameters<typeof runInTime>[1]> = {}) => ({
  signal: undefined,
  timeoutMs: 60_000,
  errorClass: PublishError,
  onTimeout: () => new PublishError("waited in vain"),
  onAbort: () => new PublishError("no longer wanted"),
  ...changes,
});

/** Work that waits for ever; what it was given to ask with. */
function waiting(): { work: (mayGoOn: MayGoOn) => Promise<never>; ask: () => void } {
  let given: MayGoOn = () => undefined;
  return {
    work: (mayGoOn) => {
      given = mayGoOn;
      return never;
    },
    ask: () => given(),
  };
}

describe("work with a time limit", () => {
  it("resolves with the work, which may go on meanwhile", async () => {
    const work = async (mayGoOn: MayGoOn): Promise<string> => {
      mayGoOn();
      return "done";
    };
    expect(await runInTime(work, limitOf())).toBe("done");
  });

  it("does not begin for a signal that was aborted before", async () => {
    const { work, ask } = waiting();
    await expect(runInTime(work, limitOf({ signal: AbortSignal.abort() }))).rejects.toThrow("not sent");
    expect(ask).not.toThrow();
  });

  it("is left at its deadline, and may not go on then", async () => {
    const { work, ask } = waiting();
    await expect(runInTime(work, limitOf({ timeoutMs: 1 }))).rejects.toMatchObject({
      code: "PUBLISH",
      message: "waited in vain",
    });
    expect(ask).toThrow("its deadline had passed");
  });

  it("is left when its signal is aborted, and may not go on then", async () => {
    const { work, ask } = waiting();
    const controller = new AbortController();
    const running = runInTime(work, limitOf({ signal: controller.signal }));
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: "PUBLISH", message: "no longer wanted" });
    expect(ask).toThrow("its deadline had passed");
  });
});
