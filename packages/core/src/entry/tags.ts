import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { guarded } from "../base/json.js";

/** An entry has at most this many tags. */
const MOST_TAGS = 20;
/** The longest tag, in characters. */
const LONGEST_TAG = 100;

/** Returns the tag. `path`: the field that it is the value of. @throws ConfigError for one that no entry can have. */
export function checkTag(tag: unknown, path: string): string {
  const isTag = typeof tag === "string" && tag !== "" && tag.length <= LONGEST_TAG && !/\p{Surrogate}/u.test(tag);
  if (isTag) return tag;
  const expected = `a non-empty text of at most ${LONGEST_TAG} characters`;
  throw new ConfigError(`${path} is ${describe(tag)}: expected ${expected}`, { field: path });
}

/** A copy of an entry's tags, in their order. @throws ConfigError that names the field, the value and what is expected. */
export function readTags(given: unknown, path: string): readonly string[] {
  const tags = guarded(path, () => (Array.isArray(given) ? Array.from<unknown>(given) : null));
  if (tags === null) {
    throw new ConfigError(`${path} is ${describe(given)}: expected an array of texts`, { field: path });
  }
  if (tags.length > MOST_TAGS) {
    throw new ConfigError(`${path} has ${tags.length} tags: an entry has at most ${MOST_TAGS}`, { field: path });
  }
  return tags.map((tag, index) => {
    const field = `${path}[${index}]`;
    if (tags.indexOf(tag) < index) {
      throw new ConfigError(`${field} is ${describe(tag)}, which comes twice: give each tag once`, { field });
    }
    return checkTag(tag, field);
  });
}
