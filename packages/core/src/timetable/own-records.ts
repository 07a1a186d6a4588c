import type { StoredEntry } from "../contract/store.js";
import { type AppRecord, readAppRecord } from "../entry/app-record.js";
import { type ClusterRecord, NO_CLUSTER_RECORD, readClusterRecord, withoutText } from "../entry/cluster-record.js";
import { APP_PREFIX, CLUSTER_RECORD } from "../entry/definition.js";
import { HOLD_RECORD, NO_HOLD, readHold, type StoredHold } from "../entry/hold-record.js";
import { LEADERS_RECORD, NO_LEADERS, readLeaders, type StoredLeaders } from "../entry/leaders-record.js";
import { LEADER_REPORT, NO_LEADER_REPORT, readLeaderReport, type StoredReport } from "../entry/leader-report.js";

/**
 * The stored records that are about the whole schedule: the cluster record (R37), the leader's report (R44), those of the
 * applications (R47), the last leaders (R48) and a hold (R55).
 */
export class OwnRecords {
  #cluster: ClusterRecord = NO_CLUSTER_RECORD;
  #report: StoredReport = NO_LEADER_REPORT;
  #leaders: StoredLeaders = NO_LEADERS;
  #hold: StoredHold = NO_HOLD;
  readonly #apps = new Map<string, AppRecord>();

  get cluster(): ClusterRecord {
    return this.#cluster;
  }

  get report(): StoredReport {
    return this.#report;
  }

  /** By the names of the applications. */
  get apps(): ReadonlyMap<string, AppRecord> {
    return this.#apps;
  }

  get leaders(): StoredLeaders {
    return this.#leaders;
  }

  get hold(): StoredHold {
    return this.#hold;
  }

  /** Reads the record if it is one of these; answers whether it is. */
  apply(stored: StoredEntry): boolean {
    const { name } = stored;
    if (name === CLUSTER_RECORD) this.#applyCluster(stored);
    else if (name === LEADER_REPORT) this.#report = storedReport(stored);
    else if (name === LEADERS_RECORD) this.#leaders = storedLeaders(stored, this.#leaders);
    else if (name === HOLD_RECORD) this.#hold = storedHold(stored);
    else if (!name.startsWith(APP_PREFIX)) return false;
    else if (stored.definition === null) this.drop(name);
    else this.#apps.set(appOf(name), readAppRecord(stored, this.#apps.get(appOf(name))));
    return true;
  }

  /** The hold went with all other data of the store. Whoever writes the schedule back writes it, too (R33). */
  loseHold(): void {
    this.#hold = { ...this.#hold, revision: null };
  }

  /** The stored text under the name is gone. */
  drop(name: string): void {
    if (name === CLUSTER_RECORD) this.#cluster = withoutText(this.#cluster);
    if (name === LEADER_REPORT) this.#report = NO_LEADER_REPORT;
    if (name === HOLD_RECORD) this.#hold = NO_HOLD;
    if (name.startsWith(APP_PREFIX)) this.#apps.delete(appOf(name));
    // The next leader writes them back.
    if (name === LEADERS_RECORD) this.#leaders = { ...this.#leaders, revision: null, isStored: false };
  }

  /** It is written last: if a hold that was lost is not there then, others have begun without it. */
  #applyCluster(stored: StoredEntry): void {
    this.#cluster = readClusterRecord(stored, this.#cluster);
    if (stored.definition !== null && this.#hold.revision === null) this.#hold = NO_HOLD;
  }

  /** The names of the records that are stored. */
  names(): string[] {
    const names = Array.from(this.#apps.keys(), (app) => APP_PREFIX + app);
    if (this.#cluster.revision !== null) names.push(CLUSTER_RECORD);
    if (this.#report.revision !== null) names.push(LEADER_REPORT);
    if (this.#hold.revision !== null) names.push(HOLD_RECORD);
    if (this.#leaders.revision !== null) names.push(LEADERS_RECORD);
    return names;
  }
}

function storedHold({ revision, definition: text }: StoredEntry): StoredHold {
  return text === null ? NO_HOLD : { revision, hold: readHold(text), text };
}

function appOf(name: string): string {
  return name.slice(APP_PREFIX.length);
}

/** A text that is no report counts as none: the leader writes it anew. */
function storedReport({ revision, definition: text }: StoredEntry): StoredReport {
  return text === null ? NO_LEADER_REPORT : { revision, text, report: readLeaderReport(text) };
}

/** A text that cannot be read is written anew, with the terms that were known. */
function storedLeaders({ revision, definition: text }: StoredEntry, { terms }: StoredLeaders): StoredLeaders {
  if (text === null) return { revision: null, terms, isStored: false };
  const found = readLeaders(text);
  return { revision, terms: found ?? terms, isStored: found !== null };
}
