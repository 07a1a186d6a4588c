/** A node process: runs a beat and a client as an application does, and answers the process that started it. */

import { type Beat, type BeatEvents, type Client, createBeat, createClient } from "@beatx/core";
import { measureFootprint } from "./footprint.js";
import { machineNow } from "./machine-time.js";
import type { Delays, Edit, NodeOptions, Reply, Request, RequestEnvelope } from "./messages.js";
import { StallMeter } from "./stall-meter.js";
import { CommandTimes, timedStores } from "./timed-store.js";

const EVENTS = ["leader", "standby", "published", "missed", "uncertain", "state-lost", "error"] as const;

let beat: Beat;
let client: Client;
let started: Extract<Request, { kind: "start" }>;
const meter = new StallMeter();
const commandTimes = new CommandTimes();

function send(reply: Reply): void {
  if (process.connected) process.send!(reply);
}

function tell(event: string, fields: object): void {
  send({ event: { ...fields, event, at: machineNow() } });
}

function forward(from: Beat, name: keyof BeatEvents): void {
  from.on(name, (fields: unknown) => {
    tell(name, fields instanceof Error ? { message: fields.message } : (fields as object));
  });
}

async function startBeat(options: NodeOptions): Promise<void> {
  beat = createBeat({ ...options, stores: timedStores(commandTimes), from: import.meta.url });
  for (const name of EVENTS) if (started.events.includes(name)) forward(beat, name);
  await beat.start();
}

function delaysSince(since: number): Delays {
  return { stallMs: meter.since(since), commandMs: commandTimes.longestSince(since) };
}

async function edit(change: Edit): Promise<unknown> {
  switch (change.kind) {
    case "put":
      return void (await client.put(change.name, change.input));
    case "run":
      return (await client.runNow(change.name)).id;
    case "pause":
    case "resume":
      return void (await client[change.kind](change.name));
    case "remove":
      return client.remove(change.name);
  }
}

async function answer(request: Request): Promise<unknown> {
  switch (request.kind) {
    case "start": {
      started = request;
      const { namespace, store } = request.options;
      client = createClient({ namespace: namespace!, store, from: import.meta.url });
      return startBeat(request.options);
    }
    case "replace":
      await beat.stop();
      return startBeat(started.options);
    case "edit":
      return edit(request.edit);
    case "measure":
      return measureFootprint([beat]);
    case "delays":
      return delaysSince(request.since);
  }
}

process.on("message", ({ id, request }: RequestEnvelope) => {
  answer(request).then(
    (value) => send({ id, answer: value ?? null }),
    (error: unknown) => send({ id, error: String(error) }),
  );
});
process.on("warning", (warning) => tell("warning", { message: String(warning) }));
process.on("unhandledRejection", (reason) => tell("failure", { message: `unhandled rejection: ${String(reason)}` }));
process.on("uncaughtException", (error) => tell("failure", { message: `uncaught exception: ${String(error)}` }));
// Whoever started this process is gone.
process.on("disconnect", () => process.exit(1));
process.once("SIGTERM", () => {
  const signalledAt = machineNow();
  void beat.stop().then(async () => {
    await client.close();
    const event = { event: "stopped", at: machineNow(), ...delaysSince(signalledAt) };
    if (process.connected) process.send!({ event } satisfies Reply, () => process.exit(0));
    else process.exit(0);
  });
});
