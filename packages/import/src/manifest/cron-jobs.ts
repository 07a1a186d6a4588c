/** The CronJobs in manifests of Kubernetes. */

import { ConfigError } from "@beatx/core";
import { isMap, LineCounter, parseAllDocuments } from "yaml";

import { placeOf, type SourceText } from "../base/read-source.js";

type Fields = Readonly<Record<string, unknown>>;

/** A CronJob, read with as much trust as a text deserves. */
export interface CronJob {
  readonly name: string;
  readonly namespace: string;
  /** Line of the document that has it. */
  readonly place: string;
  readonly spec: Fields;
  readonly metadata: Fields;
  readonly status: Fields;
}

/** Reads YAML with several documents, lists, and JSON. Other kinds are left out. @throws ConfigError that names the line */
export function readCronJobs(file: SourceText): CronJob[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(file.text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const jobs: CronJob[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error) {
      const { line } = lines.linePos(error.pos[0]);
      throw new ConfigError(`${placeOf(file, line)}: this is no YAML: ${error.message.split("\n")[0]!}`, {
        field: "source",
      });
    }
    const start = isMap(document.contents) ? (document.contents.range?.[0] ?? 0) : 0;
    collect(document.toJS() as unknown, placeOf(file, lines.linePos(start).line), jobs);
  }
  return jobs;
}

function collect(value: unknown, place: string, jobs: CronJob[]): void {
  const object = fieldsOf(value);
  const items = object["items"];
  if (Array.isArray(items) && String(object["kind"]).endsWith("List")) {
    // A list of one kind may leave it out of its items.
    const kind = String(object["kind"]).replace(/List$/, "");
    for (const item of items) collect({ ...(kind === "" ? {} : { kind }), ...fieldsOf(item) }, place, jobs);
  } else if (object["kind"] === "CronJob") {
    const metadata = fieldsOf(object["metadata"]);
    const { name, namespace, generateName } = metadata;
    jobs.push({
      name: typeof name === "string" ? name : typeof generateName === "string" ? generateName : "cronjob",
      namespace: typeof namespace === "string" ? namespace : "default",
      place,
      spec: fieldsOf(object["spec"]),
      metadata,
      status: fieldsOf(object["status"]),
    });
  }
}

/** An object's fields; none of anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
