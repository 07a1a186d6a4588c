// Run by a plain `node`: publishes to the given broker, prints the outcome, and closes on SIGUSR2. It must then end by
// itself.
import { celeryAmqpPublisher } from "../src/index.js";
import { sampleMessage } from "./sample-message.js";

const options = { createMissingQueues: true, publishTimeoutMs: 60_000, heartbeatMs: 0 };
const publisher = celeryAmqpPublisher({ uri: process.argv[2]!, ...options });
process.once("SIGUSR2", () => void publisher.close());
const answered = publisher.publish([sampleMessage()], { signal: new AbortController().signal });
if (process.argv[3] === "at-once") process.stdout.write("publishing\n");
await answered.then(
  ([error]) => process.stdout.write(error ? "kept back\n" : "published\n"),
  () => process.stdout.write("rejected\n"),
);
