import { describe, expect, it } from "vitest";

import { catchError } from "../../test/catch-error.js";
import { camelCase, crontabFields, readVectors, type VectorFields } from "../../vectors/read-vectors.js";
import { ConfigError } from "../base/errors.js";
import { type CrontabFieldName, type CrontabValue, parseCrontabField } from "./crontab-field.js";
import { crontab } from "./crontab.js";

interface ParseRow {
  field: string;
  spec: CrontabValue;
  expanded: number[];
  odd?: boolean;
}
interface InvalidRow {
  fields: VectorFields;
}

const rows = readVectors<ParseRow>("parse");
/** Whether a row is in the documented grammar. Some odd rows are, such as those that name a value twice. */
function isGrammatical({ field, spec, odd }: ParseRow): boolean {
  if (!odd) return true;
  if (typeof spec !== "string") return [spec].flat().length > 0 && [spec].flat().every(Number.isInteger);
  const days = "sun(?:day)?|mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?";
  const value = field === "day_of_week" ? `(?:\\d{1,2}|${days})` : "\\d{1,2}";
  const part = new RegExp(`^(?:${value}|(?:\\*|${value}-${value})(?:/\\d+)?)$`, "i");
  return spec.split(",").every((each) => part.test(each));
}
const read = (row: ParseRow): readonly number[] =>
  parseCrontabField(camelCase(row.field) as CrontabFieldName, row.spec).values;

describe("parseCrontabField", () => {
  it.each(rows.filter(isGrammatical))("expands $field $spec as Celery does", (row) => {
    expect(read(row)).toEqual(row.expanded);
  });

  it.each(rows.filter((row) => !isGrammatical(row)))("refuses the typo $spec, which Celery accepts", (row) => {
    expect(() => read(row)).toThrow(ConfigError);
  });

  const monthName = /jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec/i;
  const isMonthName = (row: InvalidRow): boolean => monthName.test(String(row.fields["month_of_year"]));
  const invalid = readVectors<InvalidRow>("invalid");

  it.each(invalid.filter((row) => !isMonthName(row)))("refuses $fields at creation, as Celery does", (row) => {
    expect(() => crontab(crontabFields(row.fields))).toThrow(ConfigError);
  });

  it("reads the names of days and months, short or in full, in upper or lower case", () => {
    expect(parseCrontabField("monthOfYear", "JAN-mar,December").values).toEqual([1, 2, 3, 12]);
    expect(parseCrontabField("monthOfYear", "nov-feb").values).toEqual([1, 2, 11, 12]);
    expect(parseCrontabField("dayOfWeek", "Saturday-sun").values).toEqual([0, 6]);
  });

  it("names the field, the value and the allowed syntax in its error", () => {
    const error = catchError(() => parseCrontabField("dayOfWeek", "mon#1"));
    expect(error).toMatchObject({ code: "CONFIG", field: "dayOfWeek" });
    expect(error.message).toMatch(/dayOfWeek "mon#1" .* number from 0 to 6 or a name \(sun, mon, .* range .* step/);
    expect(catchError(() => parseCrontabField("minute", "60")).message).toContain("from 0 to 59, a range");
  });

  it("writes values as canonical text that reads back to the same numbers", () => {
    expect(parseCrontabField("minute", [30, 0]).text).toBe("30,0");
    expect(parseCrontabField("hour", 7).text).toBe("7");
    expect(parseCrontabField("dayOfWeek", "Mon-FRI").text).toBe("mon-fri");
  });
});
