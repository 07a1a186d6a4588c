// @ts-check
/** The schedule of all three nodes. They share one configuration, like three copies of one application. */

import { crontab, interval } from "@beatx/core";

/** With `missed: "all"`, every occurrence that was due while no node led is sent afterwards. */
const missed = /** @type {const} */ ("all");

export const schedule = {
  heartbeat: { task: "ops.heartbeat", schedule: interval("1s"), missed },
  "sync-stock": { task: "shop.sync_stock", schedule: interval("2s"), missed },
  "send-mail": { task: "mail.send", schedule: interval("3s"), missed },
  "minute-report": { task: "reports.minute", schedule: crontab("* * * * *"), missed },
};

/** The others wait at most this long for a dead leader. The default is 15 s; it is short here for a quick demo. */
export const LOCK_TTL_MS = 3_000;
