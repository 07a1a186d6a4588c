import { ConfigError } from "@beatx/core";
import { formatTime } from "../output/format-time.js";
import { type MomentContext, readMoment } from "./moment.js";

/** `from <= moment < to`, epoch ms. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The time that a simulation covers, and the zone in which it is shown. */
export interface SimulatedRange extends Span {
  /** Spans in which nothing can be sent, ascending. */
  readonly outages: readonly Span[];
  readonly zone: string;
}

/** The range as written on the command line. */
export interface RangeFlags {
  readonly from: string;
  readonly to: string;
  readonly outage?: readonly string[];
}

/** Offsets count from now in `--from`, and from `--from` in the others. @throws ConfigError that names the flag. */
export function readRange(flags: RangeFlags, now: number, zone: string): SimulatedRange {
  const from = readMoment("--from", flags.from, { now, base: now, zone });
  const context = { now, base: from, zone };
  const to = readMoment("--to", flags.to, context);
  requireOrder("--to", "--from", { from, to }, zone);
  const outages = (flags.outage ?? []).map((text) => readOutage(text, context)).sort((a, b) => a.from - b.from);
  return { from, to, outages, zone };
}

function readOutage(text: string, context: MomentContext): Span {
  const [from, to, ...rest] = text.split("..");
  if (!from || !to || rest.length > 0) {
    const example = "--outage 2030-01-31T09:00:00Z..2030-01-31T10:30:00Z, or --outage +2h..+3h30m";
    throw new ConfigError(`--outage ${JSON.stringify(text)} is not a span: expected, for example, ${example}`, {
      field: "--outage",
    });
  }
  const span = { from: readMoment("--outage", from, context), to: readMoment("--outage", to, context) };
  requireOrder("the end of --outage", "its beginning", span, context.zone);
  return span;
}

function requireOrder(end: string, beginning: string, { from, to }: Span, zone: string): void {
  if (from < to) return;
  const [first, last] = [formatTime(from, zone), formatTime(to, zone)];
  throw new ConfigError(`${end} (${last}) must be later than ${beginning} (${first})`, { field: end });
}
