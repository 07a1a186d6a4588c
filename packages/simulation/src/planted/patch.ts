import type { PlantedBug } from "./planted-bug.js";

/** The source with the bug in it. @throws Error if the patch does not apply exactly once. */
export function applyPatch(source: string, { rule, name, file, find, replace }: PlantedBug): string {
  const found = source.split(find).length - 1;
  if (found === 1) return source.replace(find, () => replace);
  throw new Error(
    `the patch of ${rule} ${name} no longer applies: packages/${file} has its text ${found} times instead of once. ` +
      "Change `find` and `replace` in packages/simulation/src/planted to the code as it is now",
  );
}
