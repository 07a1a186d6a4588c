/** Imports the schedule of Celery beat, that of django-celery-beat included. */

import { readFile } from "node:fs/promises";

import { ConfigError } from "@beatx/core";

import type { ImportContext, ImportedSchedule, Importer, ImporterOptions } from "../base/importer.js";
import { readSource } from "../base/read-source.js";
import { readCeleryDump, scheduleOfDump } from "../celery/celery-dump.js";
import { runPython, scriptPath } from "../celery/run-python.js";

const HELP = `
With -A, a small Python script loads the application as beat does, with the application's own Python, and prints its
schedule as JSON. It connects to no broker and writes nothing. On another machine, print the script and run it there:

  $ beatx import celery-beat --script > dump_celery.py
  $ python dump_celery.py --app proj.celery > schedule.json

Kept: crontab, intervals (relative ones, too), solar and clocked schedules, RedBeat's rrule; args and kwargs as Celery's JSON
serializer writes them; the options of apply_async, with those of the task's class and the queue that the routes choose; when
each entry last ran; of django-celery-beat also start, end, one-off, enabled, description. Each entry's notes say what is not.

Stop beat first: it saves when entries last ran as it stops, and what falls due in between is caught up.

Examples:
  $ beatx import celery-beat -A proj.celery --dry-run
  $ beatx import celery-beat -A proj.celery --state /var/lib/celery/celerybeat-schedule
  $ beatx import celery-beat schedule.json --print > beat.config.json`;

export const celeryBeatImporter: Importer = {
  kind: "celery-beat",
  summary: "Celery beat, and django-celery-beat",
  source: { name: "file", description: "what the script has printed; - is standard input", count: "optional" },
  options: [
    { flags: "-A, --application <module>", description: "as for celery -A: proj.celery or proj.celery:app" },
    {
      flags: "--python <path>",
      description: "the application's Python (default: the active environment's, else python3)",
    },
    { flags: "--state <file>", description: "where beat keeps the last runs (default: as the application says)" },
    { flags: "--no-state", description: "do not look for the last runs" },
    { flags: "--django", description: "read the tables of django-celery-beat (default: if it is installed)" },
    { flags: "--script", description: "print the script" },
  ],
  help: HELP,
  text: async (options) => (options["script"] === true ? readFile(scriptPath("dump_celery.py"), "utf8") : null),
  read: readCeleryBeat,
};

async function readCeleryBeat(
  [source]: readonly string[],
  options: ImporterOptions,
  context: ImportContext,
): Promise<ImportedSchedule> {
  const app = options["application"] as string | undefined;
  if ((source === undefined) === (app === undefined)) {
    throw new ConfigError("give either the application, by -A, or a file that the script has printed", {
      field: "application",
    });
  }
  const file =
    app === undefined
      ? await readSource(source!, context)
      : { name: app, text: await runPython("dump_celery.py", pythonRun(app, options, context)) };
  return scheduleOfDump(readCeleryDump(file.text, file.name), context.timezone, context.clock.now());
}

function pythonRun(
  app: string,
  { python, state, django }: ImporterOptions,
  { cwd }: ImportContext,
): Parameters<typeof runPython>[1] {
  const args = ["--app", app];
  if (typeof state === "string") args.push("--state", state);
  if (state === false) args.push("--no-state");
  if (django === true) args.push("--django");
  return { python: python as string | undefined, cwd, args };
}
