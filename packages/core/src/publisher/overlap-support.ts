import { ConfigError } from "../base/errors.js";
import type { Publisher } from "../contract/publisher.js";

/** The error of an entry whose runs must not overlap, at a publisher that cannot tell (R52). `field`: the path of its field. */
export function overlapUnsupported(field: string, { name }: Pick<Publisher, "name">): ConfigError {
  const why = `the publisher ${name} cannot tell whether an earlier run has ended, so the entry does not run`;
  const wayOut =
    "leave overlap out, or use handlers or a publisher that can: celery+redis, bullmq+redis, celery+amqp with the option overlapRedis";
  return new ConfigError(`${field} is { policy: "skip" }, but ${why}: ${wayOut}`, { field });
}
