import type { Clock, Logger } from "@beatx/core";
import type { TextOutput } from "./command-context.js";
import { formatTime, isoTime } from "./format-time.js";
import { printable } from "./printable.js";

export interface LineLoggerOptions {
  readonly stdout: TextOutput;
  readonly clock: Clock;
  /** Zone of the times in text lines. */
  readonly timezone: string;
  /** One JSON object per line, `{ time, level, msg, … }`, instead of text. */
  readonly json: boolean;
}

type Level = "info" | "warn" | "error";

/** Writes one line per call, and has no `debug`. A node logs its transitions, never a line per tick. */
export function lineLogger({ stdout, clock, timezone, json }: LineLoggerOptions): Logger {
  const write = (level: Level, fields: object, msg: string): void => {
    const now = clock.now();
    const line = json
      ? JSON.stringify({ time: isoTime(now), level, msg, ...fields })
      : `${formatTime(now, timezone)}  ${PREFIXES[level]}${printable(msg)}${formatDetails(fields, msg)}`;
    stdout.write(`${line}\n`);
  };
  return {
    info: (fields, msg) => write("info", fields, msg),
    warn: (fields, msg) => write("warn", fields, msg),
    error: (fields, msg) => write("error", fields, msg),
  };
}

const PREFIXES: Readonly<Record<Level, string>> = { info: "", warn: "warning: ", error: "error: " };

/** Plain values that the message does not mention, as ` name=value`. */
function formatDetails(fields: object, msg: string): string {
  const details = Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return [];
    const text = typeof value === "number" ? String(Math.round(value)) : String(value);
    if (msg.includes(text)) return [];
    return [`${name}=${/^[^\s"]+$/.test(text) ? printable(text) : JSON.stringify(text)}`];
  });
  return details.length === 0 ? "" : `  ${details.join(" ")}`;
}
