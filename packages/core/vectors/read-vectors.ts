import { readFileSync } from "node:fs";

/** The Celery names of crontab fields, as the vectors have them. */
export type VectorFields = Readonly<Record<string, string | number | number[]>>;

/** All rows of one vector file. */
export function readVectors<Row>(name: string): Row[] {
  const text = readFileSync(new URL(`${name}.jsonl`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

/** `day_of_week` becomes `dayOfWeek`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The vectors' crontab fields under the names of `crontab()`. */
export function crontabFields(fields: VectorFields): VectorFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [camelCase(name), value]));
}

export const epochMs = (iso: string): number => Date.parse(iso);
export const iso = (instant: number | null): string =>
  instant === null ? "never" : new Date(instant).toISOString().replace(".000Z", "Z");
