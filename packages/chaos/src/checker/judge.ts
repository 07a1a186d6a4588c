import { deadline, disturbances, EARLY_MS, EDIT_MS, PROMPT_MS } from "./effects.js";
import type { Finding } from "./finding.js";
import { type Case, judgeOccurrence, type Occurrence } from "./judge-occurrence.js";
import { judgeRequests } from "./judge-requests.js";
import type { Arrival, Request, RunRecord } from "./record.js";
import { byEntry, instantsBetween, type Span, spansOf } from "./versions.js";

/** The verdict on a run. */
export interface Verdict {
  /** Occurrences that were certainly owed, requested runs not counted. */
  readonly due: number;
  /** Messages that arrived. */
  readonly sent: number;
  /** What the protocol allows, with the fault that allows it. */
  readonly explained: readonly Finding[];
  /** What nothing allows. */
  readonly violations: readonly Finding[];
}

/** Judges each (entry, instant) of a run, each requested run, and each edit. Pure. */
export function judge(record: RunRecord): Verdict {
  const given: Case = { record, windows: disturbances(record) };
  const requested = new Set(record.requests.flatMap(({ id }) => (id === null ? [] : [id])));
  const [ofRequests, ofRules] = partition(record.arrivals, ({ id }) => requested.has(id));
  const spans = new Map([...byEntry(record.versions)].map(([entry, versions]) => [entry, spansOf(versions)]));
  const arrivals = byEntry(ofRules);
  const findings: Finding[] = [];
  let due = 0;
  for (const entry of new Set([...spans.keys(), ...arrivals.keys()])) {
    const judged = judgeEntry(given, entry, spans.get(entry) ?? [], arrivals.get(entry) ?? []);
    due += judged.due;
    findings.push(...judged.findings);
  }
  findings.push(
    ...judgeRequests(
      given,
      groupBy(ofRequests, ({ id }) => id),
    ),
  );
  findings.push(...judgeRest(record));
  const [explained, violations] = partition(findings, ({ explanation }) => explanation !== null);
  return { due, sent: record.arrivals.length, explained, violations };
}

/** Nothing allows an acknowledged edit to go, or a node to end by itself. */
function judgeRest({ lostEdits, crashes }: RunRecord): Finding[] {
  const edits = lostEdits.map(({ entry, seenAt: instant, expected, found }): Finding => {
    const detail = `${expected} was acknowledged, ${found} is stored`;
    return { deviation: "edit lost", entry, instant, explanation: null, detail };
  });
  const ends = crashes.map(({ node, at: instant, how }): Finding => {
    return { deviation: "crash", entry: `node ${node}`, instant, explanation: null, detail: how };
  });
  return [...edits, ...ends];
}

function judgeEntry(
  given: Case,
  entry: string,
  spans: readonly Span[],
  arrivals: readonly Arrival[],
): { due: number; findings: Finding[] } {
  const { record } = given;
  const owed = owedInstants(record, spans);
  const arrived = groupBy(arrivals, ({ instant }) => instant);
  const newest = Math.max(-Infinity, ...arrived.keys());
  const findings: Finding[] = [];
  for (const instant of new Set([...owed.keys(), ...arrived.keys()])) {
    if (instant <= record.from || instant > record.to) continue;
    const messages = arrived.get(instant) ?? [];
    const span = owed.get(instant);
    const before = (moment: number): number => {
      const first = arrivals.filter((each) => each.instant < instant && each.arrivedAt >= instant);
      return first.filter(({ arrivedAt }) => arrivedAt <= moment).length;
    };
    const occurrence: Occurrence = { entry, instant, arrivals: messages, span, hasLater: newest > instant, before };
    const phantom = span ? undefined : judgePhantom(given, occurrence, spans);
    findings.push(...(phantom ? [phantom] : judgeOccurrence(given, occurrence)));
  }
  return { due: owed.size, findings };
}

/** Instants that a version certainly owes. One that comes with the change itself may belong to either side of it. */
function owedInstants({ from, to }: RunRecord, spans: readonly Span[]): Map<number, Span> {
  const owed = new Map<number, Span>();
  for (const span of spans) {
    const { everyMs } = span.version;
    if (everyMs === null || span.certainFrom === Infinity) continue;
    const begin = Math.max(from, span.certainFrom + EARLY_MS);
    const end = Math.min(to, span.certainTo - EARLY_MS);
    for (const instant of instantsBetween(everyMs, begin, end)) owed.set(instant, span);
  }
  return owed;
}

/** A message for an instant that no version of its entry may name is one that nobody asked for. */
function judgePhantom(
  given: Case,
  { entry, instant, arrivals }: Occurrence,
  spans: readonly Span[],
): Finding | undefined {
  const named = spans.filter(({ version: { everyMs } }) => everyMs !== null && instant % everyMs === 0);
  // An old version counts until the leader has read the new one, and no longer than that.
  const { commandTimeoutMs } = given.record.timing;
  const possible = named.some(({ possibleFrom, possibleTo }) => {
    const until =
      possibleTo === Infinity ? Infinity : deadline(given.windows, possibleTo, EDIT_MS + commandTimeoutMs).at;
    return instant >= possibleFrom - EARLY_MS && instant <= until;
  });
  if (possible) return undefined;
  const request = matchingRequest(given.record.requests, entry, instant);
  const explanation = request ? "R28: a request whose client got no answer" : null;
  const detail = `no rule named it (${arrivals.length} messages, id ${arrivals[0]!.id})`;
  return { deviation: "phantom", entry, instant, explanation, detail };
}

/** The message of a requested run carries the moment of the request. */
function matchingRequest(requests: readonly Request[], entry: string, instant: number): Request | undefined {
  return requests.find((request) => {
    const within = instant >= request.sentAt - PROMPT_MS && instant <= request.answeredAt + PROMPT_MS;
    return request.entry === entry && request.id === null && within;
  });
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter((item) => test(item)), items.filter((item) => !test(item))];
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
