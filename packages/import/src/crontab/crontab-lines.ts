/** A crontab, line by line: what is a job, a variable or a comment. */

/** How the lines are written. `"system"`: with a user between fields and command, as in `/etc/crontab`. */
export type CrontabFormat = "user" | "system";

export interface CrontabJob {
  readonly line: number;
  /** Five fields, or a name such as `@daily`. */
  readonly rule: string;
  readonly user: string | null;
  /** What the shell gets. */
  readonly command: string;
  /** What the command gets as its input; `null`: nothing. */
  readonly input: string | null;
  /** The comment right above the line; empty: none. */
  readonly comment: string;
  /** The variables that are set above the line. */
  readonly variables: Readonly<Record<string, string>>;
}

/** A line that is no job, variable or comment. */
export interface UnreadableLine {
  readonly line: number;
  readonly reason: string;
}

export interface CrontabLines {
  readonly jobs: readonly CrontabJob[];
  readonly unreadable: readonly UnreadableLine[];
}

const VARIABLE = /^\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z_]\w*))\s*=\s*(.*?)\s*$/;
/** What stands above the fields in many files. */
const HEADING = /^(?:m(?:in(?:ute)?)?\s+h(?:our)?\b|[-*|.+\s]*(?:min(?:ute)?|hour|day of|month)\b.*\(|[|.*+\s-]*$)/i;
const FIELDS = /^-?((?:[^\s#]\S*\s+){4}[^\s#]\S*)\s+(\S.*)$/;
const NAMED = /^-?(@\w+)\s+(\S.*)$/;

/** Reads a crontab. No reason quotes a command, which may hold a secret. */
export function readCrontabLines(text: string, format: CrontabFormat): CrontabLines {
  const jobs: CrontabJob[] = [];
  const unreadable: UnreadableLine[] = [];
  let variables: Readonly<Record<string, string>> = {};
  let comments: string[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const [line, trimmed] = [index + 1, raw.trim()];
    if (trimmed.startsWith("#")) {
      const comment = trimmed.replace(/^#+\s*/, "");
      // What stands above a job that is switched off is about that one.
      if (isJob(comment)) comments = [];
      else if (comment !== "" && !HEADING.test(comment)) comments.push(comment);
      continue;
    }
    const variable = VARIABLE.exec(raw);
    if (variable) {
      const [, double, single, bare, value] = variable;
      variables = { ...variables, [(double ?? single ?? bare)!]: unquoted(value!) };
    } else if (trimmed !== "") {
      const read = readJob(trimmed, format);
      if (typeof read === "string") unreadable.push({ line, reason: read });
      else jobs.push({ ...read, line, comment: comments.join(" "), variables });
    }
    comments = [];
  }
  return { jobs, unreadable };
}

/** Whether the comment is a job that somebody has switched off, or the drawing of one. */
function isJob(comment: string): boolean {
  if (NAMED.test(comment)) return true;
  const fields = FIELDS.exec(comment)?.[1];
  return fields !== undefined && /^(?:[\d*/,~?-]+\s+){4}/.test(`${fields} `);
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}

type Job = Pick<CrontabJob, "rule" | "user" | "command" | "input">;

function readJob(text: string, format: CrontabFormat): Job | string {
  const [, rule, rest] = NAMED.exec(text) ?? FIELDS.exec(text) ?? [];
  if (rule === undefined || rest === undefined) return "it is neither a job nor a variable: a job has five fields and a command"; // prettier-ignore
  if (format === "user") return { rule, user: null, ...splitInput(rest) };
  const [, user, command] = /^(\S+)\s+(\S.*)$/.exec(rest) ?? [];
  if (user === undefined || command === undefined) {
    return "it has no command behind the user: is it a user's crontab (--format user)?";
  }
  return { rule, user, ...splitInput(command) };
}

/** In cron a `%` ends the command, and each further one is a line break of its input; `\%` is a percent sign. */
function splitInput(text: string): Pick<CrontabJob, "command" | "input"> {
  const [command, ...input] = text.split(/(?<!\\)%/).map((part) => part.replaceAll("\\%", "%"));
  return { command: command!.trim(), input: input.length === 0 ? null : input.join("\n") };
}
