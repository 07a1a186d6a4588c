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
  | "configVersion";

/** What was given on the command line. */
export interface Flags extends Partial<Pick<BeatOptions, OptionField>> {
  readonly config?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** The option of the command line for each field. */
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
  configVersion: "--config-version",
};

/** Options of every command: where the schedule is, and how to print. */
export function addStoreFlags(command: Command): Command {
  return command
    .option("-c, --config <file>", "configuration file (default: beat.config.{ts,mjs,js,json,yaml,yml} of this folder)")
    .addOption(
      new Option("-s, --store <uri>", "where schedule and lease live (default: the folder lmdb:./.beatx)").env(
        "BEATX_STORE",
      ),
    )
    .option("--namespace <name>", 'prefix of all keys (default: "beatx")')
    .option("--timezone <zone>", 'zone of schedules that name none, as in Europe/Berlin (default: "UTC")')
    .addOption(wholeNumber("--command-timeout-ms", "deadline of one store command (default: 2000)"))
    .option("--json", "print JSON");
}

/** Options of a node beside those. */
export function addNodeFlags(command: Command): Command {
  return command
    .addOption(new Option("-p, --publisher <uri>", "where due occurrences go; no default").env("BEATX_PUBLISHER"))
    .addOption(wholeNumber("--lock-ttl-ms", "how long a dead leader keeps the others waiting (default: 15000)"))
    .addOption(wholeNumber("--max-loop-interval-ms", "longest sleep of the leader's loop (default: 5000)"))
    .addOption(wholeNumber("--standby-poll-ms", "how often a standby asks for the lease (default: 3000)"))
    .addOption(wholeNumber("--publish-timeout-ms", "deadline of one publish (default: 5000)"))
    .addOption(wholeNumber("--stop-timeout-ms", "how long a stopping node waits for its handlers (default: 10000)"))
    .addOption(wholeNumber("--config-version", "raise it with each change of the schedule; older nodes merge nothing"))
    .option("-v, --verbose", "also print each occurrence that was published");
}

function wholeNumber(flag: string, description: string): Option {
  return new Option(`${flag} <n>`, description).argParser(parseWholeNumber);
}

/** From 1 to 10 000: each is computed, and printed. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  const count = parseWholeNumber(text);
  if (count >= 1 && count <= 10_000) return count;
  throw new InvalidArgumentError("Expected a whole number from 1 to 10000.");
}

/** @throws InvalidArgumentError, which commander prints with the option's name. */
export function parseWholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number.");
}
