import { BeatxError, type EntryView, type JsonValue, type Upcoming } from "@beatx/core";
import type { Command } from "commander";
import { addStoreFlags, type Flags } from "../configuration/flags.js";
import { readStoreSettings } from "../configuration/settings.js";
import { withEntry } from "../configuration/with-entry.js";
import { describeState, toJsonEntry, zoneOf } from "../entry/entry-text.js";
import type { CommandContext } from "../output/command-context.js";
import { formatAgo, formatSecond, formatTime, formatUntil, isoTime } from "../output/format-time.js";
import { formatFacts } from "../output/table.js";

const HELP = `
Examples:
  $ beatx show daily-report
  $ beatx show daily-report --json | jq -r .revision`;

/** Runs that are shown. */
const NEXT_RUNS = 5;

type Fact = readonly [label: string, value: string];

export function addShowCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("show")
    .description("show all that is stored of one entry, and its next runs")
    .argument("<entry>", "name of the entry");
  addStoreFlags(command)
    .addHelpText("after", HELP)
    .action((name: string, flags: Flags) => showEntry(name, flags, context));
}

async function showEntry(name: string, flags: Flags, context: CommandContext): Promise<void> {
  const settings = await readStoreSettings(flags, context);
  const { view, next } = await withEntry(settings, name, async (client) => {
    const found = await client.get(name);
    if (found === null) throw new BeatxError("NOT_FOUND", `there is no entry ${JSON.stringify(name)}`);
    return { view: found, next: await client.next(name, NEXT_RUNS) };
  });
  const text = flags.json ? toJson(view, next) : toText(view, next, settings.timezone, context.clock.now());
  context.stdout.write(text);
}

function toJson(view: EntryView, next: readonly Upcoming[]): string {
  const runs = next.map(({ scheduledAt, runAt }) => ({ scheduledAt: isoTime(scheduledAt), runAt: isoTime(runAt) }));
  return `${JSON.stringify({ ...toJsonEntry(view), next: runs }, null, 2)}\n`;
}

function toText(view: EntryView, next: readonly Upcoming[], timezone: string, now: number): string {
  const zone = zoneOf(view, timezone);
  const { task, schedule: _schedule, tags: _tags, ...others } = view.entry;
  return formatFacts([
    ["entry", view.name],
    ["task", describeField("task", task, zone)],
    ["schedule", view.schedule],
    ...(view.tags.length === 0 ? [] : [["tags", view.tags.join(", ")] as const]),
    ...Object.entries(others).map(([field, value]): Fact => [field, describeField(field, value, zone)]),
    ["state", describeState(view, timezone)],
    ...describePaused(view, zone, now),
    ["source", describeSource(view)],
    ...(view.configured === null ? [] : [["configured", JSON.stringify(view.configured)] as const]),
    ["revision", view.revision],
    ["runs", describeCounts(view)],
    ["last run", view.lastSentAt === null ? "never" : withDistance(view.lastSentAt, zone, now)],
    ...describeNext(next, zone, now),
  ]);
}

/** A field of the definition: moments as such, texts as they are, everything else as JSON. */
function describeField(field: string, value: JsonValue | undefined, zone: string): string {
  if ((field === "startAt" || field === "endAt") && typeof value === "number") return formatTime(value, zone);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function describePaused({ pause }: EntryView, zone: string, now: number): readonly Fact[] {
  if (pause === null) return [];
  const by = pause.by === null ? "" : `, by ${pause.by}`;
  return [["paused", `${withDistance(pause.at, zone, now)}${by}`]];
}

function describeSource({ source, overridden }: EntryView): string {
  if (source === "api") return "created through a client";
  return overridden ? 'the configuration, edited through a client ("beatx reset" undoes it)' : "the configuration";
}

function describeCounts({ runs, requestedRuns, skipped, givenUp, uncertain }: EntryView): string {
  const byHand = requestedRuns === 0 ? "" : `, ${requestedRuns} by hand`;
  const maybe = uncertain === 0 ? "" : `, ${uncertain} uncertain`;
  const lost = givenUp === 0 ? "" : ` (${givenUp} of them given up)`;
  return `${runs} sent${byHand}, ${skipped} skipped${lost}${maybe}`;
}

function describeNext(next: readonly Upcoming[], zone: string, now: number): readonly Fact[] {
  if (next.length === 0) return [["next run", "never"]];
  return next.map(({ runAt }, index) => {
    return [index === 0 ? "next run" : "", `${formatTime(runAt, zone)} (${formatUntil(runAt, now)})`];
  });
}

function withDistance(at: number, zone: string, now: number): string {
  return `${formatSecond(at, zone)} (${formatAgo(at, now)})`;
}
