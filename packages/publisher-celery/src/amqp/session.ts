import { systemClock } from "@beatx/core";
import { BeatxError } from "@beatx/core/adapter";
import { connect } from "amqplib";
import type { Channel, ChannelModel, SocketOptions } from "amqplib";
import { explainConnect, explainLoss } from "./errors.js";
import { openPublishChannel } from "./publish-channel.js";
import type { PublishChannel } from "./publish-channel.js";
import type { AmqpTarget } from "./settings.js";

/** One open connection, from the handshake to its end. */
export interface AmqpSession {
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<Error>;
  /** The same reason; `undefined` while the connection is open. */
  readonly endReason: Error | undefined;
  /** Since when the broker takes no messages, and its reason; `undefined` while it takes them. */
  readonly blocked: Blocked | undefined;
  /** For messages to an exchange. Each has its own, because a refusal closes the channel for all that use it. */
  publishChannel(exchange: string): Promise<PublishChannel>;
  /** For the message of a health check, so that a refusal of it concerns no other. */
  healthChannel(): Promise<PublishChannel>;
  /** For declarations. A refusal closes it, and the next declaration gets another. */
  declareChannel(): Promise<Channel>;
  /** For the questions of a health check, so that a queue that is missing ends no declaration. As `declareChannel` else. */
  askChannel(): Promise<Channel>;
  /** Breaks the connection at once: nothing leaves this process afterwards. `reason` is that of its end. */
  sever(reason: Error): void;
  /** Ends the connection; resolves when the broker has said goodbye. */
  end(): Promise<void>;
}

/** A broker that takes no messages, as with a memory alarm. */
export interface Blocked {
  /** The broker's own words. */
  readonly reason: string;
  /** Epoch ms. */
  readonly since: number;
}

export interface SessionPlace {
  readonly host: string;
  readonly port: number;
  /** Breaks the connection, even while it is being opened. */
  readonly breaker: AbortController;
}

const LONGEST_SILENCE_MS = 5000;

/** Rejects with `PublishError` when no connection can be opened. */
export async function openSession(target: AmqpTarget, place: SessionPlace): Promise<AmqpSession> {
  const { breaker } = place;
  const model = await connectTo(target, place).catch((error: unknown) => {
    throw explainConnect(target.label, error);
  });
  let reason: unknown;
  let blocked: Blocked | undefined;
  let endReason: Error | undefined;
  let resolveEnd: (reason: Error) => void;
  const ended = new Promise<Error>((resolve) => (resolveEnd = resolve));
  /** amqplib ends only its own half of the socket; a broker that hangs would keep the other half open. */
  const breakOff = (why: unknown): void => {
    breaker.abort();
    endReason ??= BeatxError.isInstance(why) ? why : explainLoss(target.label, reason ?? why);
    resolveEnd(endReason);
  };
  model.on("error", (error) => (reason ??= error));
  model.on("close", (error) => breakOff(error ?? "it was closed"));
  model.on("blocked", (reason) => (blocked ??= { reason, since: systemClock.now() }));
  model.on("unblocked", () => (blocked = undefined));
  const declareChannels = keepByName((onClose) => openDeclareChannel(model, onClose));
  const healthChannels = keepByName((onClose) => openPublishChannel(model, onClose));
  return {
    ended,
    get endReason() {
      return endReason;
    },
    get blocked() {
      return blocked;
    },
    publishChannel: keepByName((onClose) => openPublishChannel(model, onClose)),
    healthChannel: () => healthChannels("health"),
    declareChannel: () => declareChannels("declare"),
    askChannel: () => declareChannels("ask"),
    sever: breakOff,
    end: () => model.close(),
  };
}

/** Never by URI: amqplib reads URIs by other rules than ours. */
function connectTo(target: AmqpTarget, { host, port, breaker }: SessionPlace): Promise<ChannelModel> {
  const { username, password, vhost, secure, heartbeatMs, timeoutMs, tls } = target;
  const options: SocketOptions & { readonly signal: AbortSignal } = {
    ...tls,
    signal: breaker.signal,
    timeout: Math.min(timeoutMs, LONGEST_SILENCE_MS),
    noDelay: true,
    keepAlive: true,
    clientProperties: { connection_name: "beatx" },
  };
  const protocol = secure ? "amqps" : "amqp";
  const heartbeat = heartbeatMs / 1000;
  // amqplib decodes the name of the virtual host, and nothing else.
  const place = { protocol, hostname: host, port, username, password, vhost: encodeURIComponent(vhost), heartbeat };
  return connect(place, options);
}

async function openDeclareChannel(model: ChannelModel, onClose: () => void): Promise<Channel> {
  const channel = await model.createChannel();
  // A refused request rejects by itself.
  channel.on("error", () => undefined);
  channel.on("close", onClose);
  return channel;
}

/** Opens one per name at its first use, and another after that one was closed. */
function keepByName<T>(open: (onClose: () => void) => Promise<T>): (name: string) => Promise<T> {
  const kept = new Map<string, Promise<T>>();
  return (name) => {
    const known = kept.get(name);
    if (known) return known;
    const drop = (): void => {
      if (kept.get(name) === opening) kept.delete(name);
    };
    const opening = open(drop);
    kept.set(name, opening);
    opening.catch(drop);
    return opening;
  };
}
