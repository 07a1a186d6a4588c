import { namesIn, quoteName } from "../base/describe.js";
import { BeatxError, ConfigError } from "../base/errors.js";
import type { Publisher } from "../contract/publisher.js";
import type { Entry } from "../entry/entry.js";
import { explainHold } from "../entry/hold-record.js";
import type { EndReason } from "../lease/term.js";
import { explainForeign, isForeign } from "../timetable/foreign-configuration.js";
import type { Timetable } from "../timetable/timetable.js";
import type { Settings } from "./settings.js";

/** Why a node must not lead the stored schedule. It follows the schedule, so it notices when the obstacle is gone. */
export interface Obstacle {
  readonly reason: EndReason;
  /** Says more, with the way out. */
  explain(): Error;
}

/** What an obstacle depends on beside the stored schedule. */
export interface ObstacleContext {
  readonly config: ReadonlyMap<string, Entry> | null;
  readonly settings: Pick<Settings, "app" | "replaceSchedule">;
  readonly publisher: Pick<Publisher, "name" | "canSend">;
}

/** `null`: the node may lead. */
export function obstacleOf(timetable: Timetable, context: ObstacleContext): Obstacle | null {
  return held(timetable) ?? newerBuild(timetable) ?? foreign(timetable, context) ?? otherPublisher(timetable, context);
}

/** One that also ends a term that has taken over: it may come at any time. */
export function obstacleInTerm(timetable: Timetable, context: ObstacleContext): Obstacle | null {
  return held(timetable) ?? newerBuild(timetable) ?? otherPublisher(timetable, context);
}

/** It moves elsewhere, or is being written (R55). */
function held({ records: { hold } }: Timetable): Obstacle | null {
  if (hold.revision === null) return null;
  return { reason: "the schedule is held", explain: () => new BeatxError("CONFLICT", explainHold(hold)) };
}

/** It cannot read all that the newer version wrote (R38). */
function newerBuild({ cluster: { isNewer, error } }: Timetable): Obstacle | null {
  return isNewer ? { reason: "the schedule belongs to a newer version of beatx", explain: () => error! } : null;
}

function foreign(timetable: Timetable, { config, settings }: ObstacleContext): Obstacle | null {
  const own = { config, app: settings.app };
  if (settings.replaceSchedule || !isForeign(timetable, own)) return null;
  const reason = "the schedule belongs to another application";
  return { reason, explain: () => explainForeign(timetable, own) };
}

/** The applications of one beat share a publisher: the leader sends the entries of all of them (R47). */
function otherPublisher(timetable: Timetable, { settings, publisher }: ObstacleContext): Obstacle | null {
  if (settings.replaceSchedule) return null;
  for (const app of timetable.configured.owners) {
    if (app === null || app === settings.app) continue;
    const recorded = timetable.apps.get(app)?.definition?.publisher ?? publisher.name;
    const isOther = recorded !== publisher.name;
    const unknown = publisher.canSend
      ? [...timetable.configured.tasksOf(app)].filter((task) => !publisher.canSend!(task))
      : [];
    if (!isOther && unknown.length === 0) continue;
    const why = isOther
      ? `that application sends through ${recorded}, and this node through ${publisher.name}`
      : `this node has no handler for its ${unknown.length === 1 ? "task" : "tasks"} ${namesIn(unknown)}`;
    return {
      reason: "another application needs another publisher",
      explain: () =>
        new ConfigError(
          `this node cannot send the entries of the application ${quoteName(app)}: ${why}. The leader sends the entries of ` +
            "all applications on one beat, so this node does not lead, and writes nothing. Give all nodes publishers that " +
            "take the tasks of all applications, such as one queue, or give each application a namespace of its own. If " +
            `${quoteName(app)} is gone, end its entries with an empty schedule (beatx apply --prune --app ${app}). If all ` +
            'applications change their publisher, start once with "replaceSchedule: true" (beatx start --replace)',
          { field: "publisher" },
        ),
    };
  }
  return null;
}
