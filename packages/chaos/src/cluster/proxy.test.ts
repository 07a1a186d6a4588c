import { type ScriptedServer, startScripted, waitFor } from "@beatx/test-servers";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Proxy, startProxy } from "./proxy.js";

let server: ScriptedServer;
let proxy: Proxy;

/** A connection through the proxy, and what it has received. */
function client(): { socket: Socket; text: () => string; closed: () => boolean } {
  const socket = connect(proxy.port, "127.0.0.1");
  let text = "";
  let closed = false;
  socket.on("data", (chunk) => (text += chunk.toString()));
  socket.on("error", () => undefined).on("close", () => (closed = true));
  return { socket, text: () => text, closed: () => closed };
}

const atServer = (): string => server.connections.map((connection) => connection.received().toString()).join("");

beforeEach(async () => {
  server = await startScripted(({ socket }, chunk) => void socket.write(`re:${chunk.toString()}`));
  proxy = await startProxy(server.port);
});
afterEach(async () => {
  await proxy.stop();
  await server.stop();
});

describe("a proxy", () => {
  it("hands requests and replies on", async () => {
    const { socket, text } = client();
    socket.write("a");
    await waitFor("the reply", () => text() === "re:a");
  });

  it("breaks present and new connections while it cuts", async () => {
    const first = client();
    first.socket.write("a");
    await waitFor("the reply", () => first.text() === "re:a");
    proxy.set("cut");
    await waitFor("the break", () => first.closed());
    const second = client();
    await waitFor("the break of the new one", () => second.closed());
    expect(atServer()).toBe("a");
  });

  it("swallows both directions while half-open, and breaks such a connection afterwards", async () => {
    proxy.set("half-open");
    const { socket, text, closed } = client();
    await new Promise((resolve) => socket.write("a", resolve));
    const fresh = await startProxy(server.port);
    await fresh.stop();
    proxy.set("pass");
    await waitFor("the break", () => closed());
    expect([text(), atServer()]).toEqual(["", ""]);
  });

  it("lets requests through and loses their replies", async () => {
    proxy.set("lose-replies");
    const { socket, text } = client();
    socket.write("a");
    await waitFor("the request", () => atServer() === "a");
    proxy.set("pass");
    expect(text()).toBe("");
  });

  it("delivers late commands of a client that has left", async () => {
    proxy.set("late-commands");
    const { socket, closed } = client();
    await new Promise((resolve) => socket.end("late", () => resolve(undefined)));
    await waitFor("the connection to the server", () => server.connections.length === 1);
    socket.destroy();
    await waitFor("the end of the client", () => closed());
    expect(atServer()).toBe("");
    proxy.set("pass");
    await waitFor("the late command", () => atServer() === "late");
  });

  it("forgets the connections that are chosen by what was sent, for ever, while others and new ones work", async () => {
    const [chosen, other] = [client(), client()];
    chosen.socket.write("subscribe");
    other.socket.write("get");
    await waitFor("both replies", () => chosen.text() !== "" && other.text() !== "");
    proxy.forget((sent) => sent === "subscribe");
    chosen.socket.write("more");
    other.socket.write("more");
    const fresh = client();
    fresh.socket.write("new");
    await waitFor("the others", () => other.text() === "re:getre:more" && fresh.text() === "re:new");
    proxy.set("late-commands");
    proxy.set("pass");
    expect(chosen.text()).toBe("re:subscribe");
    expect(chosen.closed()).toBe(false);
    expect(atServer()).not.toContain("subscribemore");
    expect(proxy.connectedAt).toHaveLength(3);
  });

  it("keeps the order of bytes while it delays, trickles and passes again", async () => {
    const { socket, text } = client();
    socket.write("1");
    await waitFor("the first reply", () => text() === "re:1");
    proxy.set("delay", 30);
    socket.write("2".repeat(50));
    await waitFor("the delayed request", () => atServer().length === 51);
    proxy.set("trickle", 8);
    socket.write("3".repeat(50));
    proxy.set("pass");
    socket.write("4");
    await waitFor("all requests", () => atServer().endsWith("4"));
    expect(atServer()).toBe(`1${"2".repeat(50)}${"3".repeat(50)}4`);
  });
});
