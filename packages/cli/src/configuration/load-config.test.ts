import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { ConfigError } from "@beatx/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findConfig } from "./find-config.js";
import { loadConfig } from "./load-config.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-cli-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

describe("a configuration file", () => {
  it.each([
    ["beat.config.ts", 'interface Named { namespace: string }\nexport default { namespace: "shop" } satisfies Named;'],
    ["beat.config.mjs", 'export default { namespace: await Promise.resolve("shop") };'],
    ["beat.config.js", 'module.exports = { namespace: "shop" };'],
    ["beat.config.cjs", 'module.exports = { namespace: "shop" };'],
    ["beat.config.mts", 'export default { namespace: "shop" as string };'],
    ["beat.config.cts", 'export default { namespace: "shop" as string };'],
    ["beat.config.json", '{ "namespace": "shop" }'],
    ["beat.config.yaml", "namespace: shop\n"],
    ["beat.config.yml", "namespace: shop\n"],
  ])("is read from %s", async (name, text) => {
    const file = await write(name, text);
    expect(findConfig(folder, undefined)).toBe(file);
    expect(await loadConfig(file)).toEqual({ namespace: "shop" });
  });

  it.each(["with space", "with#hash", "with%20percent", "with?question", "ünï"])(
    "in TypeScript is read from a folder whose name is %j",
    async (name) => {
      await mkdir(join(folder, name));
      const file = await write(join(name, "beat.config.ts"), 'export default { namespace: "shop" };');
      expect(await loadConfig(file)).toEqual({ namespace: "shop" });
    },
  );

  it("may export a promise", async () => {
    const file = await write("beat.config.mjs", 'export default (async () => ({ namespace: "shop" }))();');
    expect(await loadConfig(file)).toEqual({ namespace: "shop" });
  });

  it("may export functions", async () => {
    const file = await write("beat.config.mjs", 'export default { publisher: async () => "sent" };');
    const { publisher } = await loadConfig(file);
    expect(publisher).toBeTypeOf("function");
  });

  it("that --config names wins over the one in the folder", async () => {
    await write("beat.config.json", "{}");
    const other = await write("other.yaml", "{}");
    expect(findConfig(folder, "other.yaml")).toBe(other);
  });

  it("that --config names but that is missing is an error with its full path", () => {
    expect(() => findConfig(folder, "missing.yaml")).toThrow(`there is no file ${join(folder, "missing.yaml")}`);
  });

  it.each(["toml", "jsonc", "coffee"])("with the extension %s is refused, not passed over", async (extension) => {
    await write(`beat.config.${extension}`, "");
    expect(() => findConfig(folder, undefined)).toThrow(
      `beat.config.${extension} cannot be read: name it beat.config.{`,
    );
  });

  it("is optional, whatever else the folder holds", async () => {
    expect(findConfig(join(folder, "missing"), undefined)).toBeNull();
    await write("beat.config.json.bak", "");
    expect(findConfig(folder, undefined)).toBeNull();
  });

  it("beside another one is refused as ambiguous", async () => {
    await write("beat.config.ts", "export default {}");
    await write("beat.config.yaml", "{}");
    expect(() => findConfig(folder, undefined)).toThrow(/beat\.config\.ts and beat\.config\.yaml: keep one/);
  });
});

describe("a configuration file that cannot be used", () => {
  it.each([
    ["beat.config.json", '{ "a": }', /^beat\.config\.json cannot be loaded: .*JSON/],
    ["beat.config.json", '{\n "store": "redis://:zq"hunter2@h"\n}', /not valid JSON at line 2, column 24: Expected/],
    [
      "beat.config.json",
      "{\n \"store\": 'redis://:hunter2@h'\n}",
      /not valid JSON at line 2, column 11: Unexpected token/,
    ],
    ["beat.config.yaml", "a: */5 * * * *", /alias.*quotation marks, as in schedule: "\*\/5 \* \* \* \*"$/],
    ["beat.config.yaml", "b:\n  a: { s: * * * * * }", /at line 2, column 11: .*quotation marks/],
    ["beat.config.yaml", "b: *hunter2", /an alias without an anchor at line 1, column 4: .*quotation marks/],
    ["beat.config.yaml", "b: !hunter2 c", /Unresolved tag at line 1, column 4$/],
    ["beat.config.yaml", 'store: "redis://:hunter2@h\n  - a: {', /Missing closing "quote at line 2, column \d+$/],
    ["beat.config.mjs", "export default { store: 'redis://:'hunter2@h' };", /^beat\.config\.mjs cannot be loaded: /],
    ["beat.config.mjs", 'new URL("hunter2@h:"); export default {};', /Invalid URL/],
    ["beat.config.yaml", "a: [1\nb: 2", /^beat\.config\.yaml cannot be loaded: [^]*line 2/],
    ["beat.config.ts", "export default {", /^beat\.config\.ts cannot be loaded: [^]*beat\.config\.ts:1/],
    ["beat.config.mjs", '\nthrow new Error("no secret set");', /no secret set \(beat\.config\.mjs:2\)$/],
    ["beat.config.ts", '\nthrow new Error("no secret set");', /no secret set \(beat\.config\.ts:2\)$/],
    ["beat.config.mjs", "export const schedule = {};", /holds no configuration: expected export default/],
    ["beat.config.ts", "export const schedule = {};", /holds no configuration: expected export default/],
    ["beat.config.yaml", "- a\n", /^beat\.config\.yaml holds no configuration: expected fields/],
    ["beat.config.json", "null", /^beat\.config\.json holds no configuration/],
    [
      "beat.config.toml",
      "a = 1",
      /^beat\.config\.toml is not a configuration file: expected one that ends in ts, mts, cts, js, mjs/,
    ],
  ])("%s with %j is named by a ConfigError", async (name, text, message) => {
    const error: unknown = await loadConfig(await write(name, text)).catch((thrown: unknown) => thrown);
    expect(ConfigError.isInstance(error)).toBe(true);
    expect((error as Error).message).toMatch(message);
    expect(inspect(error, { depth: Infinity })).not.toContain("hunter2");
  });
});
