import { BeatxError, PublishError } from "@beatx/core/adapter";

/** Whether the server answered that its user has no permission for a key or a command. */
export function isForbidden(error: unknown): error is BeatxError {
  return BeatxError.isInstance(error) && /\bNOPERM\b/.test(error.message);
}

/** How items are sent, and answered for if a part of them fails. */
export interface Sending<Item, Answer> {
  /** Sends items in one step, which a server that forbids a part refuses as a whole. Answers each, in their order. */
  readonly send: (items: readonly Item[]) => Promise<readonly Answer[]>;
  /** Items of the same group are forbidden together: those for one queue. */
  readonly groupOf: (item: Item) => unknown;
  /** The answer for an item of a forbidden group; may throw. */
  readonly refuse: (error: BeatxError, item: Item) => Answer;
  /**
   * The answer for an item without one when sending failed after a part was answered. Sending ends there: the error of an
   * item whose turn had not come says that it was not sent. Default: the failure is thrown, whatever was sent before.
   */
  readonly fail?: (error: unknown, item: Item) => Answer;
}

interface Numbered<Item> {
  readonly index: number;
  readonly item: Item;
}

/**
 * Sends batches, one after the other, without their forbidden groups. The server refuses a script as a whole, before it does
 * anything, if its user has no permission for one of the keys. This then halves the groups: finding one among hundreds takes
 * few scripts. Answers in the order of the items. Throws the error of the first batch if it fails for another reason.
 */
export async function sendAllowed<Item, Answer>(
  parts: readonly (readonly Item[])[],
  { send, groupOf, refuse, fail }: Sending<Item, Answer>,
): Promise<readonly Answer[]> {
  let count = 0;
  const answers = new Map<number, Answer>();
  const waiting = parts.map((part) => part.map((item) => ({ index: count++, item })));
  for (let part = waiting.shift(); part; part = waiting.shift()) {
    try {
      const given = await send(part.map(({ item }) => item));
      part.forEach(({ index }, position) => answers.set(index, given[position]!));
    } catch (error) {
      if (isForbidden(error)) {
        const halves = halve(part, groupOf);
        if (halves) waiting.unshift(...halves);
        else for (const { index, item } of part) answers.set(index, refuse(error, item));
        continue;
      }
      if (!fail || answers.size === 0) throw error;
      for (const { index, item } of part) answers.set(index, fail(error, item));
      const unsent = BeatxError.hasCode(error, "PUBLISH") ? PublishError.asNotSent(error) : error;
      for (const { index, item } of waiting.splice(0).flat()) answers.set(index, fail(unsent, item));
    }
  }
  return Array.from({ length: count }, (_, index) => answers.get(index)!);
}

/** Two parts with half of the groups each; `undefined` for a single group. */
function halve<Item>(
  part: readonly Numbered<Item>[],
  groupOf: (item: Item) => unknown,
): [Numbered<Item>[], Numbered<Item>[]] | undefined {
  const groups = [...new Set(part.map(({ item }) => groupOf(item)))];
  if (groups.length === 1) return undefined;
  const half = new Set(groups.slice(0, Math.ceil(groups.length / 2)));
  const isInHalf = ({ item }: Numbered<Item>): boolean => half.has(groupOf(item));
  return [part.filter(isInHalf), part.filter((one) => !isInHalf(one))];
}
