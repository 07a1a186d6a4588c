import type { StoredEntry } from "../contract/store.js";
import { type ClusterRecord, NO_CLUSTER_RECORD, readClusterRecord, withoutText } from "../entry/cluster-record.js";
import { CLUSTER_RECORD } from "../entry/definition.js";
import { LEADER_REPORT, NO_LEADER_REPORT, readLeaderReport, type StoredReport } from "../entry/leader-report.js";

/** The stored records that are about the whole schedule: the cluster record (R37) and the leader's report (R44). */
export class OwnRecords {
  #cluster: ClusterRecord = NO_CLUSTER_RECORD;
  #report: StoredReport = NO_LEADER_REPORT;

  get cluster(): ClusterRecord {
    return this.#cluster;
  }

  get report(): StoredReport {
    return this.#report;
  }

  /** Reads the record if it is one of these; answers whether it is. */
  apply(stored: StoredEntry): boolean {
    if (stored.name === CLUSTER_RECORD) this.#cluster = readClusterRecord(stored, this.#cluster);
    else if (stored.name === LEADER_REPORT) this.#report = storedReport(stored);
    else return false;
    return true;
  }

  /** The stored text under the name is gone. */
  drop(name: string): void {
    if (name === CLUSTER_RECORD) this.#cluster = withoutText(this.#cluster);
    if (name === LEADER_REPORT) this.#report = NO_LEADER_REPORT;
  }

  /** The names of the records that are stored. */
  names(): string[] {
    const names = [];
    if (this.#cluster.revision !== null) names.push(CLUSTER_RECORD);
    if (this.#report.revision !== null) names.push(LEADER_REPORT);
    return names;
  }
}

/** A text that is no report counts as none: the leader writes it anew. */
function storedReport({ revision, definition: text }: StoredEntry): StoredReport {
  return text === null ? NO_LEADER_REPORT : { revision, text, report: readLeaderReport(text) };
}
