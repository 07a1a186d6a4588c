import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

import { floors } from "../../../../scripts/wings.mjs";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
// Only the rule under test: the others need the types of the whole workspace.
const eslint = new ESLint({
  cwd: root,
  overrideConfig: { files: ["**/*.ts"], languageOptions: { parserOptions: { project: false } } },
  ruleFilter: ({ ruleId }) => ruleId === "no-restricted-imports",
});

/** The refusals of lint if the file held this line. */
async function refusals(file: string, line: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${line}\n`, { filePath: join(root, file) });
  return result!.messages.filter(({ ruleId }) => ruleId === "no-restricted-imports").map(({ message }) => message);
}

const importOf = (path: string): string => `export { x } from "${path}";`;
const typeOf = (path: string): string => `export type { X } from "${path}";`;

describe("a wing", () => {
  it.each([
    ["a higher wing", "timetable/due.ts", importOf("../dispatch/delivery.js")],
    ["a type of a higher wing", "base/clock.ts", typeOf("../contract/store.js")],
    ["another wing of its floor", "timetable/due.ts", importOf("../store/value-size.js")],
    ["a door", "lease/term.ts", importOf("../adapter.js")],
    ["a module that sets timers", "lease/term.ts", 'import "node:timers";'],
  ])("does not import %s", async (_what, file, line) => {
    expect(await refusals(`packages/core/src/${file}`, line)).toHaveLength(1);
  });

  it("says where the order of the wings stands", async () => {
    const [message] = await refusals("packages/core/src/timetable/due.ts", importOf("../node/beat.js"));
    expect(message).toContain('"timetable" imports only wings on lower floors (the list is in scripts/wings.mjs)');
  });

  it.each([
    ["a lower wing", "dispatch/delivery.ts", importOf("../timetable/due.js")],
    ["its own files", "timetable/due.ts", importOf("./timetable.js")],
  ])("imports %s", async (_what, file, line) => {
    expect(await refusals(`packages/core/src/${file}`, line)).toEqual([]);
  });

  it.each(Object.entries(floors))("of %s does not import up from any of its files", async (name, storeys) => {
    const [lowest, highest] = [storeys[0]![0]!, storeys.at(-1)![0]!];
    const folder = `packages/${name}/src/${lowest}`;
    const files = readdirSync(join(root, folder)).filter((file) => !file.endsWith(".test.ts"));
    expect(files).not.toEqual([]);
    for (const file of files) {
      expect(await refusals(`${folder}/${file}`, importOf(`../${highest}/any.js`)), file).toHaveLength(1);
    }
  });

  it.each(Object.entries(floors))("of %s stands on a floor: no folder of src is left out", (name, storeys) => {
    const source = join(root, "packages", name, "src");
    const folders = readdirSync(source, { withFileTypes: true }).filter((each) => each.isDirectory());
    expect(folders.map((each) => relative(source, join(source, each.name))).sort()).toEqual(storeys.flat().sort());
  });
});
