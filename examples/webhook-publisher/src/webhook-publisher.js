// @ts-check
import { BeatxError, ConfigError, PUBLISHER_CONTRACT, PublishError, redactUri } from "@beatx/core/adapter";

/** @import * as beatx from "@beatx/core/adapter" */

/** The most requests of a batch that run at once. */
const CONCURRENCY = 20;

/**
 * Posts each message to an HTTP endpoint. A message is sent when the endpoint answers with a status from 200 to 299.
 *
 * @param {{ url: string, publishTimeoutMs?: number | undefined }} options `publishTimeoutMs`: deadline of a whole batch
 * @returns {beatx.Publisher}
 */
export function webhookPublisher({ url, publishTimeoutMs = 5000 }) {
  const endpoint = readEndpoint(url);
  let closed = false;
  return {
    contract: /** @type {1} */ (PUBLISHER_CONTRACT),
    name: "webhook",
    delivery: "at-least-once",
    async publish(messages, { signal }) {
      if (closed) throw new BeatxError("CLOSED", "this webhook publisher was closed: create another one");
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(publishTimeoutMs)]);
      const answers = Array.from(messages, () => /** @type {Error | undefined} */ (undefined));
      const waiting = messages.entries();
      const work = async () => {
        for (const [index, message] of waiting) answers[index] = await post(endpoint, message, inTime);
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, work));
      return answers;
    },
    async close() {
      closed = true;
    },
  };
}

/** The codes of errors after which no request can have left this machine. */
const UNREACHABLE = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"];

/**
 * @param {{ href: string, headers: Record<string, string> }} endpoint
 * @param {beatx.Message} message
 * @param {AbortSignal} signal
 * @returns {Promise<Error | undefined>} the reason why the message counts as not sent, although it may have arrived
 */
async function post({ href, headers }, message, signal) {
  if (signal.aborted) return new PublishError(`${message.id} was called off before it was sent`, { notSent: true });
  try {
    const response = await fetch(href, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", "idempotency-key": message.id },
      body: JSON.stringify({ ...message, templateKey: undefined }),
      redirect: "error",
      signal,
    });
    await response.arrayBuffer(); // frees the connection for the next request
    if (response.ok) return undefined;
    // With a status from 400 to 499 the endpoint says that it did not take the message.
    const notSent = response.status < 500;
    return new PublishError(`${href} answered ${response.status} to ${message.id}`, { notSent });
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const notSent = UNREACHABLE.includes(/** @type {{ code?: string }} */ (reason).code ?? "");
    return new PublishError(`${href} did not take ${message.id}: ${reason}`, { cause, notSent });
  }
}

/**
 * Moves credentials from the URL into a header: fetch refuses URLs with credentials, and errors must not show them.
 *
 * @param {string} url
 */
function readEndpoint(url) {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    const hint = "write webhook+https://jobs.example/run";
    throw new ConfigError(`${JSON.stringify(redactUri(url))} is no endpoint: ${hint}`, { field: "publisher" });
  }
  const { username, password, ...parts } = splitCredentials(new URL(url));
  if (username === "" && password === "") return { ...parts, headers: {} };
  const credentials = Buffer.from(`${username}:${password}`).toString("base64");
  return { ...parts, headers: { authorization: `Basic ${credentials}` } };
}

/** @param {URL} url */
function splitCredentials(url) {
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  url.username = "";
  url.password = "";
  return { href: url.href, username, password };
}
