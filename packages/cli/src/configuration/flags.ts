import type { BeatOptions } from "@beatx/core";
import { type Command, InvalidArgumentError, Option } from "commander";

/** Fields of `BeatOptions` that can be given on the command line. */
export type OptionField =
  | "store"
  | "publisher"
  | "namespace"
  | "timezone"
  | "lockTtlMs"
  | "maxLoopIntervalMs"
  | "standbyPollMs"
  | "commandTimeoutMs"
  | "publishTimeoutMs"
  | "stopTimeoutMs"
  | "historyRuns"
  | "maxPerSecond"
  | "giveUpAfterMs"
  | "deadLetter"
  | "configVersion"
  | "app"
  | "replaceSchedule";

/** The parsed options of a command line. */
export interface Flags extends Partial<Pick<BeatOptions, Exclude<OptionField, "giveUpAfterMs">>> {
  /** Of an entry in the commands that write one, otherwise of the beat. */
  readonly giveUpAfterMs?: number;
  readonly config?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** The fields that environment variables gave. */
  readonly fromEnvironment?: readonly OptionField[];
}

/** The environment variables that give a field unless the command line does. */
const VARIABLES: Readonly<Partial<Record<OptionField, string>>> = {
  store: "BEATX_STORE",
  publisher: "BEATX_PUBLISHER",
  deadLetter: "BEATX_DEAD_LETTER",
};

/** Where a field was given: its environment variable, or its command-line option. */
export function sourceOf(field: OptionField, { fromEnvironment = [] }: Flags): string {
  return (fromEnvironment.includes(field) ? VARIABLES[field] : undefined) ?? FLAG_NAMES[field];
}

/** The command-line option of each field. */
export const FLAG_NAMES: Readonly<Record<OptionField, string>> = {
  store: "--store",
  publisher: "--publisher",
  namespace: "--namespace",
  timezone: "--timezone",
  lockTtlMs: "--lock-ttl-ms",
  maxLoopIntervalMs: "--max-loop-interval-ms",
  standbyPollMs: "--standby-poll-ms",
  commandTimeoutMs: "--command-timeout-ms",
  publishTimeoutMs: "--publish-timeout-ms",
  stopTimeoutMs: "--stop-timeout-ms",
  historyRuns: "--history-runs",
  maxPerSecond: "--max-per-second",
  giveUpAfterMs: "--give-up-after-ms",
  deadLetter: "--dead-letter",
  configVersion: "--config-version",
  app: "--app",
  replaceSchedule: "--replace",
};

/** Adds the options of every command: where the schedule is, and how to print. */
export function addStoreFlags(command: Command): Command {
  return command
    .hook("preAction", (_command, action) => noteVariables(action))
    .option("-c, --config <file>", "configuration file (default: beat.config.* in this folder)")
    .addOption(
      new Option(
        "-s, --store <uri>",
        "store of the schedule and the lease (default: the local folder lmdb:./.beatx, which needs @beatx/store-lmdb)",
      ).env("BEATX_STORE"),
    )
    .option("--namespace <name>", 'prefix of all keys in the store (default: "beatx")')
    .option(
      "--app <name>",
      "name of the application, for several on one beat: its entries are called APP/NAME (default: none)",
    )
    .option("--timezone <zone>", 'time zone of schedules without one, such as Europe/Berlin (default: "UTC")')
    .addOption(wholeNumber("--command-timeout-ms", "deadline of each store command (default: 2000)"))
    .option("--json", "print JSON");
}

function noteVariables(action: Command): void {
  const fields = Object.keys(VARIABLES).filter((field) => action.getOptionValueSource(field) === "env");
  action.setOptionValue("fromEnvironment", fields);
}

/** For commands that merge the configuration. */
export function addConfigVersionFlag(command: Command): Command {
  const what = "raise it with each change of the schedule: nodes with a lower number leave the stored schedule alone";
  return command.addOption(wholeNumber("--config-version", what));
}

/** Adds the further options of a node. */
export function addNodeFlags(command: Command): Command {
  return addConfigVersionFlag(command)
    .addOption(
      new Option("-p, --publisher <uri>", "queue that due occurrences are sent to; no default").env("BEATX_PUBLISHER"),
    )
    .addOption(
      wholeNumber(
        "--lock-ttl-ms",
        "lifetime of the lease: how long the others wait when the leader dies (default: 15000)",
      ),
    )
    .addOption(wholeNumber("--max-loop-interval-ms", "longest sleep of the leader's loop (default: 5000)"))
    .addOption(wholeNumber("--standby-poll-ms", "how often a standby asks for the lease (default: 3000)"))
    .addOption(wholeNumber("--publish-timeout-ms", "deadline of each publish (default: 5000)"))
    .addOption(wholeNumber("--stop-timeout-ms", "how long a stopping node waits for its handlers (default: 10000)"))
    .addOption(wholeNumber("--history-runs", "last runs of each entry to keep, at most 100; 0: none (default: 20)"))
    .addOption(
      new Option(
        "--max-per-second <n>",
        "messages that the whole beat sends in any second, at most; 0.5: one in two seconds (default: no limit)",
      ).argParser(parseNumber),
    )
    .addOption(wholeNumber("--give-up-after-ms", "gives up what could not be sent for this time (default: never)"))
    .addOption(
      new Option("--dead-letter <uri>", "queue of messages that were given up (default: none)").env(
        "BEATX_DEAD_LETTER",
      ),
    )
    .option(
      "--replace, --replace-schedule",
      "for one start: this schedule replaces the stored one, even if that belongs to another application",
    )
    .option("-v, --verbose", "also log each published occurrence");
}

function wholeNumber(flag: string, description: string): Option {
  return new Option(`${flag} <n>`, description).argParser(parseWholeNumber);
}

/** A number from 1 to 10 000: each of them costs time and a line of output. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  const count = parseWholeNumber(text);
  if (count >= 1 && count <= 10_000) return count;
  throw new InvalidArgumentError("Expected a whole number from 1 to 10000.");
}

/** @throws InvalidArgumentError */
function parseNumber(text: string): number {
  if (/^\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number.");
}

/** @throws InvalidArgumentError, which commander prints with the option's name. */
export function parseWholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number.");
}
