/** Every key of a namespace (PROTOCOL, section 13), damaged in every way. */

import type { Redis } from "ioredis";

import { damagedText, pick } from "../../core/test/damage/damaged-text.js";
import type { Random, Way } from "../../store-conformance/test/damage/damage-store.js";
import { redisKeys, type RedisKeys } from "../src/keys.js";

const FOREIGN: readonly string[] = [
  "",
  " ",
  "0",
  "-1",
  "1.5",
  "1e300",
  "1e309",
  "nan",
  "99999999999999999999",
  "locked",
  "a:b",
  "token:",
  ":",
  "x.y",
  "\n",
  "\u0000",
  '{"a":1}',
  "x".repeat(100_000),
];

/** The entry whose records are damaged. */
const NAME = "damaged";

/** A damaged definition of a stored value, `revision` and line feed included. */
function damagedField(random: Random, stored: string): string {
  const at = stored.indexOf("\n");
  const [revision, definition] = [stored.slice(0, at), stored.slice(at + 1)];
  return pick(random, [
    () => `${revision}\n${damagedText(random, definition).text}`,
    () => `${pick(random, FOREIGN)}\n${definition}`,
    () => definition,
    () => revision,
    () => `${revision}\n`,
    () => pick(random, FOREIGN),
  ])();
}

export function redisWays(client: Redis, namespace: string): readonly Way[] {
  const keys = redisKeys(namespace);
  return [
    ...lockWays(client, keys),
    ...wordWays(client, keys),
    ...recordWays(client, keys),
    ...indexWays(client, keys),
    ...Object.entries(keys)
      .filter(([part]) => part !== "wake")
      .map(([part, key]) => otherType(client, part, key)),
  ];
}

function lockWays(client: Redis, { lock, leader }: RedisKeys): Way[] {
  const set = async (text: string): Promise<string> => `${text} in ${lock}: ${await client.set(lock, text)}`;
  return [
    { kind: "lock without a lifetime", damage: async () => `persisted: ${await client.persist(lock)}` },
    { kind: "lock that lives for a year", damage: async () => `expires: ${await client.pexpire(lock, 3e10)}` },
    { kind: "lock foreign", damage: (random) => set(pick(random, FOREIGN)) },
    { kind: "lock cut", damage: async (random) => set((await client.get(lock))!.slice(0, Math.floor(random() * 30))) },
    { kind: "lock deleted", damage: async () => `deleted: ${await client.del(lock)}` },
    { kind: "leader deleted", damage: async () => `deleted: ${await client.del(leader)}` },
    {
      kind: "leader field foreign",
      damage: async (random) => {
        const field = pick(random, ["fence", "since", "label", "until", "ttl"]);
        const text = pick(random, FOREIGN);
        await client.hset(leader, field, text);
        return `${field} ${text}`;
      },
    },
    {
      kind: "leader field missing",
      damage: async (random) => {
        const field = pick(random, ["fence", "since", "label", "until", "ttl"]);
        await client.hdel(leader, field);
        return field;
      },
    },
  ];
}

/** Keys that hold one word or number. */
function wordWays(client: Redis, { fence, server, revision, floor }: RedisKeys): Way[] {
  return Object.entries({ fence, server, revision, floor }).flatMap(([part, key]): Way[] => [
    {
      kind: `${part} foreign`,
      damage: async (random) => {
        const text = pick(random, FOREIGN);
        await client.set(key, text);
        return text;
      },
    },
    { kind: `${part} deleted`, damage: async () => `deleted: ${await client.del(key)}` },
  ]);
}

function recordWays(client: Redis, { definitions, cursors, revision }: RedisKeys): Way[] {
  const raise = async (): Promise<void> => {
    // As after a write, so that nodes read the definitions again.
    const [number, life] = (await client.get(revision))!.split(".");
    await client.set(revision, `${Number(number) + 1}.${life}`);
  };
  const define = async (name: string, text: string): Promise<string> => {
    await client.hset(definitions, name, text);
    await raise();
    return `${name}: ${text}`;
  };
  return [
    {
      kind: "definition damaged",
      damage: async (random) => define(NAME, damagedField(random, (await client.hget(definitions, NAME))!)),
    },
    {
      kind: "definition huge",
      damage: async () => define(NAME, `1\n${"x".repeat(3_000_000)}`),
    },
    {
      kind: "cluster record damaged",
      damage: async (random) => {
        const stored = (await client.hget(definitions, "@beatx/cluster"))!;
        const at = stored.indexOf("\n") + 1;
        return define("@beatx/cluster", stored.slice(0, at) + damagedText(random, stored.slice(at)).text);
      },
    },
    {
      kind: "foreign name in definitions",
      damage: (random) =>
        define(pick(random, ["foreign", "@beatx/run/foreign", "", "n".repeat(50_000)]), pick(random, FOREIGN)),
    },
    {
      kind: "cursor damaged",
      damage: async (random) => {
        const { text } = damagedText(random, (await client.hget(cursors, NAME))!);
        await client.hset(cursors, NAME, text);
        return text;
      },
    },
    {
      kind: "cursor huge",
      damage: async () => `set: ${await client.hset(cursors, NAME, "x".repeat(3_000_000))}`,
    },
    { kind: "cursor deleted", damage: async () => `deleted: ${await client.hdel(cursors, NAME)}` },
    {
      kind: "cursor of no entry",
      damage: async (random) => `set: ${await client.hset(cursors, "foreign", pick(random, FOREIGN))}`,
    },
    { kind: "definition deleted", damage: async () => `deleted: ${await client.hdel(definitions, NAME)}` },
    { kind: "cursors deleted", loses: true, damage: async () => `deleted: ${await client.del(cursors)}` },
    { kind: "definitions deleted", loses: true, damage: async () => `deleted: ${await client.del(definitions)}` },
  ];
}

function indexWays(client: Redis, { changes, removals, names }: RedisKeys): Way[] {
  return Object.entries({ changes, removals, names }).flatMap(([part, key]): Way[] => [
    {
      kind: `${part} with foreign members`,
      damage: async (random) => {
        const score = pick(random, ["inf", "-inf", "0", "1e300", "2000000000000"]);
        await client.zadd(key, score, pick(random, ["foreign", "", "x".repeat(50_000), NAME]));
        return score;
      },
    },
    { kind: `${part} deleted`, damage: async () => `deleted: ${await client.del(key)}` },
  ]);
}

function otherType(client: Redis, part: string, key: string): Way {
  return {
    kind: `${part} of another type`,
    loses: part === "definitions" || part === "cursors",
    wayOut: { names: key, act: () => client.del(key) },
    damage: async (random) => {
      const type = pick(random, ["list", "set", "stream"] as const);
      // In one step, because a running node may write the key again as soon as it is gone.
      const replace = client.multi().del(key);
      if (type === "list") replace.rpush(key, "foreign");
      else if (type === "set") replace.sadd(key, "foreign");
      else replace.xadd(key, "*", "foreign", "text");
      await replace.exec();
      return type;
    },
  };
}
