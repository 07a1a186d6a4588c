import { describe, expect, it } from "vitest";

import { refuseUnknownQuery } from "./uri-query.js";
import { parseUri } from "./uri.js";

const refuse = (uri: string, known: readonly string[]): void => refuseUnknownQuery(uri, parseUri(uri), known);

describe("an unknown option in a URI", () => {
  it.each([
    ["redis://h?db=1", /unknown option "db".*redis:\/\/host:6379\/1/],
    ["redis://h?ssl_cert_reqs=none", /unknown option "ssl_cert_reqs".*`tls` in storeOptions.*rejectUnauthorized/],
    ["redis://h?password=s3cret", /unknown option "password".*before the host/],
    ["redis://h?socket_timeout=3", /unknown option "socket_timeout".*commandTimeoutMs/],
    ["redis://h?visibility_timeout=3", /unknown option "visibility_timeout".*leave it out/],
    ["redis://h?quue=a", /option 1 of the query is unknown.*\(known: queue\): did you mean "queue"\?/],
    ["redis+unix:///run/redis.sock?database=1", /unknown option "database".*\(known: db\): write "db"/, ["db"]],
    ["celery+redis://h?key_prefix=a", /"key_prefix".*: write "global_keyprefix"/, ["global_keyprefix"]],
    ["bullmq+redis://h?keyPrefix=a", /"keyPrefix".*: write "prefix"/, ["prefix"]],
    ["celery+amqp://h?prefix=a", /"prefix".*: leave it out/],
    ["redis://h?prefix=a", /"prefix".*: the prefix of the store's keys is the option `namespace`/],
    ["memcached://h?db=1", /"db".*: leave it out/],
    ["memcached://h?ca=a", /"ca".*: leave it out/],
    ["lmdb:./folder?password=s3cret", /"password".*: leave it out/],
  ] as [string, RegExp, string[]?][])("is refused with what to write instead: %s", (uri, reason, known = ["queue"]) => {
    expect(() => refuse(uri, known)).toThrow(reason);
  });

  it("may be a piece of a password, so its name is shown only if it is well known", () => {
    for (const uri of ["redis://h?s3cret", "redis://h?s3cret=1", "redis://h?queue=1&s3cret=s3cret"]) {
      expect(() => refuse(uri, ["queue"])).toThrow(/option [12] of the query is unknown .*known: queue/);
      expect(() => refuse(uri, ["queue"])).not.toThrow("s3cret");
    }
  });
});
