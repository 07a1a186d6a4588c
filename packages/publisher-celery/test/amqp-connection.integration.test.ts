import { readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import type { Server } from "node:tls";
import { fileURLToPath } from "node:url";
import { type Clock, type Publisher, systemClock } from "@beatx/core";
import { freePort, runProcess, runToEnd, temporaryFolder, waitFor } from "@beatx/test-servers";
import type { RunningProcess } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAmqpConnection } from "../src/amqp/connection.js";
import { readAmqpSettings } from "../src/amqp/settings.js";
import { nextMessage, send, setUpRabbit, whenSent } from "./amqp-fixture.js";

const fixture = setUpRabbit();

const publish = (publisher: Publisher): Promise<readonly (Error | undefined)[]> => send(publisher, [nextMessage()]);

/** Runs `publish-and-close.ts`; resolves when it has written `line`. */
async function startChild(line: string, uri: string, ...more: string[]): Promise<RunningProcess> {
  const file = (name: string): string => new URL(name, import.meta.url).href;
  const hooks = JSON.stringify(file("../../store-conformance/test/typescript-hooks.mjs"));
  const register = `data:text/javascript,import { register } from "node:module"; register(${hooks});`;
  const flags = ["--conditions=beatx-source", "--import", register, fileURLToPath(file("./publish-and-close.ts"))];
  const child = await runProcess(process.execPath, [...flags, uri, ...more], { install: "" });
  await waitFor(`"${line}"`, () => child.hasEnded || child.output().includes(line));
  expect(child.output()).toBe(`${line}\n`);
  return child;
}

describe("a process ends by itself once its publisher is closed", () => {
  it("after it has published", async () => {
    const child = await startChild("published", `celery+${fixture.rabbit.uri}`);
    process.kill(child.pid, "SIGUSR2");
    expect(await child.ended).toBe("it exited with code 0");
  });

  it("while the broker hangs", async () => {
    const child = await startChild("published", `celery+${fixture.rabbit.uri}`);
    fixture.rabbit.pause();
    process.kill(child.pid, "SIGUSR2");
    expect(await child.ended).toBe("it exited with code 0");
  });

  it("while it connects to a broker that hangs", async () => {
    fixture.rabbit.pause();
    const child = await startChild("publishing", `celery+${fixture.rabbit.uri}`, "at-once");
    process.kill(child.pid, "SIGUSR2");
    expect(await child.ended).toBe("it exited with code 0");
    expect(child.output()).toBe("publishing\nrejected\n");
  });

  it("while it waits to connect again", async () => {
    const child = await startChild("rejected", `celery+amqp://127.0.0.1:${await freePort()}//`);
    process.kill(child.pid, "SIGUSR2");
    expect(await child.ended).toBe("it exited with code 0");
  });
});

describe("a publisher with several hosts", () => {
  it("finds the one that answers", async () => {
    const uri = `celery+amqp://127.0.0.1:${await freePort()},127.0.0.1:${fixture.rabbit.port}//`;
    const publisher = fixture.openPublisher({ uri });
    const message = nextMessage();
    await whenSent(publisher, message);
    expect(await fixture.idsIn("tests")).toContain(message.id);
  });
});

describe("a publisher whose broker is away", () => {
  it("waits at most half a second before it connects again, however long the broker stays away", async () => {
    const waits: number[] = [];
    const impatient: Clock = {
      ...systemClock,
      setTimer(callback, delayMs) {
        waits.push(delayMs);
        return systemClock.setTimer(callback, 0);
      },
    };
    const { target } = readAmqpSettings({ uri: `celery+amqp://127.0.0.1:${await freePort()}//` });
    const connection = openAmqpConnection(target, impatient);
    await expect(connection.session()).rejects.toThrow();
    await waitFor("a dozen attempts", () => waits.length >= 12);
    await connection.close();
    expect(Math.max(...waits)).toBeLessThanOrEqual(500);
    expect(waits.slice(6).every((ms) => ms >= 250)).toBe(true);
  });
});

describe("a publisher over TLS", () => {
  let folder: string;
  let proxy: Server;
  let certificate: string;

  beforeAll(async () => {
    folder = await temporaryFolder("tls");
    const [keyFile, certificateFile] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const request = [
      "req",
      "-x509",
      "-nodes",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-days",
      "2",
    ];
    const subject = ["-subj", "/CN=beatx-test", "-addext", "subjectAltName=IP:127.0.0.1"];
    const files = ["-keyout", keyFile, "-out", certificateFile];
    await runToEnd("openssl", [...request, ...subject, ...files], { install: "apt-get install openssl" });
    certificate = await readFile(certificateFile, "utf8");
    proxy = createServer({ key: await readFile(keyFile), cert: certificate }, (socket) => {
      const broker = connect(fixture.rabbit.port, "127.0.0.1");
      socket.pipe(broker).pipe(socket);
      socket.on("error", () => broker.destroy());
      broker.on("error", () => socket.destroy());
    });
    proxy.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  });

  afterAll(async () => {
    await new Promise((resolve) => proxy.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  const secureUri = (): string => `celery+amqps://guest:guest@127.0.0.1:${(proxy.address() as AddressInfo).port}//`;

  it("trusts the given authority", async () => {
    expect(await publish(fixture.openPublisher({ uri: secureUri(), tls: { ca: certificate } }))).toEqual([undefined]);
  });

  it("does not talk to a broker with an untrusted certificate", async () => {
    await expect(publish(fixture.openPublisher({ uri: secureUri() }))).rejects.toMatchObject({
      code: "PUBLISH",
      message: expect.stringContaining("self-signed certificate") as string,
    });
  });

  it("gives up on a broker that hangs, and comes back to it", async () => {
    const publisher = fixture.openPublisher({ uri: secureUri(), tls: { ca: certificate }, publishTimeoutMs: 1_500 });
    await whenSent(publisher, nextMessage());
    fixture.rabbit.pause();
    await expect(publish(publisher)).rejects.toMatchObject({ message: expect.stringContaining("1500 ms") as string });
    fixture.rabbit.resume();
    const message = nextMessage();
    await whenSent(publisher, message);
    expect(await fixture.idsIn("tests")).toContain(message.id);
  });
});
