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

/** Items, and the index of each among all. */
interface Part<Item> {
  readonly items: readonly Item[];
  readonly indexes: readonly number[];
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
  const answers: Answer[] = [];
  const waiting = numberParts(parts);
  for (let part = waiting.shift(); part; part = waiting.shift()) {
    const { items, indexes } = part;
    try {
      const given = await send(items);
      indexes.forEach((index, position) => (answers[index] = given[position]!));
    } catch (error) {
      if (isForbidden(error)) {
        const halves = halve(part, groupOf);
        if (halves) waiting.unshift(...halves);
        else indexes.forEach((index, position) => (answers[index] = refuse(error, items[position]!)));
        continue;
      }
      if (!fail || answers.length === 0) throw error;
      const failAll = (reason: unknown, failed: Part<Item>): void =>
        failed.indexes.forEach((index, position) => (answers[index] = fail(reason, failed.items[position]!)));
      failAll(error, part);
      const unsent = BeatxError.hasCode(error, "PUBLISH") ? PublishError.asNotSent(error) : error;
      for (const rest of waiting.splice(0)) failAll(unsent, rest);
    }
  }
  return answers;
}

function numberParts<Item>(parts: readonly (readonly Item[])[]): Part<Item>[] {
  let count = 0;
  return parts.map((items) => ({ items, indexes: items.map(() => count++) }));
}

/** Two parts with half of the groups each; `undefined` for a single group. */
function halve<Item>({ items, indexes }: Part<Item>, groupOf: (item: Item) => unknown): Part<Item>[] | undefined {
  const groups = [...new Set(items.map(groupOf))];
  if (groups.length === 1) return undefined;
  const half = new Set(groups.slice(0, Math.ceil(groups.length / 2)));
  return [true, false].map((isInHalf) => {
    const isChosen = (_: unknown, position: number): boolean => half.has(groupOf(items[position]!)) === isInHalf;
    return { items: items.filter(isChosen), indexes: indexes.filter(isChosen) };
  });
}
