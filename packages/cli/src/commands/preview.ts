import { type BeatOptions, type Client, createBeat, createClient, type Publisher, silentLogger } from "@beatx/core";
import { PUBLISHER_CONTRACT } from "@beatx/core/adapter";
import { dummyStore } from "@beatx/store-dummy";
import type { Settings } from "../configuration/settings.js";

/** Takes every kind of entry, and always fails, so that an entry that is due at once keeps that run in its preview. */
const neverSends: Publisher = {
  contract: PUBLISHER_CONTRACT,
  name: "preview",
  delivery: "at-least-once",
  skipsOverlap: true,
  publish: () => Promise.reject(new Error("a preview sends nothing")),
  close: () => Promise.resolve(),
};

/**
 * A client that sees these entries as the first leader will store them: a node merges them into a store in memory, so
 * policies, zones and jitter are the real ones. Nothing is sent.
 */
export async function previewEntries(
  { timezone, options }: Settings,
  schedule: NonNullable<BeatOptions["schedule"]>,
): Promise<Client> {
  const store = dummyStore();
  const { scheduleTypes, from } = options;
  const types = scheduleTypes === undefined ? {} : { scheduleTypes };
  const shared = { store, timezone, ...types, ...(from === undefined ? {} : { from }) };
  const beat = createBeat({ ...shared, schedule, publisher: neverSends, logger: silentLogger });
  await beat.tick();
  await beat.stop();
  return createClient(shared);
}
