import { FIELD_KINDS } from "./crontab-field.js";

const NAMES = Object.values(FIELD_KINDS).flatMap(({ names }) => names.flatMap((name) => [name, name.slice(0, 3)]));
const FIELD_LIKE = new RegExp(`^(?:[\\d*?,/#~$+()LWH-]|${NAMES.join("|")})+$`, "i");

/** Whether a word of a line may be a field. Any other word behind the fields belongs to a command. */
export function isFieldLike(word: string): boolean {
  return FIELD_LIKE.test(word) && !word.startsWith("#");
}

/** The text without a command behind the fields: it may contain a secret. */
export function withoutCommand(text: string): string {
  const words = text.trim().split(/\s+/);
  const size = words[0]!.startsWith("@") ? 1 : 5;
  const end = words.findIndex(
    (word, index) => (index > 0 && word.includes("=")) || (index >= size && !isFieldLike(word)),
  );
  return end > 0 ? `${words.slice(0, end).join(" ")} …` : text;
}
