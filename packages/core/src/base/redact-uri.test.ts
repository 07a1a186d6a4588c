import { describe, expect, it } from "vitest";

import { redactText, redactUri } from "./redact-uri.js";

describe("a redacted URI", () => {
  it.each([
    ["redis://u:p@h/0", "redis://***@h/0"],
    ["redis://:p@h", "redis://***@h"],
    ["redis://u:p@ss@h", "redis://***@h"],
    ["redis://u@h", "redis://***@h"],
    ["redis-sentinel://:p@a:1,[::1]:2/main/0", "redis-sentinel://***@a:1,[::1]:2/***"],
    ["celery+amqp://u:p@h//", "celery+amqp://***@h//"],
    ["redis://h/0?password=p&db=1", "redis://h/0?***"],
    ["redis+unix://:p@/run/redis.sock?db=1", "redis+unix://***@/run/redis.sock?***"],
    ["lmdb:./x", "lmdb:./x"],
    ["lmdb:C:\\data", "lmdb:C:\\data"],
    ["lmdb:///var/lib/beat", "lmdb:///var/lib/beat"],
    ["paper://shelf/1", "paper://shelf/1"],
  ])("of %s is %s", (uri, redacted) => {
    expect(redactUri(uri)).toBe(redacted);
  });

  it.each([
    ["redis:/:s3cret@127.0.0.1:6379/0", "redis:***"],
    ["redis//:s3cret@127.0.0.1", "***"],
    ["redis:user:s3cret@127.0.0.1", "redis:***"],
    ["user:s3cret@127.0.0.1", "***"],
    ["s3cret:@127.0.0.1", "***"],
    [" redis://:s3cret@h", "***"],
    ["redis://:s3cret", "redis://***"],
    ["redis://user:1234/s3cret@h", "redis://***"],
    ["redis://user:1234?s3cret@h", "redis://***"],
    ["redis://user:1234#s3cret@h", "redis://***"],
    ["redis://u:p@h/s3cret", "redis://***@h/***"],
    ["lmdb:user:s3cret@h", "lmdb:***"],
  ])("of the malformed %s is %s", (uri, redacted) => {
    expect(redactUri(uri)).toBe(redacted);
  });
});

describe("a redacted text", () => {
  it.each([
    ["unknown command 'redis://u:s3cret@h/0'", "unknown command 'redis://***@h/0'"],
    ["unknown option '--stroe=redis://:s3cret@h'", "unknown option '--stroe=redis://***@h'"],
    ["no host user:s3cret@h", "no host ***@h"],
    ["no server at redis://u:s3c ret@h/0 today", "no server at redis://***@h/0 today"],
    ["no server at redis://u:s3c\"r'et@h/0 today", "no server at redis://***@h/0 today"],
    ["redis://u:s3c ret@a and amqp://u:s3cret@b", "redis://***@a and amqp://***@b"],
    ["x=u:s3cret@redis://:s3cret@h", "***@redis://***@h"],
    ["cache:6379,password=s3cret,ssl=True", "cache:6379,password=***,ssl=True"],
    ["see https://example.org/a", "see https://example.org/***"],
    ["@every 5m and 12:30", "@every 5m and 12:30"],
  ])("turns %s into %s", (text, redacted) => {
    expect(redactText(text)).toBe(redacted);
  });

  it("may be long: the time grows with its length", () => {
    const [word, colons] = ["a".repeat(500_000), "a:".repeat(250_000)];
    expect(redactText(`${word} ${colons} ${word}://h`)).toBe(`${word} ${colons} ${word}://h`);
  });
});
