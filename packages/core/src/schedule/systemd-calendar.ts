/** Names of systemd that cron writes otherwise. */
const NAMES: Readonly<Record<string, string>> = {
  minutely: "* * * * *",
  hourly: "@hourly",
  daily: "@daily",
  weekly: "0 0 * * mon",
  monthly: "@monthly",
  quarterly: "0 0 1 1,4,7,10 *",
  semiannually: "0 0 1 1,7 *",
  yearly: "@yearly",
  annually: "@yearly",
};
const CALENDAR =
  /^(?:(?<weekday>[a-z][a-z,.]+)\s+)?(?:(?<year>[\d*,./]+)-(?<month>[\d*,./]+)-(?<day>[\d*,./]+))?(?:(?:^|\s+|(?<=\s))(?<hour>[\d*,./]+):(?<minute>[\d*,./]+)(?::(?<second>[\d*,./]+))?)?(?:\s+(?<zone>UTC|[A-Z]\w*\/\S+))?$/i;

/**
 * The crontab line that means the same as systemd's `OnCalendar=Mon..Fri *-*-* 07:00`; `null`: the text has another
 * form. The caller checks whether the line can be read.
 */
export function lineOfCalendar(text: string): string | null {
  const trimmed = text.trim();
  const name = NAMES[trimmed.toLowerCase()];
  if (name !== undefined) return name;
  const groups = CALENDAR.exec(trimmed)?.groups;
  if (groups === undefined || (groups["year"] ?? groups["hour"]) === undefined) return null;
  const field = (part: string, absent: string): string => (groups[part] ?? absent).replaceAll("..", "-");
  const time = (part: string): string => field(part, "0").replace(/\b0+(?=\d)/g, "");
  const date = (part: string): string => field(part, "*").replace(/\b0+(?=\d)/g, "");
  const weekday = field("weekday", "*").toLowerCase();
  const five = [time("minute"), time("hour"), date("day"), date("month"), weekday].join(" ");
  const [second, year] = [time("second"), field("year", "*")];
  const line = year === "*" ? (second === "0" ? five : `${second} ${five}`) : `${second} ${five} ${year}`;
  return groups["zone"] === undefined ? line : `TZ=${groups["zone"]} ${line}`;
}
