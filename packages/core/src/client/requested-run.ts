import { randomId } from "../base/ids.js";
import type { JsonObject } from "../base/json.js";
import type { DefinitionChange } from "../contract/store.js";
import { encodeDefinition, RUN_PREFIX } from "../entry/definition.js";

/** The fields of an entry that hold for a requested run: the task, not the policies. */
const FIELDS_OF_A_RUN = ["task", "args", "kwargs", "options", "expiresMs"];

/** The record of a requested run, which the leader sends and removes. `id`: of its message; `at`: epoch ms. */
export function requestRun(of: string, entry: JsonObject, at: number): DefinitionChange & { readonly id: string } {
  const id = randomId();
  const fields = Object.entries(entry).filter(([field]) => FIELDS_OF_A_RUN.includes(field));
  const once = { ...Object.fromEntries(fields), schedule: { type: "clocked", at: new Date(at).toISOString() } };
  const definition = encodeDefinition({ kind: "run", of, id, requestedAt: at, entry: once });
  return { id, name: `${RUN_PREFIX}${id}`, definition, expectedRevision: null };
}
