import { fillFigures, RECORDERS } from "./fill-figures.mjs";
import { figureTables, table, wordsOf } from "./figure-tables.mjs";
import { legendOf } from "./legends.mjs";

const BEGINNING = `<!-- Written by "npm run write-reliability" from the files in docs/reliability. Do not edit it by hand. -->

# Reliability

What README promises, what supports each promise, and the command with which you can repeat it. Every figure here was written by
that command; \`--seed\` with the seed that a run prints repeats its faults. Words and rules (R1, I1, …) are those of
[the protocol](PROTOCOL.md).`;

const TITLES = {
  simulation: "The simulated cluster",
  "planted-bugs": "Planted bugs",
  chaos: "Real processes and servers",
  "take-over": "Take-over and recovery",
  soak: "A long quiet run",
};

const ABOUT = {
  simulation:
    "Whole clusters of the real core on a virtual clock, with faults at every step; the stores and queues are models.",
  "planted-bugs":
    "Each row is a mistake that is put into a copy of the code. The simulation has to find it within the stated number of seeds; so it is known to find mistakes of this kind.",
  chaos:
    "Processes of the built packages on servers that are killed, paused, cut off and restarted. A checker judges every occurrence from the messages that arrived.",
  "take-over": "How long it takes until another node leads or messages flow again, beside the promised bound.",
  soak: "Whether memory, handles, keys and listeners grow. One is flat unless it rises faster than its limit by three standard errors.",
};

/**
 * The text of docs/reliability.md.
 *
 * @param {{ promises: readonly object[], notCovered: readonly string[], known?: object }} data the contents of promises.json
 * @param {Readonly<Record<string, object>>} figures by file name; those that were not recorded are missing
 * @returns {string} @throws Error if a sentence names a figure that its file lacks
 */
export function renderPage({ promises, notCovered, known = {} }, figures) {
  return [
    BEGINNING,
    "## Promises",
    table(
      ["README says", "supported by", "repeat it with", "limit"],
      promises.map((promise) => rowOf(promise, figures)),
    ),
    "## What is not covered",
    notCovered.map((each) => `- ${each}`).join("\n"),
    ...Object.keys(RECORDERS).map((name) => sectionOf(name, figures[name], known)),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

function rowOf({ sentences, support, limit }, figures) {
  const quoted = sentences.map((sentence) => `“${sentence.replaceAll("|", "\\|")}”`).join(" ");
  const shown = support.map((each) => supportOf(each, figures));
  const commands = [...new Set(shown.map(({ command }) => `\`${command}\``))];
  return [quoted, shown.map(({ text }) => text).join("<br>"), commands.join("<br>"), limit ?? ""];
}

/** @returns {{ text: string, command: string }} */
function supportOf({ figures: name, tests, says, command }, figures) {
  if (name === undefined) return { text: `${says} (${tests.map(nameOfTest).join(", ")})`, command };
  const recorded = figures[name];
  if (recorded === undefined) return { text: `no figures of ${name} are recorded yet`, command: RECORDERS[name] };
  return { text: fillFigures(says, recorded, name), command: recorded.command };
}

function nameOfTest(path) {
  return `[${path.replace(/^packages\//, "").replace(/\/(src|test)\//, "/")}](../${path})`;
}

/** `known`: by file and path of a figure that should be 0, why it is not. */
function sectionOf(name, recorded, known) {
  const title = `## ${TITLES[name]}`;
  if (recorded === undefined)
    return `${title}\n\n${ABOUT[name]}\n\nNot recorded yet: \`${RECORDERS[name]}\` writes it.`;
  const { command, recordedOn, node, cpus } = recorded;
  const origin = `Recorded on ${recordedOn} with Node.js ${node} on ${cpus} processors: \`${command}\``;
  const notes = Object.entries(known).filter(([key]) => key.startsWith(`${name} `));
  const shown = notes.map(
    ([key, why]) => `**Not as promised** (${wordsOf(key.split(/[ .:]/).at(-1))}): ${fillFigures(why, recorded, name)}`,
  );
  const parts = [title, ABOUT[name], origin, ...shown, legendOf(name, recorded), figureTables(recorded)];
  return parts.filter((part) => part !== "").join("\n\n");
}
