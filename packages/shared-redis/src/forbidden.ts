import { BeatxError } from "@beatx/core/adapter";

/** Whether the server answered that its user has no permission for a key or a command. */
export function isForbidden(error: unknown): boolean {
  return BeatxError.isInstance(error) && /\bNOPERM\b/.test(error.message);
}

/** How a batch is sent, and how it is cut when the server forbids a part of it. */
export interface Sending<Item, Answer> {
  /** Sends items in one step, which a server that forbids a part refuses as a whole. Answers each, in their order. */
  readonly send: (items: readonly Item[]) => Promise<readonly Answer[]>;
  /** Items of the same group are forbidden together: those for one queue. */
  readonly groupOf: (item: Item) => unknown;
  /** The answer for an item of a forbidden group; may throw. */
  readonly refuse: (error: BeatxError, item: Item) => Answer;
}

/**
 * Sends a batch without its forbidden groups. The server refuses a script as a whole, before it does anything, if its user
 * has no permission for one of the keys. This then halves the groups: finding one among hundreds takes few scripts.
 */
export async function sendAllowed<Item, Answer>(
  items: readonly Item[],
  sending: Sending<Item, Answer>,
): Promise<readonly Answer[]> {
  const { send, groupOf, refuse } = sending;
  try {
    return await send(items);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const groups = [...new Set(items.map(groupOf))];
    if (groups.length === 1) return items.map((item) => refuse(error as BeatxError, item));
    const half = new Set(groups.slice(0, Math.ceil(groups.length / 2)));
    const isInHalf = (item: Item): boolean => half.has(groupOf(item));
    const notInHalf = (item: Item): boolean => !isInHalf(item);
    const inHalf = (await sendAllowed(items.filter(isInHalf), sending)).values();
    const others = (await sendAllowed(items.filter(notInHalf), sending)).values();
    return items.map((item) => (isInHalf(item) ? inHalf : others).next().value as Answer);
  }
}
