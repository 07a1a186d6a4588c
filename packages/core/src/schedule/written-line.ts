import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { namedFromSundayOne } from "./weekday-number.js";

/** A crontab line as people write it, taken apart. */
interface WrittenLine {
  readonly line: string;
  /** The zone in front of the line; `undefined`: none. */
  readonly timezone: string | undefined;
}

const ZONE = /^(?:CRON_)?TZ=(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<bare>\S+))\s+(?<line>\S.*)$/is;
const EVENT_BRIDGE = /^cron\(\s*(?<fields>[^()]*?)\s*\)$/is;

/** Takes a zone off the front of a line: `TZ=Europe/Paris 0 9 * * *`, and the same with `CRON_TZ=`. */
export function splitZone(text: string): WrittenLine {
  const groups = ZONE.exec(text.trim())?.groups;
  if (groups === undefined) return { line: text, timezone: undefined };
  return { line: groups["line"]!, timezone: groups["double"] ?? groups["single"] ?? groups["bare"]! };
}

/**
 * The fields of a line without what stands around them: a zone in front, and EventBridge's `cron(…)`, in which the year
 * comes last and Sunday is 1. `timezone`: the zone that is given otherwise.
 * @throws ConfigError if there are two different zones, or another number of fields in `cron(…)`.
 */
export function readWrittenLine(text: string, timezone: string | undefined): WrittenLine {
  const written = splitZone(text);
  if (written.timezone !== undefined && timezone !== undefined && written.timezone !== timezone) {
    const message = `crontab ${describe(text)} has the zone ${describe(written.timezone)} in front, but timezone is ${describe(timezone)}: give one of them`;
    throw new ConfigError(message, { field: "timezone" });
  }
  return { line: withoutCron(written.line), timezone: written.timezone ?? timezone };
}

function withoutCron(line: string): string {
  const written = EVENT_BRIDGE.exec(line.trim())?.groups?.["fields"];
  if (written === undefined) return line;
  const fields = written.split(/\s+/);
  if (fields.length !== 6) {
    const hint =
      'write six fields in it, "cron(minute hour day-of-month month day-of-week year)", or a line without it';
    throw new ConfigError(`crontab ${describe(line)} cannot be read: ${hint}`, { field: "crontab" });
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields as [string, string, string, string, string, string];
  // Alone, L is the last day of the week, a Saturday.
  const weekday = /^l$/i.test(dayOfWeek) ? "sat" : namedFromSundayOne(dayOfWeek);
  const line5 = [minute, hour, dayOfMonth, month, weekday].join(" ");
  return year === "*" || year === "?" ? line5 : `0 ${line5} ${year}`;
}
