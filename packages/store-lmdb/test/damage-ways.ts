/** Every kind of row in the file, damaged in every way, by another process. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serialize } from "node:v8";

import { pick } from "../../core/test/damage/damaged-text.js";
import type { Random, Way } from "../../store-conformance/test/damage/damage-store.js";
import { keysOf } from "../src/keys.js";

const PROGRAM = fileURLToPath(new URL("./damage-row.mjs", import.meta.url));
const run = promisify(execFile);

/** The entry whose records are damaged. */
const NAME = "damaged";

const FOREIGN: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e20,
  NaN,
  Infinity,
  "",
  "text",
  "x".repeat(50_000),
  [],
  {},
  { a: { b: [] } },
  new Date(0),
  new Uint8Array(3),
];

/** The rows of a namespace, with the fields that they have. */
function rowsOf(
  namespace: string,
): readonly { kind: string; key: Buffer; fields: readonly string[]; loses?: boolean }[] {
  const keys = keysOf(namespace);
  return [
    { kind: "guard", key: keys.guard, fields: [] },
    { kind: "lock", key: keys.lock, fields: ["fence", "holder"] },
    { kind: "history", key: keys.history, fields: ["last", "life", "forgottenTo"], loses: true },
    { kind: "definition", key: keys.definition(NAME), fields: ["name", "revision", "text"] },
    {
      kind: "cluster record",
      key: keys.definition("@beatx/cluster"),
      fields: ["name", "revision", "text"],
      loses: true,
    },
    { kind: "foreign definition", key: keys.definition("foreign"), fields: [] },
    { kind: "cursor", key: keys.cursor(NAME), fields: [] },
    { kind: "foreign cursor", key: keys.cursor("foreign"), fields: [] },
    { kind: "change", key: keys.change(1e12), fields: [] },
    { kind: "removal", key: keys.removal(1e12), fields: [] },
  ];
}

export function lmdbWays(folder: string, namespace: string): readonly Way[] {
  return rowsOf(namespace).flatMap(({ kind, key, fields, loses = false }): Way[] => {
    const way = (how: string, change: (random: Random) => object): Way => ({
      kind: `${kind} ${how}`,
      loses,
      damage: async (random) => {
        const made = change(random);
        await run(process.execPath, [PROGRAM, folder, serialize({ key, ...made }).toString("base64")]);
        return JSON.stringify(made);
      },
    });
    return [
      way("foreign", (random) => ({ row: pick(random, FOREIGN) })),
      way("of other bytes", (random) => ({ bytes: Array.from({ length: 40 }, () => Math.floor(random() * 256)) })),
      way("removed", () => ({})),
      ...fields.map((field) => way(`${field} foreign`, (random) => ({ fields: { [field]: pick(random, FOREIGN) } }))),
    ];
  });
}
