import type { Definition, EntryDefinition } from "../entry/definition.js";

/** How many entries of configurations there are, of which application and for which tasks. It takes no note of their names. */
export class ConfiguredEntries {
  /** By application (`null`: a configuration without a name) and task. */
  readonly #tasks = new Map<string | null, Map<string, number>>();

  /** The applications that have entries; `null`: a configuration without a name has some. */
  get owners(): Iterable<string | null> {
    return this.#tasks.keys();
  }

  has(app: string | null): boolean {
    return this.#tasks.has(app);
  }

  /** The number of entries of the application. */
  count(app: string | null): number {
    let count = 0;
    for (const ofTask of this.#tasks.get(app)?.values() ?? []) count += ofTask;
    return count;
  }

  /** The tasks of the application's entries. */
  tasksOf(app: string | null): Iterable<string> {
    return this.#tasks.get(app)?.keys() ?? [];
  }

  /** An entry has got this definition. Definitions of other kinds are left out. */
  add(definition: Definition | null | undefined): void {
    if (isConfigured(definition)) this.#count(definition, 1);
  }

  /** An entry no longer has this definition. */
  remove(definition: Definition | null | undefined): void {
    if (isConfigured(definition)) this.#count(definition, -1);
  }

  #count({ app: owner, entry }: EntryDefinition, by: 1 | -1): void {
    const app = owner ?? null;
    const tasks = this.#tasks.get(app) ?? new Map<string, number>();
    const written = entry["task"];
    const task = typeof written === "string" ? written : "";
    const count = (tasks.get(task) ?? 0) + by;
    if (count > 0) this.#tasks.set(app, tasks.set(task, count));
    else if (tasks.delete(task) && tasks.size === 0) this.#tasks.delete(app);
  }
}

/** Whether the definition is that of an entry of a configuration. */
export function isConfigured(definition: Definition | null | undefined): definition is EntryDefinition {
  return definition?.kind === "entry" && definition.source === "config";
}

/** Whether the definition is that of an entry of this application's configuration. `app`: `null` if it has no name. */
export function isOwnedBy(app: string | null, definition: Definition | null | undefined): boolean {
  return isConfigured(definition) && (definition.app ?? null) === app;
}
