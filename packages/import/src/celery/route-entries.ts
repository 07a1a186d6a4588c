/** Where Celery would send entries whose scheduler does not store it. */

import type { JsonObject } from "@beatx/core";

import type { ImportContext, ImporterOption, ImporterOptions } from "../base/importer.js";
import type { CeleryEntry } from "./celery-entry.js";
import { runPython } from "./run-python.js";

export const ROUTE_OPTIONS: readonly ImporterOption[] = [
  {
    flags: "-A, --application <module>",
    description: "as for celery -A: its task_routes and the classes of its tasks choose the queues",
  },
  {
    flags: "--python <path>",
    description: "the application's Python (default: the active environment's, else python3)",
  },
];

/** The entries with the options that come to bear; without an application they stay as they are, and a note says so. */
export async function routeEntries(
  entries: readonly CeleryEntry[],
  { application, python }: ImporterOptions,
  { cwd }: ImportContext,
): Promise<{ readonly entries: readonly CeleryEntry[]; readonly notes: readonly string[] }> {
  if (application === undefined) return { entries, notes: [UNKNOWN_ROUTES] };
  const input = JSON.stringify(entries.map(({ task, args, kwargs, options }) => ({ task, args, kwargs, options })));
  const args = ["--app", application as string, "--routes"];
  const text = await runPython("dump_celery.py", { python: python as string | undefined, cwd, args, input });
  const routed = JSON.parse(text) as readonly { readonly options: JsonObject; readonly notes: readonly string[] }[];
  return {
    entries: entries.map((entry, index) => {
      const { options, notes } = routed[index]!;
      return { ...entry, options, notes: [...(entry.notes ?? []), ...notes] };
    }),
    notes: [],
  };
}

const UNKNOWN_ROUTES =
  "queues that task_routes or a task's class choose are not stored: give the application by -A, or name them in options.queue";
