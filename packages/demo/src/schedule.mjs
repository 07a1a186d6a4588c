// @ts-check
/** What the three nodes run: each of them has the same configuration, as three copies of one application would. */

import { crontab, interval } from "@beatx/core";

/** `missed: "all"`: what was due while nobody led is sent afterwards, each occurrence of it. */
const missed = /** @type {const} */ ("all");

export const schedule = {
  heartbeat: { task: "ops.heartbeat", schedule: interval("1s"), missed },
  "sync-stock": { task: "shop.sync_stock", schedule: interval("2s"), missed },
  "send-mail": { task: "mail.send", schedule: interval("3s"), missed },
  "minute-report": { task: "reports.minute", schedule: crontab("* * * * *"), missed },
};

/** How long a dead leader keeps the others waiting. 15 s by default; short here, so that the show is quick. */
export const LOCK_TTL_MS = 3_000;
