import { show } from "./fill-figures.mjs";
import { table } from "./figure-tables.mjs";

/** What the words in the column `Breaks` promise. Rules and invariants (R1, I1) are those of the protocol. */
const BREAKS = {
  "edit lost": "an acknowledged edit is stored, unless the store lost data",
  "lease overlap": "no node begins to lead while another one trusts its lease",
  liveness: "after a quiet time exactly one node leads, and everything due has been settled",
  phantom: "every message is of an instant that a stored version of its entry names",
  punctuality: "in a quiet time every message comes within the promised bound after its instant",
  "run lost": "an acknowledged request of a run is sent",
};

/** What each column of the table of pairs counts. */
const CHAOS_COLUMNS = {
  Class:
    "what the queue promises: T the store writes the message in the step that moves the cursor, D the queue refuses repeats, P it takes everything",
  "Undisturbed minutes": "minutes in which no fault, recovery or stall of the machine excuses anything",
  Due: "occurrences that were certainly owed",
  Sent: "messages that arrived",
  Late: "later than 0.5 s after their instant, but within the bound of a take-over (I4)",
  Missed: "owed, and did not arrive. Each is explained below",
  Repeated: "arrived more than once, with one id. Each is explained below",
  Early: "arrived before their instant. Each is explained below",
  Violations: "deviations that no rule and fault explain",
};

/** Why a deviation that the rule explains breaks no promise. */
const RULES = {
  R15: "the entry was edited, paused, removed or restored before the message had to be out, and owes nothing for the time before",
  R16: "the entry's policy for missed runs: what a fault kept waiting is coalesced or skipped, and counted",
  R17: "on this store the clock of a node decides, and it was ahead",
  R24: "at-least-once delivery: the queue took the message, and a fault kept its answer or the saving of the cursor",
  R25: "at-most-once delivery: the confirmation was lost, and the occurrence was reported as uncertain",
  R28: "a client requested the run and got no answer",
  R31: "the entry was removed, and its requested runs with it",
  R32: "the store lost its newest writes or all of them, so what it had forgotten was sent again",
  R33: "the store lost its data, and the instants in the gap are not sent",
};

/** What has to be known to read the tables of a file, as Markdown; empty: nothing. @throws Error for a value without a meaning */
export function legendOf(name, figures) {
  if (name === "planted-bugs") return breaksLegend(figures);
  return name === "chaos" ? chaosLegend(figures) : "";
}

function breaksLegend({ bugs }) {
  const words = [...new Set(bugs.map(({ breaks }) => breaks))].filter((each) => each !== null && !isRule(each)).sort();
  const rows = words.map((word) => [word, meaningOf(word, BREAKS)]);
  const rules = [["R1, I1, …", "the rule or invariant of that number in [the protocol](PROTOCOL.md)"]];
  return `**The promises that \`Breaks\` names**\n\n${table(["Breaks", "what is promised"], [...rules, ...rows])}`;
}

function chaosLegend({ explained = [] }) {
  const columns = table(["column", "what it counts"], Object.entries(CHAOS_COLUMNS));
  return `**The columns of the table of pairs**\n\n${columns}\n\n${byRule(explained)}`;
}

/** The deviations added up for each rule that explains them. */
function byRule(explained) {
  const deviations = [...new Set(explained.map(({ deviation }) => deviation))];
  const rules = [...new Set(explained.map(({ explanation }) => explanation.split(":")[0]))].sort();
  const count = (rule, deviation) =>
    explained
      .filter((each) => each.deviation === deviation && each.explanation.startsWith(`${rule}:`))
      .reduce((total, { occurrences }) => total + occurrences, 0);
  const rows = rules.map((rule) => [
    rule,
    meaningOf(rule, RULES),
    ...deviations.map((each) => show(count(rule, each))),
  ]);
  return `**Reasons by rule**\n\n${table(["Rule", "why no promise is broken", ...deviations], rows)}`;
}

function isRule(text) {
  return /^[RI]\d+$/.test(text);
}

function meaningOf(word, meanings) {
  if (Object.hasOwn(meanings, word)) return meanings[word];
  throw new Error(`scripts/reliability/legends.mjs does not say what "${word}" means, which the figures name`);
}
