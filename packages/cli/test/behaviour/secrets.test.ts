import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { type BeatOptions, createBeat, createClient, type Logger } from "@beatx/core";
import { parseUri, type PublisherProvider, redactUri, type StoreProvider } from "@beatx/core/adapter";
import { storeProvider as lmdb } from "@beatx/store-lmdb";
import { storeProvider as redis } from "@beatx/store-redis";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type SecretUri, secretUris, shownPieces } from "../../../core/test/secret-uris.js";
import { publisherProvider as bullmq } from "../../../publisher-bullmq/src/index.js";
import { publisherProvider as celery } from "../../../publisher-celery/src/index.js";
import { storeProvider as dummy } from "../../../store-dummy/src/index.js";
import { storeProvider as memcached } from "../../../store-memcached/src/index.js";
import { storeProvider as memjs } from "../../../store-memjs/src/index.js";
import { runProgram } from "../../src/program.js";
import { fakeContext } from "../fake-context.js";

const stores: readonly StoreProvider[] = [redis, lmdb, memcached, memjs, dummy];
const publishers: readonly PublisherProvider[] = [celery, bullmq];
const storeSchemes = stores.flatMap((provider) => provider.schemes);
const publisherSchemes = publishers.flatMap((provider) => provider.schemes);
const schemes = [...storeSchemes, ...publisherSchemes];
const SEED = 12;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-secrets-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Whether opening it touches nothing but loopback, and no folder. */
function isHarmless(uri: string): boolean {
  try {
    const { hosts } = parseUri(uri);
    return hosts.length > 0 && hosts.every(({ host }) => host === "127.0.0.1");
  } catch {
    return true;
  }
}

/** All that a node shows while it opens the URI and, if that succeeds, during one tick without its server. */
async function whatABeatShows(options: Partial<BeatOptions>): Promise<unknown[]> {
  const shown: unknown[] = [];
  const log = (fields: object, message: string): void => void shown.push(fields, message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const timing = { commandTimeoutMs: 200, publishTimeoutMs: 200, lockTtlMs: 2000 };
  const given: BeatOptions = {
    store: "dummy:",
    publisher: async () => {},
    from: folder,
    logger,
    ...timing,
    ...options,
  };
  try {
    const beat = createBeat({ ...given, stores, publishers });
    beat.on("standby", (told) => shown.push(told)).on("error", (told) => shown.push(told));
    shown.push(beat);
    await beat.tick().catch((error: unknown) => shown.push(error));
    shown.push(inspect(beat, { depth: Infinity, showHidden: true }));
    await beat.stop();
  } catch (error) {
    shown.push(error);
  }
  return shown;
}

async function whatAClientShows(uri: string): Promise<unknown[]> {
  const shown: unknown[] = [];
  try {
    const client = createClient({ store: uri, stores, from: folder, commandTimeoutMs: 200 });
    await client.status().catch((error: unknown) => shown.push(error));
    shown.push(client);
    await client.close().catch((error: unknown) => shown.push(error));
  } catch (error) {
    shown.push(error);
  }
  return shown;
}

async function whatAProviderShows(uri: string): Promise<unknown[]> {
  const shown: unknown[] = [];
  for (const provider of [...stores, ...publishers]) {
    try {
      const opened = await provider.open(uri);
      shown.push(opened);
      await opened.close();
    } catch (error) {
      shown.push(error);
    }
  }
  return shown;
}

function leaksIn(each: SecretUri, shown: readonly unknown[]): string[] {
  return shown.flatMap((value) =>
    shownPieces(each, value).map((piece) => `${each.uri}: ${piece} in ${inspect(value).slice(0, 400)}`),
  );
}

it("the search finds a piece of a password wherever an error or an object holds it", () => {
  const planted: SecretUri = { uri: "redis://:zqone/zqtwo@h", pieces: ["zqone", "zqtwo"] };
  const cause = Object.assign(new Error("refused"), { command: { args: ["AUTH", "zqOne"] } });
  expect(shownPieces(planted, new Error("no", { cause: new Error("nor", { cause }) }))).toEqual(["zqone"]);
  expect(shownPieces(planted, { deep: { er: { still: { on: ["a zqtwo b"] } } } })).toEqual(["zqtwo"]);
  expect(shownPieces(planted, "redis://***@h")).toEqual([]);
});

it("no part of a password in a malformed URI is shown by any provider, by an error or its causes", async () => {
  const leaks: string[] = [];
  for (const each of secretUris(SEED, 6000, schemes)) {
    leaks.push(...leaksIn(each, [redactUri(each.uri)]));
    if (isHarmless(each.uri)) leaks.push(...leaksIn(each, await whatAProviderShows(each.uri)));
  }
  expect(leaks).toEqual([]);
});

it("no part of it is shown by a node, its log, its events or a client", async () => {
  const leaks: string[] = [];
  let opened = 0;
  for (const each of secretUris(SEED + 1, 2000, schemes)) {
    if (!isHarmless(each.uri)) continue;
    let isReadable = true;
    try {
      parseUri(each.uri);
    } catch {
      isReadable = false;
    }
    // One that can be read is tried on a port where nothing listens, which takes a while.
    if (isReadable && ++opened > 40) continue;
    const asStore = await whatABeatShows({ store: each.uri });
    const asPublisher = await whatABeatShows({ publisher: each.uri });
    leaks.push(...leaksIn(each, [...asStore, ...asPublisher, ...(await whatAClientShows(each.uri))]));
  }
  expect(leaks).toEqual([]);
});

it("no part of it is shown by the command, whether it comes from an option or a file", async () => {
  const leaks: string[] = [];
  const run = async (each: SecretUri, ...args: readonly string[]): Promise<void> => {
    const context = fakeContext(folder);
    await runProgram(args, context);
    leaks.push(...leaksIn(each, [context.printed.stdout, context.printed.stderr]));
  };
  for (const each of secretUris(SEED + 2, 400, schemes)) {
    const { uri } = each;
    for (const option of ["--store", "--publisher"]) {
      await run(each, "start", option, uri);
      await run(each, "start", `${option}=${uri}`);
      await run(each, "start", `${option.slice(0, -2)}=${uri}`);
    }
    await run(each, "status", "--json", "--store", uri);
    await run(each, uri);
    await run(each, "next", "--count", uri, "ping");
    for (const [name, text] of configFiles(uri)) {
      const file = join(folder, name);
      await writeFile(file, text);
      await run(each, "start", "--config", file);
      await run(each, "list", "--config", file);
      await rm(file);
    }
  }
  expect(leaks).toEqual([]);
});

/** A URI that could be read, where something else is expected. */
it.each([
  "redis://user:zqone@127.0.0.1:6379/0",
  "REDISS://:zqone zqtwo@127.0.0.1",
  "redis-sentinel://user:zqone\"zqtwo'@127.0.0.1:1,127.0.0.1:2/main/0?password=zqone",
  "celery+amqp://user:zq%zzone/zqtwo@[::1]:1//",
  "127.0.0.1:6379,password=zqone,ssl=True",
  "user:zqone@127.0.0.1",
])("no part of the password is shown if %s is given for another option, field or file", async (uri) => {
  const secret: SecretUri = { uri, pieces: ["zqone", "zqtwo"] };
  const shown: unknown[] = [];
  for (const option of ["namespace", "timezone", "app", "from", "delivery", "lockTtlMs", "handlers", uri]) {
    shown.push(...(await whatABeatShows({ [option]: uri })));
  }
  await writeFile(join(folder, "field.config.json"), JSON.stringify({ [uri]: 1, schedule: { ping: { [uri]: uri } } }));
  await writeFile(
    join(folder, "code.config.mjs"),
    `throw new Error("cannot reach " + ${JSON.stringify(uri)} + " now")`,
  );
  for (const args of [
    ...["--config", "--namespace", "--app", "--timezone", "--lock-ttl-ms"].map((option) => [option, uri]),
    ...["field.config.json", "code.config.mjs"].map((file) => ["--config", file]),
  ]) {
    const context = fakeContext(folder);
    expect(await runProgram(["start", ...args], context)).toBe(2);
    shown.push(context.printed.stdout, context.printed.stderr);
  }
  expect(leaksIn(secret, shown)).toEqual([]);
});

/** Configuration files with the URI, right and broken. */
function configFiles(uri: string): (readonly [name: string, text: string])[] {
  const config = { store: uri, publisher: uri };
  const text = JSON.stringify(config, null, 2);
  return [
    ["beat.config.json", text],
    ["broken.config.json", text.replace(/"$/m, "").replace(/",\n/, "\n")],
    ["array.config.json", JSON.stringify({ store: [uri], publisher: { uri }, storeOptions: uri, stores: [uri] })],
    ["beat.config.yaml", `store: ${uri}\npublisher: ${uri}\n`],
    ["alias.config.yaml", `store: ${uri}\nschedule:\n  ping: { task: a, schedule: */5 * * * * }\n`],
    ["broken.config.yaml", `store: "${uri}\n  - ${uri}: {\n`],
    ["anchor.config.yaml", `store: *${uri}\npublisher: !${uri}\n`],
  ];
}
