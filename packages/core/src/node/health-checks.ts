/** Asks the publisher of a leader again and again whether its broker takes messages, beside the loop (R44). */

import { type Clock, sleep } from "../base/clock.js";
import { callInTime } from "../base/deadline.js";
import { PublishError } from "../base/errors.js";
import type { Publisher } from "../contract/publisher.js";
import type { Delivery } from "../dispatch/delivery.js";
import type { DeliveryHealth } from "../report/delivery-health.js";
import { textOf } from "../report/entry-log.js";
import type { Peer } from "../report/outage-log.js";
import type { Reporter } from "../report/reporter.js";

/**
 * The pause between two checks; and while the publisher fails, or before core knows who writes the messages, in ms: what
 * changes then shows soon.
 */
const CHECK_EVERY_MS = 10_000;
const CHECK_AGAIN_MS = 2_000;

export interface HealthCheckContext {
  readonly publisher: Publisher;
  readonly delivery: Pick<Delivery, "isOneStep" | "isProbed">;
  readonly health: DeliveryHealth;
  readonly reporter: Pick<Reporter, "works" | "failed" | "publisherWarnings">;
  /** Whose health it is. */
  readonly peer: Extract<Peer, "publisher" | "dead letter">;
  readonly clock: Clock;
  /** Cluster time, epoch ms. */
  readonly now: () => number;
  /** Deadline of one check, in ms. */
  readonly timeoutMs: number;
}

/** Checks at once and then every few seconds, one check at a time, until the term has `ended`. Never rejects. */
export async function checkHealthUntil(ended: AbortSignal, context: HealthCheckContext): Promise<void> {
  if (!context.publisher.checkHealth) return;
  while (!ended.aborted) {
    const { publisher, health, delivery, clock } = context;
    const isAskedTooEarly = publisher.outbox !== undefined && !delivery.isProbed;
    await checkOnce(ended, context);
    await sleep(clock, health.isFailing || isAskedTooEarly ? CHECK_AGAIN_MS : CHECK_EVERY_MS, ended);
  }
}

/** Resolves when the publisher has answered. A check without an answer counts as failed when its deadline has passed. */
async function checkOnce(ended: AbortSignal, context: HealthCheckContext): Promise<void> {
  const { clock, timeoutMs } = context;
  let answer: Promise<readonly string[]> | undefined;
  const work = (signal: AbortSignal): Promise<readonly string[]> => (answer = ask(context, signal));
  try {
    const warnings = await callInTime(clock, timeoutMs, work, () => tooSlow(context), ended);
    if (!ended.aborted) passed(context, warnings);
  } catch (error) {
    if (!ended.aborted) failed(context, error);
  }
  // The next check waits for the end of this one, however long that takes.
  await answer?.catch(() => undefined);
}

/** A publisher in plain JavaScript may throw, and may answer anything. */
async function ask({ publisher, delivery }: HealthCheckContext, signal: AbortSignal): Promise<readonly string[]> {
  const isOneStep = delivery.isProbed ? delivery.isOneStep : undefined;
  const answer: unknown = await publisher.checkHealth!({ signal, isOneStep });
  return Array.isArray(answer) ? answer.map(textOf) : [];
}

function passed({ health, reporter, peer, now }: HealthCheckContext, warnings: readonly string[]): void {
  health.checkPassed(warnings, now());
  reporter.publisherWarnings(warnings);
  if (!health.isFailing) reporter.works(peer);
}

function failed({ health, reporter, peer, now }: HealthCheckContext, error: unknown): void {
  if (health.checkFailed(error, now())) reporter.failed(peer, error);
}

function tooSlow({ publisher, timeoutMs }: HealthCheckContext): PublishError {
  const what = `${publisher.name} did not say within ${timeoutMs} ms whether its broker takes messages`;
  return new PublishError(`${what}: see whether the broker is up and reachable`);
}
