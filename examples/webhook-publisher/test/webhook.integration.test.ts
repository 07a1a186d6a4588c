import type { Message } from "@beatx/core";
import { afterEach, describe, expect, it } from "vitest";
import { publisherProvider, webhookPublisher } from "../src/index.js";
import { startEndpoint } from "./endpoint.js";
import type { Endpoint } from "./endpoint.js";

let endpoint: Endpoint | undefined;

afterEach(() => endpoint?.stop());

const message: Message = {
  id: "0b6c1f5e-0000-5000-8000-000000000001",
  entry: "daily-report",
  task: "reports.send",
  args: ["daily"],
  kwargs: {},
  options: {},
  scheduledAt: 1_700_000_000_000,
  requested: false,
  expiresAt: null,
  fence: 7,
  coalesced: 0,
  namespace: "beatx",
  templateKey: {},
};
const signal = new AbortController().signal;

describe("the webhook publisher", () => {
  it("posts the message as JSON, with its id as the idempotency key", async () => {
    endpoint = await startEndpoint();
    const publisher = webhookPublisher({ url: endpoint.url });
    expect(await publisher.publish([message], { signal })).toEqual([undefined]);
    const { templateKey: _, ...body } = message;
    expect(endpoint.posted).toMatchObject([
      { headers: { "idempotency-key": message.id, "content-type": "application/json" }, body },
    ]);
  });

  it("sends the credentials of the URI to the endpoint and shows them nowhere else", async () => {
    endpoint = await startEndpoint((_posted, response) => void response.writeHead(500).end());
    const uri = `webhook+${endpoint.url.replace("//", "//me:se%3Acret@")}`;
    const publisher = await publisherProvider.open(uri);
    const [error] = await publisher.publish([message], { signal });
    expect(error).toMatchObject({ code: "PUBLISH", message: `${endpoint.url} answered 500 to ${message.id}` });
    await endpoint.stop();
    endpoint = await startEndpoint();
    const again = await publisherProvider.open(`webhook+${endpoint.url.replace("//", "//me:se%3Acret@")}`);
    await again.publish([message], { signal });
    expect(endpoint.posted[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:se:cret").toString("base64")}`);
  });

  it("treats a redirect as a failure and does not follow it", async () => {
    endpoint = await startEndpoint((_posted, response) => void response.writeHead(307, { location: "/" }).end());
    const [error] = await webhookPublisher({ url: endpoint.url }).publish([message], { signal });
    expect(error?.message).toContain("redirect");
  });

  it("gives up on an endpoint that does not answer in time", async () => {
    endpoint = await startEndpoint(() => undefined);
    const publisher = webhookPublisher({ url: endpoint.url, publishTimeoutMs: 100 });
    const [error] = await publisher.publish([message], { signal });
    expect(error).toMatchObject({ code: "PUBLISH", message: expect.stringContaining("timeout") as string });
  });

  it.each(["webhook+ftp://h/run", "webhook+http://", "http+webhook://me:secret@h"])("refuses %s", async (uri) => {
    const failure: unknown = await publisherProvider.open(uri).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "CONFIG", message: expect.stringContaining("is no endpoint") as string });
    expect(String(failure)).not.toContain("secret");
  });
});
