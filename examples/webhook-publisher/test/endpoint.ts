import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Message } from "@beatx/core";

export interface PostedMessage {
  readonly headers: IncomingMessage["headers"];
  readonly body: Omit<Message, "templateKey">;
}

/** An HTTP endpoint on a loopback port, like a user's. */
export interface Endpoint {
  readonly url: string;
  /** The messages that it accepted, copies included. */
  readonly posted: readonly PostedMessage[];
  start(): Promise<void>;
  /** Closes all connections and accepts no new ones. `posted` stays. */
  stop(): Promise<void>;
}

type Answer = (posted: PostedMessage, response: ServerResponse) => void;

/** Accepts every message without an option `colour`. */
export const acceptValid: Answer = ({ body }, response) =>
  void response.writeHead("colour" in body.options ? 422 : 204).end();

export async function startEndpoint(answer: Answer = acceptValid): Promise<Endpoint> {
  const posted: PostedMessage[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const message = { headers: request.headers, body: JSON.parse(await text(request)) as PostedMessage["body"] };
    answer(message, response);
    if (response.statusCode < 300) posted.push(message);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}/jobs`,
    posted,
    start: async () => void (await listen(port)),
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
