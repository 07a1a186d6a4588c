/** What must hold in every scenario, as lists of the problems found. */

import { BeatxError } from "../../src/base/errors.js";
import { CLUSTER_RECORD } from "../../src/entry/definition.js";
import { RESERVED_PREFIX } from "../../src/entry/entry.js";
import { checkEntryName } from "../../src/entry/read-entry.js";
import { planSchedule } from "../../src/simulation/planned-schedule.js";
import { type Damage, START } from "./damage.js";
import { CONFIGURATION, type DamagedCluster, HEALTHY, type Sent } from "./damaged-cluster.js";

/** The longest text for people. It may show the name of an entry, of 512 characters, several times. */
const LONGEST_MESSAGE = 3_000;

/** Healthy entries lose no run and get no copy. `mayRepeat`: a copy with the same id is allowed. */
export function checkHealthy(
  cluster: DamagedCluster,
  mayRepeat: boolean,
): { expected: number; sent: number; problems: string[] } {
  const problems: string[] = [];
  const now = cluster.clock.now();
  let expected = 1;
  for (const [name, periodMs] of Object.entries(HEALTHY)) {
    const due: number[] = [];
    for (let at = START + periodMs - (START % periodMs); at <= now; at += periodMs) due.push(at);
    expected += due.length;
    const sent = cluster.sent.filter(({ entry }) => entry === name);
    problems.push(...difference(name, due, mayRepeat ? withoutCopies(sent) : sent));
  }
  const requested = withoutCopies(cluster.sent.filter(({ entry }) => entry === "rare")).length;
  if (requested !== 1) problems.push(`the requested run was sent ${requested} times`);
  const sent = cluster.sent.filter(({ entry }) => entry === "rare" || Object.hasOwn(HEALTHY, entry)).length;
  return { expected, sent, problems };
}

function withoutCopies(sent: readonly Sent[]): Sent[] {
  return [...new Map(sent.map((message) => [message.id, message])).values()];
}

function difference(name: string, due: readonly number[], sent: readonly Sent[]): string[] {
  const counts = new Map<number, number>();
  for (const { scheduledAt } of sent) counts.set(scheduledAt, (counts.get(scheduledAt) ?? 0) + 1);
  const lost = due.filter((at) => !counts.has(at));
  const copies = [...counts].filter(([, count]) => count > 1).map(([at]) => at);
  const wrong = [...counts.keys()].filter((at) => !due.includes(at));
  return [
    ...(lost.length > 0 ? [`${name}: ${lost.length} of ${due.length} runs lost: ${seconds(lost)}`] : []),
    ...(copies.length > 0 ? [`${name}: ${copies.length} runs sent twice: ${seconds(copies)}`] : []),
    ...(wrong.length > 0 ? [`${name}: ${wrong.length} runs sent that were not due: ${seconds(wrong)}`] : []),
  ];
}

function seconds(moments: readonly number[]): string {
  const shown = moments.slice(0, 5).map((at) => (at - START) / 1_000);
  return `at second ${shown.join(", ")}${moments.length > 5 ? ", …" : ""}`;
}

/** `terms`: that may have begun. */
export function checkTerms(cluster: DamagedCluster, terms: number): string[] {
  return cluster.terms > terms ? [`${cluster.terms} terms began: expected at most ${terms}`] : [];
}

/** The log, the events and the commands to the store are bounded. */
export function checkNoise(cluster: DamagedCluster, damages: number): string[] {
  const { lines, errors, commands } = cluster;
  const problems: string[] = [];
  const long = [...lines, ...errors.map(({ message }) => message)].filter(({ length }) => length > LONGEST_MESSAGE);
  if (long.length > 0)
    problems.push(`${long.length} messages are too long: ${long[0]!.length} characters: ${short(long[0]!)}`);
  const mostLines = 10 + 3 * damages;
  if (lines.length > mostLines) problems.push(`${lines.length} lines were logged: ${short(lines.at(-1)!)}`);
  if (errors.length > mostLines)
    problems.push(`${errors.length} errors were emitted: ${short(errors.at(-1)!.message)}`);
  if (cluster.clock.isExhausted) problems.push("a busy loop: far too many timers were set");
  const perSecond = commands / ((cluster.clock.now() - START) / 1_000);
  if (perSecond > 20) problems.push(`the nodes sent ${Math.round(perSecond)} commands a second`);
  return problems;
}

/** A node that stands by because a newer version has led says so. */
export function checkSaysUpgrade({ lines }: DamagedCluster): string[] {
  return lines.some((line) => line.includes("upgrade this node")) ? [] : ["no line says that the node is too old"];
}

/** Records that a client does not show as entries. */
const UNSEEN: readonly Damage["record"][] = ["requested run", "cluster record", "leader report"];

/** The client reads everything, and shows each damaged record as an entry, as broken or as removed. */
export async function checkClient(
  cluster: DamagedCluster,
  damages: readonly Damage[],
): Promise<{ broken: string[]; problems: string[] }> {
  const { client } = cluster;
  const problems: string[] = [];
  const call = async <T>(what: string, promise: Promise<T>): Promise<T | undefined> => {
    const ended = await cluster.ended(promise);
    if (ended === undefined) problems.push(`${what} did not end`);
    else if (ended.error) problems.push(`${what} failed: ${short(String(ended.error))}`);
    return ended?.value;
  };
  const status = await call("status", client.status());
  const list = await call("list", client.list());
  await call("next", client.next("second"));
  if (!status || !list) return { broken: [], problems };
  if (!status.leader) problems.push("no node leads");
  const plan = planSchedule({ schedule: CONFIGURATION }, { ...status, entries: list }, cluster.clock.now());
  if (!plan.entries.has("second")) problems.push("the planned schedule lacks an entry");
  const broken = status.broken.map(({ name }) => name);
  const long = status.broken.find(({ message }) => message.length > LONGEST_MESSAGE);
  if (long) problems.push(`status shows a message of ${long.message.length} characters: ${short(long.message)}`);
  const shown = new Set([...broken, ...list.map(({ name }) => name), ...status.removed.map(({ name }) => name)]);
  for (const { name, record } of damages) {
    const get = await cluster.ended(client.get(name));
    const isRight = get !== undefined && BeatxError.hasCode(get.error, "BAD_ENTRY") === broken.includes(name);
    if (!isRight) problems.push(`get ${short(name)} ended with ${short(String(get?.error ?? "an answer"))}`);
    if (UNSEEN.includes(record) || shown.has(name)) continue;
    if (await cluster.stored(name)) problems.push(`${short(name)} is stored, and the client does not show it`);
  }
  return { broken, problems };
}

/** Each broken entry is repaired with a client: it runs again, or it is gone. */
export async function checkRepair(cluster: DamagedCluster, broken: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const name of broken) if (name !== CLUSTER_RECORD) problems.push(...(await repair(cluster, name)));
  const before = cluster.sent.length;
  await cluster.clock.advance(3_000);
  const sent = new Set(cluster.sent.slice(before).map(({ entry }) => entry));
  const silent = broken.filter((name) => isUsable(name) && !sent.has(name));
  if (silent.length > 0) problems.push(`repaired, but not sent: ${silent.map(short).join(", ")}`);
  const status = await cluster.ended(cluster.client.status());
  const still = status?.value?.broken.map(({ name }) => short(name)) ?? ["unknown"];
  if (still.length > 0) problems.push(`still broken after the repair: ${still.join(", ")}`);
  return problems;
}

async function repair(cluster: DamagedCluster, name: string): Promise<string[]> {
  const { client } = cluster;
  const call: Promise<unknown> = isUsable(name) ? client.put(name, { task: "t", schedule: "1s" }) : client.remove(name);
  const ended = await cluster.ended(call);
  if (ended === undefined) return [`the repair of ${short(name)} did not end`];
  return ended.error ? [`the repair of ${short(name)} failed: ${short(String(ended.error))}`] : [];
}

function isUsable(name: string): boolean {
  try {
    checkEntryName(name);
    return !name.startsWith(RESERVED_PREFIX);
  } catch {
    return false;
  }
}

export function short(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
