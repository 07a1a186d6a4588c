import { brokenContents } from "./broken-contents.js";
import { brokenLives } from "./broken-lives.js";
import { brokenOutages } from "./broken-outages.js";
import { brokenOutboxes } from "./broken-outboxes.js";
import { brokenOverlaps } from "./broken-overlaps.js";
import { brokenRefusals } from "./broken-refusals.js";
import { brokenRepeats } from "./broken-repeats.js";
import { brokenSends } from "./broken-sends.js";
import { brokenSignals } from "./broken-signals.js";
import { brokenSilences } from "./broken-silences.js";
import type { BrokenPublisher } from "./broken-publisher.js";

export const brokenPublishers: readonly BrokenPublisher[] = [
  ...brokenLives,
  ...brokenSends,
  ...brokenContents,
  ...brokenRefusals,
  ...brokenSignals,
  ...brokenRepeats,
  ...brokenOutages,
  ...brokenSilences,
  ...brokenOutboxes,
  ...brokenOverlaps,
];
