import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

const application = inject("application");
let elsewhere: string;

beforeAll(async () => {
  elsewhere = await mkdtemp(join(tmpdir(), "beatx-lookup-"));
});
afterAll(() => rm(elsewhere, { recursive: true }));

interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node to its end; `input` is typed into it. */
function node(args: readonly string[], cwd: string, input = ""): Promise<Said> {
  // A runner of scripts may set NODE_PATH, where packages would be found that the application does not have.
  const env = { ...process.env, NODE_PATH: "" };
  const child: ChildProcess = spawn(process.execPath, args, { cwd, env, stdio: "pipe" });
  const said = { stdout: "", stderr: "" };
  child.stdout!.on("data", (data: Buffer) => (said.stdout += String(data)));
  child.stderr!.on("data", (data: Buffer) => (said.stderr += String(data)));
  child.stdin!.end(input);
  return new Promise((resolve, reject) => child.on("error", reject).on("close", () => resolve(said)));
}

/** Opens a store by its URI, whose package has to be found, and prints its leader. `createClient` is in scope. */
const asking = (options: string): string =>
  `(async () => {
    const client = createClient(${options});
    try { console.log("leader", (await client.status()).leader); } catch (error) { console.log(error.message); }
    await client.close().catch(() => {});
  })()`;

/** The same, with core imported from `core`. */
const opening = (core: string): string =>
  `import(${JSON.stringify(core)}).then(({ createClient }) => ${asking('{ store: "dummy:" }')});`;

/** One file far from the application, into which the code and its imports are bundled. */
async function bundle(code: string, format: "esm" | "cjs"): Promise<string> {
  const input = join(application, "bundle-input.mjs");
  await writeFile(input, code);
  const file = join(elsewhere, format === "esm" ? "bundle.mjs" : "bundle.cjs");
  await build({ input, platform: "node", logLevel: "silent", output: { file, format, codeSplitting: false } });
  return file;
}

describe("the package of a store", () => {
  it.each([
    ["code on the command line with an argument", ["-e", opening("@beatx/core"), "server"], ""],
    ["a module on the command line", ["--input-type=module", "-e", opening("@beatx/core"), "/tmp"], ""],
    ["code that is piped in", ["-"], opening("@beatx/core")],
    ["a prompt", ["-i"], `await ${opening("@beatx/core").replaceAll("\n", " ")}\n`],
  ])("is found by %s", async (_what, args, input) => {
    expect(await node(args, application, input)).toMatchObject({
      stdout: expect.stringContaining("leader null") as string,
    });
  });

  it("is found by a worker thread and through a link to a script, from any folder", async () => {
    const worker = join(application, "lookup-worker.mjs");
    await writeFile(worker, opening("@beatx/core"));
    const main = join(application, "lookup-main.mjs");
    await writeFile(main, `new (await import("node:worker_threads")).Worker(${JSON.stringify(worker)});`);
    const link = join(elsewhere, "linked.mjs");
    await symlink(main, link);
    expect((await node([main], elsewhere)).stdout).toBe("leader null\n");
    expect((await node([link], elsewhere)).stdout).toBe("leader null\n");
  });

  it("is found beside core by code that runs far from the application", async () => {
    const core = pathToFileURL(join(application, "node_modules/@beatx/core/dist/index.js")).href;
    expect((await node(["-e", opening(core), "server"], elsewhere)).stdout).toBe("leader null\n");
  });

  it.each(["esm", "cjs"] as const)(
    "that a bundle (%s) cannot find is answered with the places looked at, and with `from` and `stores`",
    async (format) => {
      const script = await bundle(
        `import { createClient } from "@beatx/core"; ${asking('{ store: "dummy:" }')}`,
        format,
      );
      const { stdout } = await node([script, "server"], elsewhere);
      expect(stdout).toContain(`@beatx/store-dummy, which is not installed (looked for from ${elsewhere}). `);
      expect(stdout).toContain(
        "name a folder beside it in `from`; in a bundle, import it and pass what it exports in `stores`",
      );
    },
  );

  it.each(["esm", "cjs"] as const)("that a bundle (%s) holds and passes in `stores` is used", async (format) => {
    const script = await bundle(
      `import { createClient } from "@beatx/core"; import { storeProvider } from "@beatx/store-dummy";
       ${asking('{ store: "dummy:", stores: [storeProvider] }')}`,
      format,
    );
    expect((await node([script, "server"], elsewhere)).stdout).toBe("leader null\n");
  });
});
