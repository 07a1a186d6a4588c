// A thread that opens a store on the folder, uses it and closes it. It posts the revision that it read.
import { parentPort, workerData } from "node:worker_threads";
import { lmdbStore } from "../dist/index.js";

const store = lmdbStore({ folder: workerData });
const revision = await store.getRevision();
await store.close();
parentPort.postMessage(revision);
