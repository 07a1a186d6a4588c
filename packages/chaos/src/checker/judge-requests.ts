import { type Deadline, deadline, EDIT_MS, losesData, PROMPT_MS, recoveryMs } from "./effects.js";
import type { Finding } from "./finding.js";
import { type Case, explainCopies, explainUncertain } from "./judge-occurrence.js";
import type { Arrival, Request } from "./record.js";

/** Judges every answered request: each has to arrive once, unless something allows otherwise. */
export function judgeRequests(given: Case, arrivals: ReadonlyMap<string, readonly Arrival[]>): Finding[] {
  return given.record.requests.flatMap((request) => {
    if (request.id === null || request.answeredAt > given.record.to) return [];
    return judgeRequest(given, request, arrivals.get(request.id) ?? []);
  });
}

function judgeRequest(given: Case, request: Request, arrivals: readonly Arrival[]): Finding[] {
  const { entry, sentAt: instant, answeredAt } = request;
  const due = deadline(given.windows, answeredAt, PROMPT_MS + EDIT_MS);
  const because = due.causes.join(", ");
  if (arrivals.length === 0) {
    const explanation = explainUnsent(given, request, due);
    return [{ deviation: "missed", entry, instant, explanation, detail: "the requested run did not arrive" }];
  }
  const times = arrivals.map(({ arrivedAt }) => arrivedAt);
  const findings: Finding[] = [];
  if (arrivals.length > 1) {
    const explanation = explainCopies(given, instant, Math.max(...times));
    findings.push({ deviation: "repeated", entry, instant, explanation, detail: "a requested run arrived twice" });
  }
  const late = Math.min(...times) - due.at;
  if (late > 0) {
    const detail = `a requested run, ${Math.round(late)} ms beyond its bound (${because || "no fault"})`;
    findings.push({ deviation: "late", entry, instant, explanation: null, detail });
  }
  return findings;
}

function explainUnsent(given: Case, request: Request, { at: dueAt, causes }: Deadline): string | null {
  const { versions, faults, timing } = given.record;
  const removal = versions.find(({ entry, everyMs, from }) => {
    return entry === request.entry && everyMs === null && from >= request.sentAt && from <= dueAt;
  });
  if (removal) return `R31: ${removal.because} before it had to be out`;
  const lost = faults.find((fault) => {
    const anyLoss = losesData(fault, "store") || losesData(fault, "queue");
    return anyLoss && fault.to >= request.sentAt - recoveryMs(timing) && fault.from <= dueAt;
  });
  if (lost) return `R33: ${lost.kind}`;
  return explainUncertain(given, causes, ({ id }) => id === request.id);
}
