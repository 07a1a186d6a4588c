import type { BeatStatus } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { describeStore, readStoreSettings, type Settings } from "../configuration/settings.js";
import { withClient } from "../configuration/with-client.js";
import { describePause, toJsonPause } from "../entry/entry-text.js";
import type { CommandContext } from "../output/command-context.js";
import { type EndWith, EXIT } from "../output/exit-codes.js";
import { formatSpan, formatTime, formatUntil, isoTime, withIsoSince } from "../output/format-time.js";
import { formatFacts, formatTable } from "../output/table.js";

const EXAMPLES = `
Examples:
  $ beatx status
  $ beatx status --store redis://127.0.0.1:6379/0 --namespace shop
  $ beatx status --json | jq .problems         why messages do not arrive

Exit code 4 says that there is a problem: the lines "problem" name it, with the way out. Exit code 1 says that the store
did not answer.`;

/** Broken entries that the text shows with their reasons. */
const MOST_BROKEN = 10;
/** Paused entries that the text names. */
const MOST_PAUSED = 5;

export function addStatusCommand(program: Command, context: CommandContext, endWith: EndWith): void {
  const command = program.command("status").description("show problems, who leads, since when, and what runs next");
  addStoreFlags(command)
    .addHelpText("after", EXAMPLES)
    .action((flags: Flags) => showStatus(flags, context, endWith));
}

async function showStatus(flags: Flags, context: CommandContext, endWith: EndWith): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const status = await withClient(settings, (client) => client.status());
  const text = flags.json ? toJson(status, settings) : toText(status, settings, context.clock.now());
  context.stdout.write(text);
  if (status.problems.length > 0) endWith(EXIT.unhealthy);
}

function toJson(status: BeatStatus, settings: Settings): string {
  const { problems, leader, publisher, deadLetter, rateCap, failing, paused, next, ...rest } = status;
  const answer = {
    problems: problems.map(withIsoSince),
    ...rest,
    store: describeStore(settings.options),
    namespace: settings.namespace,
    publisher: publisher && withIsoSince(publisher),
    deadLetter: deadLetter && withIsoSince(deadLetter),
    rateCap: rateCap && withIsoSince(rateCap),
    paused: paused.map(({ name, pause }) => ({ name, pause: toJsonPause(pause) })),
    failing: failing.map(withIsoSince),
    leader: leader && withIsoSince(leader),
    next: next.map(({ entry, scheduledAt, runAt }) => ({
      entry,
      scheduledAt: isoTime(scheduledAt),
      runAt: isoTime(runAt),
    })),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

/** Each of the first few with its reason, then the number of the others. */
function describeBroken(broken: BeatStatus["broken"]): (readonly [string, string])[] {
  const lines = broken.slice(0, MOST_BROKEN).map(({ message }) => ["broken", message] as const);
  const more = broken.length - lines.length;
  return more === 0 ? lines : [...lines, ["broken", `${more} more: --json names them`]];
}

function toText(status: BeatStatus, settings: Settings, now: number): string {
  const { delivery, entries, broken, next, warnings } = status;
  const facts = formatFacts([
    ...describeProblems(status, settings.timezone, now),
    ["store", `${describeStore(settings.options)} (namespace ${settings.namespace})`],
    ...describeApps(status),
    ...describeLeader(status, settings.timezone, now),
    ...describePublisher(status, settings.timezone, now),
    ...describeGivenUp(status, settings.timezone, now),
    ...describeRateCap(status, settings.timezone, now),
    ["delivery", delivery ?? "unknown until a node leads"],
    ["entries", broken.length === 0 ? String(entries) : `${entries}, and ${broken.length} broken`],
    ...describePausedEntries(status, settings.timezone),
    ...describeBroken(broken),
    ...describeFailing(status),
    ...warnings.map((warning) => ["warning", warning] as const),
  ]);
  const rows = next.map(({ entry, runAt }) => [formatTime(runAt, settings.timezone), formatUntil(runAt, now), entry]);
  return rows.length === 0
    ? `${facts}\nNo entry has a next run.\n`
    : `${facts}\n${formatTable(["NEXT RUN", "", "ENTRY"], rows)}`;
}

/** The number of paused entries, and the first few with what is known of their pauses. */
function describePausedEntries({ paused, pausedCount }: BeatStatus, timezone: string): readonly Fact[] {
  if (pausedCount === 0) return [];
  const first = paused.slice(0, MOST_PAUSED);
  const named = first.map(({ name, pause }) => `${name}${pause === null ? "" : describePause(pause, timezone)}`);
  const more = pausedCount > first.length ? ["…"] : [];
  return [["paused", `${pausedCount === 1 ? "1 entry" : `${pausedCount} entries`}: ${[...named, ...more].join("; ")}`]];
}

/** Each of the first few with its reason, then the number of the others. */
function describeFailing({ failing }: BeatStatus): readonly Fact[] {
  const lines = failing.slice(0, MOST_BROKEN).map(({ entry, message }) => ["failing", `${entry}: ${message}`] as const);
  const more = failing.length - lines.length;
  return more === 0 ? lines : [...lines, ["failing", `${more} more: --json names them`]];
}

function describePublisher(
  { leader, publisher, problems }: BeatStatus,
  timezone: string,
  now: number,
): readonly Fact[] {
  if (!leader) return [];
  const isStoreFailing = problems.some(({ kind }) => kind === "store");
  if (isStoreFailing && publisher?.state !== "failing") return [["publisher", "not known: the store fails"]];
  if (!publisher || publisher.since === null) return [["publisher", "not known: nothing was sent in this term yet"]];
  const since = sinceText(publisher.since, timezone, now);
  return [["publisher", `${publisher.name} ${publisher.state === "works" ? "works" : "takes no messages"}, ${since}`]];
}

function describeGivenUp(status: BeatStatus, timezone: string, now: number): readonly Fact[] {
  const { deadLetter, givenUp, givenUpOf } = status;
  const facts: Fact[] = [];
  if (deadLetter && deadLetter.since !== null) {
    const state = deadLetter.state === "works" ? "works" : "takes no messages";
    facts.push(["dead letter", `${deadLetter.name} ${state}, ${sinceText(deadLetter.since, timezone, now)}`]);
  }
  if (givenUp === 0) return facts;
  const first = givenUpOf.slice(0, MOST_PAUSED).join(", ");
  const names = givenUpOf.length > MOST_PAUSED ? `${first}, …` : first;
  const occurrences = givenUp === 1 ? "1 occurrence" : `${givenUp} occurrences`;
  return [...facts, ["given up", `${occurrences} that could not be sent: ${names} (see beatx history ENTRY)`]];
}

function describeRateCap({ rateCap }: BeatStatus, timezone: string, now: number): readonly Fact[] {
  if (!rateCap) return [];
  const { maxPerSecond, waiting, atLeast, since } = rateCap;
  const entries = waiting === 1 ? "1 due entry" : `${waiting}${atLeast ? " or more" : ""} due entries`;
  return [["rate cap", `maxPerSecond ${maxPerSecond} holds back ${entries}, ${sinceText(since, timezone, now)}`]];
}

function describeApps({ apps }: BeatStatus): readonly Fact[] {
  return apps.map(({ app, configVersion, entries }) => {
    const version = configVersion === null ? "" : `, version ${configVersion}`;
    return ["application", `${app}: ${entries === 1 ? "1 entry" : `${entries} entries`}${version}`];
  });
}

function sinceText(since: number, timezone: string, now: number): string {
  return `since ${formatTime(since, timezone)} (for ${formatSpan(Math.max(0, now - since))})`;
}

function describeProblems({ problems }: BeatStatus, timezone: string, now: number): readonly Fact[] {
  return problems.map(({ message, since }) => {
    return ["problem", since === null ? message : `${message} [${sinceText(since, timezone, now)}]`];
  });
}

type Fact = readonly [label: string, value: string];

function describeLeader({ leader }: BeatStatus, timezone: string, now: number): readonly Fact[] {
  if (!leader) {
    return [["leader", "none"]];
  }
  const { label, since, fence, expiresInMs } = leader;
  return [
    ["leader", `${label}, ${sinceText(since, timezone, now)}`],
    ["lease", `fence ${fence}, runs out in ${formatSpan(expiresInMs)} unless renewed`],
  ];
}
