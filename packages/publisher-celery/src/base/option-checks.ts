import { ConfigError } from "@beatx/core/adapter";

const DEFAULT_TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 600_000;

export function wrongOption(option: string, reason: string): ConfigError {
  return new ConfigError(`publisher option "${option}" ${reason}`, { field: option });
}

/** @throws ConfigError for the first option that is not in `known`; it lists the known ones. */
export function refuseUnknownOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw wrongOption(unknown, `is unknown to this Celery publisher (known: ${known.join(", ")})`);
}

export function checkTimeout(timeoutMs: number = DEFAULT_TIMEOUT_MS): number {
  return checkWholeNumber("publishTimeoutMs", timeoutMs, 1, MAX_TIMEOUT_MS, "of ms ");
}

export function checkWholeNumber(option: string, value: unknown, least: number, most: number, unit = ""): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw wrongOption(option, `is ${String(value)}: expected a whole number ${unit}from ${least} to ${most}`);
}

/** A text that is not empty. `fault`: what an error says of any other value. @throws ConfigError */
export function checkText(option: string, value: unknown, fault = "is not a text of at least one character"): string {
  if (typeof value !== "string" || value === "") throw wrongOption(option, fault);
  return value;
}

export function checkQueueName(option: string, value: unknown): string {
  return checkText(option, value, "is not the name of a queue");
}
