import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { startRedis } from "./redis-server.js";
import type { RedisServer } from "./redis-server.js";
import { runToEnd, temporaryFolder } from "./run-process.js";

export interface RedisTls {
  /** `rediss://127.0.0.1:<port>`, which accepts only TLS. */
  readonly uri: string;
  /** The self-signed certificate of the server, as PEM and as a file. */
  readonly ca: string;
  readonly caFile: string;
  /** The same server without TLS, on a port of its own. */
  readonly server: RedisServer;
  /** Stops the server and removes the certificate and the folder. */
  stop(): Promise<void>;
}

/** Starts a Redis server that also speaks TLS, with a new certificate for `localhost` and 127.0.0.1. */
export async function startRedisTls(): Promise<RedisTls> {
  const folder = await temporaryFolder("tls");
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const [keyFile, caFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    await createCertificate(keyFile, caFile);
    const port = await freePort();
    const files = ["--tls-cert-file", caFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", caFile];
    const server = await startRedis({ args: ["--tls-port", String(port), ...files, "--tls-auth-clients", "no"] });
    return {
      uri: `rediss://127.0.0.1:${port}`,
      ca: await readFile(caFile, "utf8"),
      caFile,
      server,
      async stop() {
        await server.stop();
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

/** Creates a self-signed certificate, valid for two days. */
async function createCertificate(keyFile: string, certificateFile: string): Promise<void> {
  const files = ["-keyout", keyFile, "-out", certificateFile];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...files, ...subject];
  await runToEnd("openssl", args, { install: "apt-get install openssl" });
}
