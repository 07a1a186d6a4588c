import { canRead } from "../base/errors.js";
import { CRONTAB_FIELDS, FIELD_KINDS, LINE_FIELDS } from "./crontab-field.js";
import { readDurationText } from "./duration-text.js";
import { unitHint } from "./duration.js";
import { interval } from "./interval.js";
import { isFieldLike } from "./pasted-command.js";
import { lineOfCalendar } from "./systemd-calendar.js";

/** Whether beatx reads a text, so that a hint never names one that it refuses. */
type Reads = (text: string) => boolean;
type Hint = (text: string, reads: Reads) => string | null;

const HINTS: readonly Hint[] = [
  hintOfName,
  hintOfInterval,
  hintOfRandom,
  hintOfCommand,
  hintOfYear,
  hintOfFields,
  hintOfCalendar,
  hintOfMonths,
  hintOfOnce,
  hintOfCode,
  hintOfRecurrence,
  hintOfMissingFields,
];

const EVERY_UNIT: Readonly<Record<string, string>> = {
  second: "every 1s",
  minute: "every 1m",
  hour: "@hourly",
  day: "@daily",
  weekday: "@weekdays",
  week: "@weekly",
  month: "@monthly",
  year: "@yearly",
};

/** What to write instead of a text of another scheduler; `null`: it is not recognised. */
export function pastedHint(text: string, reads: Reads): string | null {
  const trimmed = text.trim();
  return HINTS.reduce<string | null>((found, hint) => found ?? hint(trimmed, reads), null);
}

function hintOfName(text: string): string | null {
  if (/^@(?:reboot|start(?:up)?)\b/i.test(text)) {
    return 'nodes start and stop at any time, so no run belongs to a start: give the entry firstRun: "now" and a schedule such as "@daily", and it runs when it is added';
  }
  const unit = /^every\s+([a-z]+)$/i.exec(text)?.[1]?.toLowerCase() ?? "";
  if (EVERY_UNIT[unit] !== undefined) return `write "${EVERY_UNIT[unit]}"`;
  const seconds = /^@(\d+)$/.exec(text)?.[1];
  return seconds === undefined ? null : unitHint(seconds);
}

/** For a call of `crontab`: a text that has an interval works in an entry. */
function hintOfInterval(text: string): string | null {
  const every = readDurationText(text);
  return every === null || !canRead(() => interval(every))
    ? null
    : `it is an interval: write interval("${every}"), or "every ${every}" in an entry`;
}

/** The random times of cronie and OpenBSD: `~`, `10~40`. */
function hintOfRandom(text: string, reads: Reads): string | null {
  const words = text.split(/\s+/);
  const names = words.length === CRONTAB_FIELDS.length ? CRONTAB_FIELDS : LINE_FIELDS;
  if (!text.includes("~") || words.length !== names.length) return null;
  const fields = words.map((word, index) => {
    const { min, max } = FIELD_KINDS[names[index]!];
    return word.replace(/(\d*)~(\d*)/g, (random, low: string, high: string) =>
      random === "~" ? "H" : `H(${low || min}-${high || max})`,
    );
  });
  const line = fields.join(" ");
  const why = "~ draws another time at each start; H keeps one, chosen by the name of the entry";
  return reads(line) ? `${why}: write "${line}"` : null;
}

/** A line of `/etc/cron.d` or of a user's crontab. */
function hintOfCommand(text: string, reads: Reads): string | null {
  const words = text.split(/\s+/);
  const size = words[0]!.startsWith("@") ? 1 : 5;
  const line = words.slice(0, size).join(" ");
  // One word behind five fields may also be a weekday that is spelled wrong.
  const isTypo = words.length === 6 && /^[a-z]+$/i.test(words[5]!);
  if (words.length <= size || isFieldLike(words[size]!) || isTypo || !reads(line)) return null;
  const [, , dayOfMonth = "*", , dayOfWeek = "*"] = words;
  const isEither = size === 5 && !dayOfMonth.startsWith("*") && !dayOfWeek.startsWith("*");
  const either = { type: "crontab", expression: line, dayMatch: "or" };
  const rule = isEither ? `${inFileOrCode(either)}, as cron reads it` : `"${line}"`;
  return `a user, a command or a comment does not belong in a schedule, and the entry names the task: write ${rule}`;
}

/** Six fields with the year last, as in EventBridge. */
function hintOfYear(text: string, reads: Reads): string | null {
  const words = text.split(/\s+/);
  if (words.length !== 6) return null;
  const isEventBridge = words[2] === "?" || words[4] === "?";
  if (isEventBridge && reads(`cron(${text})`)) {
    return `six fields begin with seconds; for EventBridge's, which end with the year, write "cron(${text})"`;
  }
  if (!/^\d{4}/.test(words[5]!) || !reads(`0 ${text}`)) return null;
  return `six fields begin with seconds, and a year is the seventh: write "0 ${text}"`;
}

/** Fields that others write differently. */
function hintOfFields(text: string, reads: Reads): string | null {
  const words = text.split(/\s+/);
  const dayOfMonth = words.length - 3 - (words.length === 7 ? 1 : 0);
  const dayOfWeek = dayOfMonth + 2;
  const line = words
    .map((word, index) => {
      if (index === dayOfMonth && /^(?:\$|last)$/i.test(word)) return "L";
      if (index === dayOfWeek && /^L$/i.test(word)) return "sat";
      if (index === dayOfWeek && word.startsWith("+")) return word.slice(1);
      return word === "?" && index < dayOfMonth ? "*" : word;
    })
    .join(" ");
  if (words.length < 5 || words.length > 7 || line === words.join(" ") || !reads(line)) return null;
  const isLast = words[dayOfWeek]!.toLowerCase() === "l";
  const last = isLast ? " (the last day of the week, as in Quartz), or friL for the last Friday of the month" : "";
  return `write "${line}"${last}`;
}

function hintOfCalendar(text: string, reads: Reads): string | null {
  const line = lineOfCalendar(text.replace(/^OnCalendar\s*=\s*/i, ""));
  if (line === null || !reads(line)) return null;
  const span = /^(\d\d):(\d\d):?(\d\d)?$/.exec(text);
  if (span === null) return `write "${line}"`;
  const [hours, minutes, seconds] = [1, 2, 3].map((index) => Number(span[index] ?? 0));
  const every = readDurationText(`${hours} h ${minutes} m ${seconds} s`);
  return every === null || !reads(every)
    ? `write "${line}"`
    : `write "${line}" for a time of day, "${every}" for an interval`;
}

/** ISO durations without a fixed length. */
function hintOfMonths(text: string, reads: Reads): string | null {
  const groups = /^P(?<count>\d+)(?<unit>[MY])$/i.exec(text)?.groups;
  if (groups === undefined) return null;
  const months = Number(groups["count"]) * (groups["unit"]!.toUpperCase() === "Y" ? 12 : 1);
  const line = months === 12 ? "@yearly" : months === 1 ? "@monthly" : `0 0 1 */${months} *`;
  const why = "months and years have no fixed length";
  return 12 % months === 0 && reads(line) ? `${why}: write "${line}"` : `${why}: write a crontab, such as "@monthly"`;
}

function hintOfOnce(text: string): string | null {
  const once = /^(?:at|clocked)?\(?["']?(?<moment>\d{4}-\d\d-\d\dT[\d:.]+)(?<offset>Z|[+-]\d\d:?\d\d)?["']?\)?$/i;
  const moment = once.exec(text)?.groups;
  if (moment === undefined) return null;
  const at = `${moment["moment"]}${moment["offset"] ?? "Z"}`;
  return `for a run once, write ${inFileOrCode({ type: "clocked", at })}, with its offset from UTC`;
}

/** The rule in a form that JSON, YAML and code read alike. */
function inFileOrCode(rule: Readonly<Record<string, string>>): string {
  const fields = Object.entries(rule).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  return `{ ${fields.join(", ")} }`;
}

/** A call in a file that holds no code. */
function hintOfCode(text: string, reads: Reads): string | null {
  const call = /^(?:crontab|interval)\(\s*(?<quote>["'])(?<inner>[^"']+)\k<quote>\s*\)$/;
  const inner = call.exec(text)?.groups?.["inner"];
  const rule = inner === undefined ? undefined : [inner, `every ${inner}`].find(reads);
  return rule === undefined ? null : `a text holds no code: write "${rule}"`;
}

/** A rule of iCalendar, or a repeating interval of ISO 8601. */
function hintOfRecurrence(text: string, reads: Reads): string | null {
  if (/^(?:RRULE:|DTSTART\b|FREQ=)/i.test(text)) {
    return 'it is an RRULE of iCalendar: install @beatx/schedule-rrule and write { "type": "rrule", "text": "DTSTART:…\\nRRULE:…" }';
  }
  const every = /^R\d*\/(?:.*\/)?(?<every>P[^/]+)$/i.exec(text)?.groups?.["every"];
  return every !== undefined && reads(every) ? `it is an interval: write "${every}"` : null;
}

function hintOfMissingFields(text: string, reads: Reads): string | null {
  const words = text.split(/\s+/);
  const isShort = words.length >= 2 && words.length < CRONTAB_FIELDS.length;
  if (!isShort || !words.every(isFieldLike) || !/^[\d*]/.test(text)) return null;
  const filled = [...words, ...CRONTAB_FIELDS.slice(words.length).map(() => "*")].join(" ");
  const missing = CRONTAB_FIELDS.length - words.length;
  const gap = missing === 1 ? "a field is" : `${missing} fields are`;
  const example = reads(filled) ? filled : "0 7 * * mon-fri";
  return `${gap} missing: write five, minute hour day-of-month month day-of-week, such as "${example}"`;
}
