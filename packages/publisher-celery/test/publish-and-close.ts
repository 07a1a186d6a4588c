// Run by a plain `node`: publishes to the broker given, says how that went, and closes when it gets SIGUSR2. It must end
// by itself then.
import { celeryAmqpPublisher } from "../src/index.js";
import { sampleMessage } from "./sample-message.js";

const publisher = celeryAmqpPublisher({ uri: process.argv[2]!, publishTimeoutMs: 60_000, heartbeatMs: 0 });
process.once("SIGUSR2", () => void publisher.close());
const answered = publisher.publish([sampleMessage()], { signal: new AbortController().signal });
if (process.argv[3] === "at-once") process.stdout.write("publishing\n");
await answered.then(
  ([error]) => process.stdout.write(error ? "kept back\n" : "published\n"),
  () => process.stdout.write("rejected\n"),
);
