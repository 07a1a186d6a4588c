/** Set-ups whose configuration or schedule is wrong, while every server works. */

import { type BeatOptions, createBeat, createClient, silentLogger, systemClock } from "@beatx/core";
import { storeProvider } from "@beatx/store-redis";
import { waitFor } from "@beatx/test-servers";
import { EXIT } from "../../src/output/exit-codes.js";
import { type BrokenSetUp, EVERY_SECOND } from "./observe.js";
import { servers, store } from "./servers.js";

const DAY_MS = 86_400_000;

/** Lets another node lead once, to send `entries`, and stop. */
async function ledBefore(options: Partial<BeatOptions>): Promise<void> {
  let published = 0;
  const beat = createBeat({
    publisher: () => Promise.resolve(),
    from: import.meta.url,
    logger: silentLogger,
    lockTtlMs: 4_000,
    schedule: { job: EVERY_SECOND },
    ...options,
  } as BeatOptions);
  beat.on("published", () => (published += 1));
  await beat.start();
  await waitFor("a message", () => published > 0);
  await beat.stop();
}

/** Writes the text of a definition, as another program would. */
async function define(namespace: string, name: string, definition: string): Promise<void> {
  const opened = await storeProvider.open(store(), { namespace });
  try {
    await opened.setSchedule([{ name, definition, expectedRevision: null }]);
  } finally {
    await opened.close();
  }
}

function entryWith(schedule: object, fields: object = {}): string {
  const entry = { task: "t", ...fields, schedule };
  return JSON.stringify({ format: 1, kind: "entry", source: "api", effectiveFrom: Date.now(), entry });
}

const NO_LEADER = { status: /^problem .*no node leads.*beatx start/m, exitCode: EXIT.unhealthy };

/** A node that cannot start says why on stderr; the status says that none leads. */
function refusedStart(
  words: RegExp,
  set: () => { readonly handlers?: string; readonly publisher?: string; readonly schedule?: object },
  answer: Pick<BrokenSetUp, "status" | "exitCode"> = NO_LEADER,
): BrokenSetUp {
  const prepare: BrokenSetUp["prepare"] = () => {
    const { handlers, ...config } = set();
    const prepared = { config: { store: store(), ...config } };
    return Promise.resolve(handlers === undefined ? prepared : { ...prepared, handlers });
  };
  return { prepare, log: words, ...answer };
}

export const BROKEN_SCHEDULES: Readonly<Record<string, BrokenSetUp>> = {
  "entries are ahead of the clock": {
    prepare: async (namespace) => {
      const place = { store: servers().memcached.uri, namespace };
      await ledBefore({ ...place, clock: { ...systemClock, now: () => Date.now() + DAY_MS } });
      return { config: { ...place, publisher: `celery+${store()}` } };
    },
    log: /ahead of the clock.*beatx reset --ahead/,
    status: /^problem .*ahead of the clock.*beatx reset --ahead/m,
    exitCode: EXIT.unhealthy,
  },
  "the schedule belongs to another application": {
    prepare: async (namespace) => {
      await ledBefore({ store: store(), namespace, app: "mail" });
      return { config: { store: store(), publisher: `celery+${store()}` } };
    },
    log: /standing by: .*(mail|another application|foreign)/,
    status: /^problem .*mail/m,
    exitCode: EXIT.unhealthy,
  },
  "another application has another publisher": {
    prepare: async (namespace) => {
      await ledBefore({ store: store(), namespace, app: "mail" });
      return { config: { store: store(), publisher: `celery+${store()}`, app: "shop" } };
    },
    log: /cannot send the entries of the application "mail": that application sends through function/,
    status: /^problem .*no node leads.*its log says why/m,
    exitCode: EXIT.unhealthy,
  },
  "the publisher's package is missing": refusedStart(/no publisher answers to "nope:"/, () => ({
    publisher: "nope://h",
  })),
  "the publisher is a broker's URI": refusedStart(/beatx: .*"redis:"/, () => ({ publisher: store() })),
  "no publisher is configured": refusedStart(/no publisher is configured/, () => ({})),
  "the cursor of an entry is broken": {
    prepare: async (namespace) => {
      const client = createClient({ store: store(), namespace, from: import.meta.url });
      await client.put("torn", EVERY_SECOND);
      await client.close();
      await servers().redis.cli("HSET", `{${namespace}}:state`, "torn", "{");
      return { config: { store: store(), publisher: `celery+${store()}` } };
    },
    log: /stored cursor of "torn" cannot be read: .*reset/,
    status: /^problem .*"torn" is broken and is not sent: .*reset/m,
    exitCode: EXIT.unhealthy,
  },
  "the definition of an entry is broken": {
    prepare: async (namespace) => {
      await define(namespace, "torn", "{");
      return { config: { store: store(), publisher: `celery+${store()}` } };
    },
    log: /"torn" cannot be read/,
    status: /^problem .*"torn" is broken and is not sent: .*client\.put/m,
    exitCode: EXIT.unhealthy,
  },
  "the package of a schedule type is missing": {
    prepare: async (namespace) => {
      await define(namespace, "moon", entryWith({ type: "lunar", phase: "full" }));
      return { config: { store: store(), publisher: `celery+${store()}` } };
    },
    log: /"moon" is broken: .*"lunar"/,
    status: /^problem .*"moon" is broken and is not sent: .*"lunar"/m,
    exitCode: EXIT.unhealthy,
  },
  "one entry has a wrong option": {
    prepare: async (namespace) => {
      await define(namespace, "odd", entryWith({ type: "interval", everyMs: 1_000 }, { options: { nope: 1 } }));
      return { config: { store: store(), publisher: `celery+${store()}` } };
    },
    log: /odd.*nope/,
    status: /^problem +1 entry cannot be sent, while others are: "odd": .*nope/m,
    exitCode: EXIT.unhealthy,
  },
  "the configuration has a mistake": refusedStart(
    /schedule\.one\.schedule is undefined: expected crontab/,
    () => ({ publisher: `celery+${store()}`, schedule: { one: { task: "t" } } }),
    { status: /schedule\.one\.schedule is undefined: expected crontab/, exitCode: EXIT.unhealthy },
  ),
  "a task of the configuration has no handler": refusedStart(
    /schedule\.lost\.task is "nope", for which handlers has no function \(it has t\)/,
    () => ({ handlers: "{ t() {} }", schedule: { lost: { task: "nope", schedule: "1s" } } }),
    {
      status: /schedule\.lost\.task is "nope", for which handlers has no function \(it has t\)/,
      exitCode: EXIT.unhealthy,
    },
  ),
  "the task of a stored entry has no handler": {
    prepare: async (namespace) => {
      await define(namespace, "lost", entryWith({ type: "interval", everyMs: 1_000 }, { task: "nope" }));
      return { config: { store: store() }, handlers: "{ t() {} }" };
    },
    log: /lost: there is no handler for the task "nope": add one/,
    status:
      /^problem +1 entry cannot be sent, while others are: "lost": there is no handler for the task "nope": add one/m,
    exitCode: EXIT.unhealthy,
  },
};
