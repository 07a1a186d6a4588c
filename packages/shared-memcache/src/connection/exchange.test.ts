import { BeatxError, StoreError } from "@beatx/core";
import { FakeClock } from "@beatx/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryServer } from "../../test/memory-server.js";
import { Exchange } from "./exchange.js";

let server: MemoryServer;
let clock: FakeClock;
let exchange: Exchange;

beforeEach(() => {
  server = new MemoryServer();
  clock = new FakeClock();
  exchange = new Exchange({ client: server, clock, timeoutMs: 1000 });
});

function rejectionOf(call: Promise<unknown>): Promise<Error> {
  return call.then(
    () => expect.fail("expected a rejection"),
    (error: unknown) => error as Error,
  );
}

describe("an exchange", () => {
  it("uses the same connection as the one before", async () => {
    await exchange.run("write", (commands) => commands.add("key", "text", 0));
    expect(await exchange.run("read", (commands) => commands.gets("key"))).toMatchObject({ text: "text" });
    expect(server.connections).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it("rejects at its deadline without an answer, and says what failed and where", async () => {
    server.fate = () => "request lost";
    const error = rejectionOf(exchange.run("read the schedule", (commands) => commands.gets("key")));
    await clock.advance(1000);
    expect(StoreError.isInstance(await error)).toBe(true);
    expect((await error).message).toBe("could not read the schedule at memory: no answer within 1000 ms");
  });

  it("has one deadline for all of its commands", async () => {
    server.before = () => clock.advance(400);
    const call = exchange.run("read", async (commands) => {
      for (let read = 0; read < 3; read += 1) await commands.gets("key");
    });
    expect((await rejectionOf(call)).message).toMatch(/no answer within 1000 ms/);
  });

  it("sends nothing after it has rejected", async () => {
    let goOn = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (goOn = resolve));
    const afterwards: string[] = [];
    const call = exchange.run("write", async (commands) => {
      await waiting;
      await commands.add("ghost", "text", 0).catch((error: unknown) => afterwards.push(String(error)));
    });
    const error = rejectionOf(call);
    await clock.advance(1000);
    await error;
    goOn();
    await clock.advance(0);
    expect(afterwards).toEqual([expect.stringMatching(/nothing more is sent/)]);
    expect(server.items.size).toBe(0);
  });

  it("passes on an error of its caller, and keeps the connection", async () => {
    const call = exchange.run("write", async (commands) => {
      await commands.gets("key");
      throw new BeatxError("LOCK_LOST", "somebody else leads");
    });
    expect((await rejectionOf(call)).message).toBe("somebody else leads");
    await exchange.run("read", (commands) => commands.gets("key"));
    expect(server.connections).toBe(1);
  });

  it("that has ended does not break the connection of another one with its late commands", async () => {
    let finish = (): void => undefined;
    const other = exchange.run("wait", () => new Promise<void>((resolve) => (finish = resolve)));
    const call = exchange.run("write", async (commands) => {
      const late = commands.gets("key").then(() => commands.gets("key"));
      late.catch(() => undefined);
      throw new Error("no");
    });
    await rejectionOf(call);
    await clock.advance(0);
    finish();
    await other;
    await exchange.run("read", (commands) => commands.gets("key"));
    expect(server.connections).toBe(1);
  });
});

describe("a connection", () => {
  it("is discarded at the first failure, and all its exchanges reject at once", async () => {
    server.fate = (_command, [key]) => (key === "bad" ? "request lost" : "answered");
    const slow = [rejectionOf(exchange.run("read", (commands) => commands.gets("bad")))];
    slow.push(rejectionOf(exchange.run("write", (commands) => commands.gets("bad"))));
    await clock.advance(500);
    server.restart();
    for (const error of await Promise.all(slow)) expect(error.message).toMatch(/closed by the server/);
    await exchange.run("read", (commands) => commands.gets("good"));
    expect(server.connections).toBe(2);
  });

  it("is replaced after its limit of commands, once its last exchange has ended", async () => {
    const short = new Exchange({ client: server, clock, timeoutMs: 1000, commandsPerConnection: 3 });
    let finish = (): void => undefined;
    const long = short.run("wait", async (commands) => {
      await commands.getMany(["a", "b", "c"]);
      await new Promise<void>((resolve) => (finish = resolve));
      return commands.gets("a");
    });
    await clock.advance(0);
    await short.run("read", (commands) => commands.gets("key"));
    expect(server.connections).toBe(2);
    finish();
    expect(await long).toBeNull();
  });

  it("to a server without CAS is refused", async () => {
    server.items.set("key", { text: "text", cas: 0, flags: 0, lifetimeS: 0 });
    const error = await rejectionOf(exchange.run("read", (commands) => commands.gets("key")));
    expect(error.message).toMatch(/start it without -C/);
  });

  it("that is closed fails the exchanges in flight and all later ones", async () => {
    server.fate = () => "request lost";
    const pending = rejectionOf(exchange.run("read", (commands) => commands.gets("key")));
    await clock.advance(0);
    exchange.close();
    exchange.close();
    for (const error of [await pending, await rejectionOf(exchange.run("read", (commands) => commands.gets("key")))]) {
      expect(BeatxError.hasCode(error, "CLOSED")).toBe(true);
    }
    expect(clock.pendingTimers).toBe(0);
  });
});
