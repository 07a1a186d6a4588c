import type { Clock } from "../base/clock.js";
import type { Publisher } from "../contract/publisher.js";
import type { Store } from "../contract/store.js";
import type { Opened } from "../discovery/opened.js";
import type { ConfigEntries } from "../entry/configuration.js";
import { writtenName } from "../entry/entry-names.js";
import type { HandlersOptions } from "../publisher/handler-runs.js";
import { openDeadLetter } from "../publisher/dead-letter.js";
import { openPublisher } from "../publisher/open-publisher.js";
import { overlapUnsupported } from "../publisher/overlap-support.js";
import { openStore } from "../store/open-store.js";
import type { BeatOptions } from "./options.js";

/** The store, the publisher and the dead letter of one node. */
export interface OpenedServers {
  readonly store: Opened<Store>;
  readonly publisher: Opened<Publisher>;
  /** `null`: none is given. */
  readonly deadLetter: Opened<Publisher> | null;
}

/** Opens all; if that fails, none stays open. @throws ConfigError for entries that ask for what the publisher cannot do */
export async function openServers(
  options: BeatOptions,
  config: ConfigEntries,
  clock: Clock,
  onReport: NonNullable<HandlersOptions["onReport"]>,
): Promise<OpenedServers> {
  const opened: Opened<unknown>[] = [];
  try {
    const store = await openStore(options);
    opened.push(store);
    const publisher = await openPublisher(options, clock, onReport);
    opened.push(publisher);
    checkOverlaps(options, config, publisher.value);
    const deadLetter = await openDeadLetter(options);
    return { store, publisher, deadLetter };
  } catch (error) {
    await Promise.allSettled(opened.map((each) => each.close()));
    throw error;
  }
}

/** @throws ConfigError for an entry whose runs must not overlap, at a publisher that cannot tell (R52). */
function checkOverlaps({ app }: BeatOptions, config: ConfigEntries, publisher: Publisher): void {
  if (publisher.skipsOverlap) return;
  for (const [name, { overlap }] of config ?? []) {
    if (overlap === "allow") continue;
    throw overlapUnsupported(`schedule.${writtenName(app ?? null, name)}.overlap`, publisher);
  }
}
