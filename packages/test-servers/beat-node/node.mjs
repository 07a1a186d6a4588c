// One node, written like an application. Reads its options from a JSON file and prints its events as JSON lines.
import { readFileSync } from "node:fs";
import { createBeat } from "@beatx/core";

const beat = createBeat(JSON.parse(readFileSync(process.argv[2], "utf8")));
const say = (event, fields = {}) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);

beat.on("leader", (fields) => say("leader", fields));
beat.on("standby", (fields) => say("standby", fields));
beat.on("published", (fields) => say("published", fields));
beat.on("missed", (fields) => say("missed", fields));
beat.on("uncertain", (fields) => say("uncertain", fields));
beat.on("changed", (fields) => say("changed", fields));
beat.on("state-lost", (fields) => say("state-lost", fields));
beat.on("error", (error) => say("error", { code: error.code, message: error.message }));

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => {
    void beat.stop().then(() => say("stopped"));
  });
}
await beat.start();
say("started");
