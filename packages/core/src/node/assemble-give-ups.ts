import type { Clock } from "../base/clock.js";
import type { Publisher } from "../contract/publisher.js";
import type { Opened } from "../discovery/opened.js";
import { DeadLetters } from "../dispatch/dead-letters.js";
import type { Delivery } from "../dispatch/delivery.js";
import { GiveUps } from "../dispatch/give-ups.js";
import type { Term } from "../lease/term.js";
import { DeliveryHealth } from "../report/delivery-health.js";
import type { Reporter } from "../report/reporter.js";
import type { Timetable } from "../timetable/timetable.js";
import { checkHealthUntil } from "./health-checks.js";
import type { Settings } from "./settings.js";

export interface GiveUpParts {
  /** `null`: none is given. */
  readonly deadLetter: Opened<Publisher> | null;
  readonly delivery: Delivery;
  readonly timetable: Timetable;
  readonly settings: Pick<Settings, "namespace" | "giveUpAfterMs" | "publishTimeoutMs">;
  readonly clock: Clock;
  readonly reporter: Reporter;
  /** Cluster time, epoch ms. */
  readonly now: () => number;
}

/** What gives occurrences up in one term, and the health of the dead letter. */
export interface AssembledGiveUps {
  readonly giveUps: GiveUps;
  /** `null`: there is no dead letter. */
  readonly deadLetterHealth: DeliveryHealth | null;
  /** Asks the dead letter how it is, again and again until the term ends. Never rejects. */
  readonly checkDeadLetter: () => Promise<void>;
}

export function assembleGiveUps(term: Term, parts: GiveUpParts): AssembledGiveUps {
  const { deadLetter, delivery, timetable, settings, clock, reporter, now } = parts;
  const { namespace, giveUpAfterMs, publishTimeoutMs } = settings;
  const { lease, ended } = term;
  const hasUnsaved: Delivery["hasUnsaved"] = (entry) => delivery.hasUnsaved(entry);
  const maySent: Delivery["maySent"] = (entry) => delivery.maySent(entry);
  const shared = { timetable, lease, namespace, giveUpAfterMs, hasUnsaved, maySent, now };
  if (!deadLetter) {
    const giveUps = new GiveUps({ ...shared, deadLetters: null });
    return { giveUps, deadLetterHealth: null, checkDeadLetter: () => Promise.resolve() };
  }
  const health = new DeliveryHealth(deadLetter.value.name, clock);
  const about = { health, reporter, clock, now };
  const deadLetters = new DeadLetters({ ...about, deadLetter: deadLetter.value, publishTimeoutMs, ended });
  const sends = { isOneStep: false, isProbed: true };
  const checks = { ...about, publisher: deadLetter.value, delivery: sends, timeoutMs: publishTimeoutMs };
  return {
    giveUps: new GiveUps({ ...shared, deadLetters }),
    deadLetterHealth: health,
    checkDeadLetter: () => checkHealthUntil(ended, { ...checks, peer: "dead letter" }),
  };
}
