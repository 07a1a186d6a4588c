// Writes to a store on the folder until a write is rejected. Prints that error.
import { lmdbStore } from "../dist/index.js";

const store = lmdbStore({ folder: process.argv[2] });
const definition = "a".repeat(20_000);
try {
  for (let count = 0; ; count += 1) {
    const [{ status }] = await store.setSchedule([{ name: `entry ${count}`, definition, expectedRevision: null }]);
    if (status !== "done") throw new Error(`the write was answered ${status}`);
  }
} catch (error) {
  console.log(error.message);
}
await store.close();
console.error("the console prints again");
