import { checkTls } from "@beatx/core/adapter";
import type { RedisOptions } from "ioredis";

/** Parts of a connection that stand in no URI. */
export interface RedisSecrets {
  /** Certificates and the like, as Node's `tls.connect` takes them; for the sentinels too. No effect without TLS. */
  readonly tls?: NonNullable<RedisOptions["tls"]> | undefined;
  /** Credentials of the sentinels themselves. No effect without sentinels. */
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
}

/** Adds to the options of a URI the secrets that concern it. @throws ConfigError for `tls` with paths of files. */
export function addSecrets(redis: RedisOptions, secrets: RedisSecrets): RedisOptions {
  const { tls, sentinelUsername, sentinelPassword } = secrets;
  checkTls(tls);
  const isSecure = redis.tls !== undefined && tls !== undefined;
  if (redis.sentinels === undefined) return isSecure ? { ...redis, tls } : redis;
  return {
    ...redis,
    ...(isSecure ? { tls, sentinelTLS: tls } : {}),
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
  };
}
