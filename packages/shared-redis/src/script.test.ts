import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { RedisClient } from "./client.js";
import { runScript, script } from "./script.js";

const ONE = script("local a = 1", "return a");

/** A client that answers each command by its name, and the commands it got. */
function clientThat(answers: Readonly<Record<string, unknown>>) {
  const commands: unknown[][] = [];
  const call = async (name: string, args: unknown[]): Promise<unknown> => {
    commands.push([name, ...args]);
    const answer = answers[name];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { client: { call } as unknown as RedisClient, commands };
}

const noScript = new Error("NOSCRIPT No matching script. Please use EVAL.");
const always = (): void => undefined;

describe("a script", () => {
  it("is known by the hash of its text", () => {
    expect(ONE.sha1).toBe(createHash("sha1").update("local a = 1\nreturn a").digest("hex"));
  });

  it("is run by its hash", async () => {
    const { client, commands } = clientThat({ evalsha: "answer" });
    expect(await runScript(client, ONE, ["key"], [1, "two"], always)).toBe("answer");
    expect(commands).toEqual([["evalsha", ONE.sha1, 1, "key", 1, "two"]]);
  });

  it("is given to a server that does not have it", async () => {
    const { client, commands } = clientThat({ evalsha: noScript, eval: "answer" });
    expect(await runScript(client, ONE, ["key"], [1], always)).toBe("answer");
    expect(commands.at(-1)).toEqual(["eval", ONE.lua, 1, "key", 1]);
  });

  it("is not sent a second time when it is too late, or after another error", async () => {
    const late = clientThat({ evalsha: noScript });
    const tooLate = (): never => {
      throw new Error("too late");
    };
    await expect(runScript(late.client, ONE, [], [], tooLate)).rejects.toThrow("too late");
    const refused = clientThat({ evalsha: new Error("OOM command not allowed") });
    await expect(runScript(refused.client, ONE, [], [], always)).rejects.toThrow("OOM");
    for (const { commands } of [late, refused]) expect(commands).toHaveLength(1);
  });
});
