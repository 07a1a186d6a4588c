import { FakeClock } from "@beatx/core/testing";
import { dummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";
import { commandFolder, type Ended, storeIn } from "../../test/command-folder.js";
import { fakeContext } from "../../test/fake-context.js";
import { runProgram } from "../program.js";

const folder = commandFolder();
const stored = storeIn(folder);
const complete = (...words: string[]): Promise<Ended> => folder.run(["__complete", "--", ...words]);
const HOURLY = { task: "t", schedule: "1h" };

describe("completion", () => {
  it.each(["bash", "zsh", "fish"])("prints a script for %s", async (shell) => {
    const { exitCode, stdout } = await folder.run(["completion", shell]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("__complete -- ");
  });

  it("of another shell is refused with those that there are", async () => {
    const { exitCode, stderr } = await folder.run(["completion", "tcsh"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("bash, zsh, fish");
  });

  it("names entries and tags of the store that the folder's configuration or a flag names", async () => {
    await stored.client.putMany({ "mail:a": { ...HOURLY, tags: ["reports"] }, "mail b": HOURLY, "x\ny": HOURLY });
    const nothing = { exitCode: 0, stdout: "", stderr: "" };
    expect(await complete("pause", "--store", stored.uri, "mail")).toEqual({ ...nothing, stdout: "mail b\tevery 1h\nmail:a\tevery 1h\n" }); // prettier-ignore
    await folder.configure({ store: stored.uri });
    expect(await complete("pause", "--tag=")).toEqual({ ...nothing, stdout: "--tag=reports\n" });
    expect((await complete("show", "")).stdout).toBe("mail b\tevery 1h\nmail:a\tevery 1h\n");
    expect(await complete("list", "--config", "")).toEqual({ ...nothing, stdout: ":files\n" });
  });

  it("completes nothing, silently, if the store or the configuration is at fault", async () => {
    const nothing = { exitCode: 0, stdout: "", stderr: "" };
    expect(await complete("show", "")).toEqual(nothing);
    await folder.configure({ store: "nope://u:hunter2@h" });
    expect(await complete("show", "")).toEqual(nothing);
    await folder.configure({ lockTtlMs: "x" });
    expect(await complete("show", "")).toEqual(nothing);
  });

  it("waits for a store for one second at most", async () => {
    const clock = new FakeClock(0);
    const slow = dummyStore({ clock });
    slow.delay("listEntries", 60_000);
    slow.delay("getEntries", 60_000);
    const stores = [{ schemes: ["slow"], open: () => Promise.resolve(slow) }];
    const context = fakeContext(folder.path, { clock, stores });
    let exitCode: number | undefined;
    void runProgram(["__complete", "--", "show", "--store", "slow:", ""], context).then((code) => (exitCode = code));
    while (exitCode === undefined) {
      await new Promise(setImmediate);
      if (clock.now() < 1_000) await clock.advance(100);
    }
    expect({ exitCode, ...context.printed }).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(clock.now()).toBeLessThanOrEqual(1_000);
  });
});
