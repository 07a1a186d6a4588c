import { startMemcached, startScripted } from "@beatx/test-servers";
import type { MemcachedServer } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clients } from "./clients.js";
import { memjsStore } from "../src/index.js";
import { create, readAll, rejectionOf } from "./helpers.js";

const USERNAME = "beatx";
const PASSWORD = "p@ss:w/o%rd#";

describe("a server that requires a user and a password", () => {
  let server: MemcachedServer;
  beforeAll(async () => {
    server = await startMemcached({ sasl: { username: USERNAME, password: PASSWORD } });
  });
  afterAll(() => server.stop());

  function uriOf(password: string): string {
    return `memjs://${USERNAME}:${encodeURIComponent(password)}@127.0.0.1:${server.port}`;
  }

  it("accepts them with any special characters", async () => {
    const store = memjsStore({ uri: uriOf(PASSWORD), commandTimeoutMs: 60_000 });
    await create(store, ["one"]);
    expect((await readAll(store)).size).toBe(1);
    await store.close();
  });

  it("reports a wrong password without showing it", async () => {
    const store = memjsStore({ uri: uriOf("a wrong secret"), commandTimeoutMs: 60_000 });
    const error = await rejectionOf(store.getRevision());
    expect(error.message).toMatch(/does not accept the user or password/);
    expect(error.message).not.toContain("secret");
    await store.close();
  });

  it("rejects in time without them, through either client", async () => {
    for (const client of clients) {
      const store = client.open(server, { commandTimeoutMs: 500 });
      for (let call = 0; call < 2; call += 1) {
        expect((await rejectionOf(store.getRevision())).name, client.name).toBe("StoreError");
      }
      await store.close();
    }
  });

  it("takes no credentials from the environment", async () => {
    process.env["MEMCACHIER_USERNAME"] = USERNAME;
    process.env["MEMCACHIER_PASSWORD"] = PASSWORD;
    const store = memjsStore({ uri: `memjs://127.0.0.1:${server.port}`, commandTimeoutMs: 500 });
    expect((await rejectionOf(store.getRevision())).name).toBe("StoreError");
    await store.close();
    delete process.env["MEMCACHIER_USERNAME"];
    delete process.env["MEMCACHIER_PASSWORD"];
  });
});

it("never sends a command that was reported as failed while authentication stalled", async () => {
  const stalling = await startScripted(() => undefined);
  const store = memjsStore({ uri: `memjs://user:password@127.0.0.1:${stalling.port}`, commandTimeoutMs: 300 });
  expect((await rejectionOf(create(store, ["ghost"]))).message).toMatch(/no answer within 300 ms|timed out/);
  const [connection] = stalling.connections;
  // The server wakes up and answers the request for its mechanisms: it offers PLAIN.
  const offer = Buffer.alloc(24 + 5);
  offer.set([0x81, 0x20]);
  offer.writeUInt32BE(5, 8);
  offer.write("PLAIN", 24);
  connection!.socket.write(offer);
  await new Promise<void>((resolve) =>
    connection!.socket.destroyed ? resolve() : connection!.socket.once("close", () => resolve()),
  );
  // Only one request was ever received: the one for the mechanisms.
  expect(connection!.received()).toHaveLength(24);
  await store.close();
  await stalling.stop();
});
