import { isPlainObject } from "../base/json.js";
import { FORMAT } from "./definition.js";

/** The fields of the text of one of beatx's own records of this kind and format; `null` for any other text. */
export function readRecordText(kind: string, text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) && value["format"] === FORMAT && value["kind"] === kind ? value : null;
  } catch {
    return null;
  }
}
