import type { BackfillView, Client } from "@beatx/core";
import type { CommandContext } from "../output/command-context.js";
import { printable } from "../output/printable.js";

/** Between two looks, in ms. */
const LOOK_EVERY_MS = 500;

/**
 * Waits until nothing of the backfill is left to send. In a terminal it shows how far that is, on stderr. The leader goes on if
 * this process ends.
 */
export async function followBackfill(
  client: Client,
  id: string,
  { stdout, stderr, clock }: CommandContext,
): Promise<void> {
  let last: BackfillView | undefined;
  for (;;) {
    const view = (await client.backfills()).find((each) => each.id === id);
    if (!view) break;
    last = view;
    if (stderr.isTTY) stderr.write(`\r${printable(`${view.sent} of ${view.total} sent`)}`);
    await new Promise<void>((resolve) => void clock.setTimer(resolve, LOOK_EVERY_MS));
  }
  if (stderr.isTTY && last) stderr.write("\r");
  stdout.write("Nothing of it is left to send.\n");
}
