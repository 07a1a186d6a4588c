// Changes one row of a store's file, as a program of its own: `damage-row.mjs <folder> <change>`, the change serialized by
// `node:v8`, in base64. { key, row }: the row to write; { key, bytes }: its bytes; { key, fields }: fields to replace;
// { key }: the row to remove.
import { deserialize } from "node:v8";
import { open } from "lmdb";

const [folder, text] = process.argv.slice(2);
const change = deserialize(Buffer.from(text, "base64"));
const key = Buffer.from(change.key);
const options = { path: folder, noSubdir: false, keyEncoding: "binary", useVersions: true, overlappingSync: false };

async function edit(more, action) {
  const rows = open({ ...options, ...more });
  await action(rows);
  await rows.flushed;
  await rows.close();
}

if (change.bytes !== undefined) {
  await edit({ encoding: "binary" }, (rows) => rows.put(key, Buffer.from(change.bytes), 0));
} else if (change.fields !== undefined) {
  await edit({}, (rows) => rows.put(key, { ...rows.get(key), ...change.fields }, 0));
} else if ("row" in change) {
  await edit({}, (rows) => rows.put(key, change.row, 0));
} else {
  await edit({}, (rows) => rows.remove(key));
}
