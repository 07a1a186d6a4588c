import { showNumber, showSpread, showVerdict } from "../figures/text-table.js";
import type { RowFigures, TargetFigures, WorkFigures } from "../figures/work-figures.js";
import type { Work } from "../works/work.js";
import { renderChart } from "./render-chart.js";

/** Why a target is missed, by `<work>: <target>`. */
export type Misses = Readonly<Record<string, string>>;

/** The command that records what is not recorded yet. */
const RECORD = "npm run bench -- --full --record";

const BEGINNING = `<!-- Written by "npm run bench -- --record" from the files in docs/performance. Do not edit it by hand. -->

# Performance

What beatx costs, beside a limit that was measured in the same run and beside other schedulers. No figure here is written by hand.

- **Rounds.** The cells of a piece of work run in turn, A B C A B C, each in a process of its own. A ratio is made within a round,
  so that a slow moment of the machine meets both; the tables show the median and, in brackets, the smallest and largest round.
- **Speed** is better if it is higher; everything else if it is lower. "× raw" compares with the limit in the first row.
- **Limits** are the least that any program has to do for the same work with the same client library. Some do less than a scheduler has to.
- **CPU** is that of the client process, per message or entry, all its threads included. On a busy machine trust counts of commands
  first, then ratios of CPU, then ratios of time.
- All processes run on one machine, so the network costs nothing. Who waits for more round trips per message loses more on a real one.
- Peers are measured as they come from npm and PyPI, on the same Redis. agenda runs on its Redis backend, since this repository
  starts no other database that it could use.`;

/**
 * The text of docs/performance.md.
 *
 * @param figures by work; those that were not recorded are missing
 */
export function renderPage(works: readonly Work[], figures: ReadonlyMap<string, WorkFigures>, misses: Misses): string {
  const recorded = works.flatMap(({ name }) => figures.get(name) ?? []);
  const sections = works.map((work) => sectionOf(work, figures.get(work.name), misses));
  return [BEGINNING, "## Targets", targetTable(recorded, misses), ...sections, ""].join("\n\n").replace(/\n+$/, "\n");
}

function targetTable(recorded: readonly WorkFigures[], misses: Misses): string {
  if (recorded.length === 0) return `Nothing is recorded yet: \`${RECORD}\` does it.`;
  const rows = recorded.flatMap(({ work, title, targets }) =>
    targets.map((target) => [title, target.says, showSpread(target.found), verdictOf(work, target, misses)]),
  );
  return markdownTable(["work", "target", "found", ""], rows);
}

/** The verdict, and the reason of a miss. */
function verdictOf(work: string, target: TargetFigures, misses: Misses): string {
  const reason = misses[`${work}: ${target.says}`];
  if (target.isMet === true) return "met";
  return `**${showVerdict(target)}**${reason === undefined ? "" : `: ${reason}`}`;
}

function sectionOf({ name, title, about }: Work, recorded: WorkFigures | undefined, misses: Misses): string {
  if (recorded === undefined) {
    return `## ${title}\n\n${about}\n\nNot recorded yet: \`npm run bench -- --full --only ${name} --record\` writes it.`;
  }
  const chart =
    renderChart(recorded) === null ? [] : [`![${recorded.title}: ${recorded.columns[0]!}](performance/${name}.svg)`];
  const missed = recorded.targets.filter(({ isMet }) => isMet !== true);
  const verdicts = missed.map(
    (target) => `- ${target.says}: ${verdictOf(name, target, misses)} (${showSpread(target.found)})`,
  );
  return [
    `## ${recorded.title}`,
    recorded.about,
    originOf(recorded),
    ...chart,
    figureTable(recorded),
    ...commandsOf(recorded),
    ...problemsOf(recorded),
    ...(verdicts.length === 0 ? ["All targets are met."] : [verdicts.join("\n")]),
  ].join("\n\n");
}

function originOf({ recordedOn, node, cpus, load, command }: WorkFigures): string {
  const busy = load > cpus ? `, which were busy (load ${showNumber(load)})` : "";
  return `Recorded on ${recordedOn} with Node.js ${node} on ${cpus} processors${busy}: \`${command}\``;
}

function figureTable({ columns, rows }: WorkFigures): string {
  const shown = rows.map((row) => [
    row.kind === "beatx" ? `**${row.title}**` : row.title,
    String(row.rounds),
    ...row.figures.map(showSpread),
  ]);
  return markdownTable(["", "rounds", ...columns], shown);
}

function commandsOf({ rows }: WorkFigures): string[] {
  const counted = rows.filter(({ commands }) => Object.keys(commands).length > 0);
  if (counted.length === 0) return [];
  return [`Commands of Redis for each message: ${counted.map(commandText).join("; ")}.`];
}

function commandText({ title, commands }: RowFigures): string {
  const all = Object.values(commands).reduce((sum, calls) => sum + calls, 0);
  const parts = Object.entries(commands).map(([name, calls]) => `${name} ${showNumber(calls)}`);
  return `${title} ${showNumber(all)} (${parts.join(", ")})`;
}

function problemsOf({ rows }: WorkFigures): string[] {
  const failed = rows.filter(({ problem }) => problem !== undefined);
  return failed.length === 0
    ? []
    : [failed.map(({ title, problem }) => `- ${title} failed: ${oneLine(problem!)}`).join("\n")];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 300);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
