import { changeCases } from "./change-cases.js";
import type { ConformanceCase } from "./conformance-case.js";
import { contentionCases } from "./contention-cases.js";
import { cursorCases } from "./cursor-cases.js";
import { expiryCases } from "./expiry-cases.js";
import { fenceNumberCases } from "./fence-number-cases.js";
import { historyCases } from "./history-cases.js";
import { staleWriteCases } from "./stale-write-cases.js";
import { leaderCases } from "./leader-cases.js";
import { leaseCases } from "./lease-cases.js";
import { lifecycleCases } from "./lifecycle-cases.js";
import { memoryCases } from "./memory-cases.js";
import { nameCases } from "./name-cases.js";
import { outboxCases } from "./outbox-cases.js";
import { pageCases } from "./page-cases.js";
import { revisionCases } from "./revision-cases.js";
import { scheduleCases } from "./schedule-cases.js";
import { textCases } from "./text-cases.js";
import { watchCases } from "./watch-cases.js";

/** The whole store contract as data, for runners that `describeStore` does not fit. `runCase` runs one. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...lifecycleCases,
  ...leaseCases,
  ...leaderCases,
  ...fenceNumberCases,
  ...expiryCases,
  ...contentionCases,
  ...scheduleCases,
  ...nameCases,
  ...pageCases,
  ...revisionCases,
  ...changeCases,
  ...cursorCases,
  ...staleWriteCases,
  ...outboxCases,
  ...historyCases,
  ...textCases,
  ...watchCases,
  ...memoryCases,
];
