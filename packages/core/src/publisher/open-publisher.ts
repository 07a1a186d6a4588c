import type { Clock } from "../base/clock.js";
import type { Publisher, PublisherOptions, PublisherProvider, PublishFunction } from "../contract/publisher.js";
import { PUBLISHER_CONTRACT } from "../contract/publisher.js";
import { findProvider } from "../discovery/find-provider.js";
import type { Opened } from "../discovery/opened.js";
import { checkContract, defined } from "../discovery/opened.js";
import { functionPublisher } from "./function-publisher.js";
import type { Handlers, RunReport } from "./handler-runs.js";
import { handlersPublisher } from "./handlers-publisher.js";

/** The options that choose a publisher, or the functions that run instead. */
export interface PublisherChoice {
  /**
   * Sends due occurrences: a URI (`celery+redis://…`), a `Publisher`, or a function that is called once per message.
   */
  readonly publisher?: string | Publisher | PublishFunction;
  /** Instead of a publisher: functions by task name, which this process runs while it leads. */
  readonly handlers?: Handlers;
  /** More options for a publisher that is given as a URI. */
  readonly publisherOptions?: PublisherOptions;
  /** Providers that come before installed packages. */
  readonly publishers?: readonly PublisherProvider[];
  /**
   * Folder, file or file URL from which packages are looked up first; then the entry script and the working directory.
   */
  readonly from?: string;
  /** Deadline of one publish, in ms. Default 5000, or less if `lockTtlMs` is too short for that. */
  readonly publishTimeoutMs?: number;
}

/**
 * Opens the publisher, or takes the one that the application passed, or creates one that runs the handlers.
 * @throws ConfigError, or BeatxError `UNKNOWN_SCHEME`.
 */
export async function openPublisher(
  options: PublisherChoice,
  clock: Clock,
  onReport: (report: RunReport) => void,
): Promise<Opened<Publisher>> {
  const { publisher, handlers = {} } = options;
  if (publisher === undefined) return closing(handlersPublisher({ handlers, clock, onReport }));
  if (typeof publisher === "function") return closing(functionPublisher(publisher));
  if (typeof publisher === "string") return closing(await openByUri(publisher, options));
  return { value: checkContract("publisher", publisher, PUBLISHER_CONTRACT), close: () => Promise.resolve() };
}

async function openByUri(uri: string, options: PublisherChoice): Promise<Publisher> {
  const { publishers: given = [], from, publishTimeoutMs } = options;
  const provider = await findProvider({ kind: "publisher", uri, given, from });
  const opened = await provider.open(uri, { ...defined({ publishTimeoutMs }), ...options.publisherOptions });
  return checkContract("publisher", opened, PUBLISHER_CONTRACT);
}

function closing(value: Publisher): Opened<Publisher> {
  return { value, close: () => value.close() };
}
