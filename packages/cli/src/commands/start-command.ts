import { type Beat, ConfigError, createBeat, type Logger } from "@beatx/core";
import type { Command } from "commander";
import { explainDefaultStore } from "../configuration/default-store.js";
import { CONFIG_EXTENSIONS } from "../configuration/find-config.js";
import { addNodeFlags, addStoreFlags, type Flags } from "../configuration/flags.js";
import { readSettings, type Settings } from "../configuration/settings.js";
import type { CommandContext } from "../output/command-context.js";
import { isoTime } from "../output/format-time.js";
import { lineLogger } from "../output/line-logger.js";
import { announceNode } from "./announce-node.js";
import { awaitStopSignal } from "./stop-signal.js";

const EXAMPLE_CONFIG = `  store: redis://127.0.0.1:6379/0              # default: the folder ./.beatx
  publisher: celery+redis://127.0.0.1:6379/1
  schedule:
    ping:
      task: ops.ping
      schedule: every 30s                      # or a crontab line: 0 7 * * mon-fri`;

const EXAMPLES = `
Examples:
  $ beatx start                                      with the beat.config.* of this folder
  $ beatx start --config /etc/beatx/beat.config.yaml --verbose
  $ beatx start -s redis://127.0.0.1:6379/0 -p celery+redis://127.0.0.1:6379/1
                                                     without a file: runs the stored entries
  $ BEATX_STORE=redis://:secret@cache:6379/0 beatx start --json
                                                     keeps the password out of the process list

A configuration file, beat.config.yaml:
${EXAMPLE_CONFIG}

A schedule is an interval (30s, every 1h30m), a crontab line of five fields (or six, with seconds first), a nickname such
as "@daily", or an object: { type: clocked, at: "2030-01-31T09:00:00+01:00" }. In YAML, quote a schedule that begins with
* or @. To see what a schedule will do before you start it: beatx simulate --timeline

Start any number of nodes on the same store: one leads, the others stand by.
On SIGTERM, SIGINT or SIGHUP a node finishes the sends in flight and releases the lease. A second signal ends it at once.`;

export function addStartCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("start")
    .description("run a node: one node leads and sends what is due, the others stand by");
  addNodeFlags(addStoreFlags(command))
    .addHelpText("after", EXAMPLES)
    .action((flags: Flags) => startNode(flags, context));
}

/** Runs a node until a signal asks it to stop. */
async function startNode(flags: Flags, context: CommandContext): Promise<void> {
  const settings = await readSettings(flags, context);
  requirePublisher(settings, context.cwd);
  const json = flags.json === true;
  const lines = lineLogger({ ...context, timezone: settings.timezone, json });
  const stop = awaitStopSignal(context);
  try {
    await announceNode(settings, { context, jsonLog: json ? lines : null });
    const logger = settings.options.logger ?? lines;
    const beat = await join(settings, logger, flags.verbose === true);
    const signal = await stop.signal;
    logger.info({ signal }, `${signal}: stopping; sends in flight finish first, then the lease is released`);
    await beat.stop();
  } finally {
    stop.end();
  }
}

async function join(settings: Settings, logger: Logger, isVerbose: boolean): Promise<Beat> {
  const beat = createBeat({ ...settings.options, logger });
  if (isVerbose) logPublished(beat, logger);
  try {
    await beat.start();
  } catch (error) {
    throw explainDefaultStore(error, settings);
  }
  return beat;
}

function logPublished(beat: Beat, logger: Logger): void {
  beat.on("published", ({ entry, scheduledAt, ...rest }) => {
    logger.info({ entry, scheduledAt: isoTime(scheduledAt), ...rest }, "published");
  });
}

/** @throws ConfigError that explains what to configure: a guessed publisher would send to the wrong place. */
function requirePublisher({ options, configName, storeSource }: Settings, cwd: string): void {
  const { publisher, handlers } = options;
  if (configName === null && (publisher === undefined || storeSource === null)) throw new ConfigError(teachConfig(cwd));
  if (publisher !== undefined || handlers !== undefined) return;
  throw new ConfigError(
    `no publisher is configured, and there is no default. Set "publisher" in ${configName ?? "the configuration"} or pass ` +
      "--publisher: a URI such as celery+redis://127.0.0.1:6379/1. A beat.config.ts or .mjs may also have a function, " +
      '"publisher: async (message) => { … }", or "handlers", functions by task that run in the node',
  );
}

function teachConfig(cwd: string): string {
  return (
    `there is no beat.config.{${CONFIG_EXTENSIONS.join(",")}} in ${cwd}. Create one, for example beat.config.yaml:\n\n` +
    `${EXAMPLE_CONFIG}\n\n` +
    `A beat.config.ts exports the same as its default export, and its publisher may be a function. To run stored entries\n` +
    `without a file, pass both --store and --publisher. More: beatx start --help`
  );
}
