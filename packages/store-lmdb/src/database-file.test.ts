import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as otherWork } from "node:timers/promises";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { DatabaseFile } from "./database-file.js";
import { FilesChangedError } from "./errors.js";

const GUARD = Buffer.from("guard");
const KEY = Buffer.from("key");

let root: string;
let folder: string;
let nowMs: number;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "beatx-lmdb-"));
  folder = join(root, "data");
  nowMs = 1_000_000;
  return () => rmSync(root, { recursive: true });
});

function openFile(): DatabaseFile {
  mkdirSync(folder);
  const file = new DatabaseFile(folder, { nowMs: () => nowMs, bootId: "" });
  onTestFinished(() => file.close());
  return file;
}

async function write(file: DatabaseFile, row: unknown): Promise<void> {
  file.refresh();
  expect(await file.writeIf(GUARD, file.version(GUARD), [{ key: KEY, row }])).toBe(true);
}

/** The row; `"changing"`: the files cannot be used yet; `"damaged"`. */
function look(file: DatabaseFile): unknown {
  try {
    file.refresh();
    return file.get(KEY);
  } catch (error) {
    if (error instanceof FilesChangedError) return "changing";
    return String(error).includes("is damaged") ? "damaged" : error;
  }
}

/** The row once LMDB has closed the old ones, and `ms` after the change was found. */
async function lookAfter(file: DatabaseFile, ms: number): Promise<unknown> {
  for (let turns = 0; turns < 50; turns += 1) await otherWork();
  nowMs += ms;
  return look(file);
}

const dataFile = (): string => join(folder, "data.mdb");

/** A copy of the data of another folder with this row. */
async function otherData(row: unknown, steps = 1): Promise<string> {
  const path = join(root, "other");
  mkdirSync(path);
  const other = new DatabaseFile(path);
  for (let step = 0; step < steps; step += 1) await write(other, row);
  await other.close();
  return join(path, "data.mdb");
}

describe("files that change while a process has them open", () => {
  it("are opened again at once if both are gone, and the data counts as lost", async () => {
    const file = openFile();
    await write(file, "old");
    expect(file.sinceLossMs).toBe(Infinity);
    rmSync(folder, { recursive: true });
    expect(look(file)).toBeUndefined();
    nowMs += 5;
    expect(file.sinceLossMs).toBe(5);
    await write(file, "new");
    expect(look(file)).toBe("new");
  });

  it.each<[string, () => void]>([
    ["deleted", () => rmSync(dataFile())],
    ["cut off to nothing", () => truncateSync(dataFile(), 0)],
  ])("are new a second later if the data was %s", async (_how, change) => {
    const file = openFile();
    await write(file, "old");
    change();
    expect(look(file)).toBe("changing");
    expect(await lookAfter(file, 999)).toBe("changing");
    expect(await lookAfter(file, 1)).toBeUndefined();
    expect(file.sinceLossMs).toBe(1000);
    await write(file, "new");
    expect(look(file)).toBe("new");
  });

  it.each<[string, number, (other: string) => void]>([
    ["replaced by", 1, (other) => renameSync(other, dataFile())],
    ["overwritten with older", 1, (other) => writeFileSync(dataFile(), readFileSync(other))],
    ["overwritten with newer", 20, (other) => writeFileSync(dataFile(), readFileSync(other))],
  ])("show the other data a second later if they were %s data", async (_how, steps, change) => {
    const file = openFile();
    for (let step = 0; step < 5; step += 1) await write(file, "old");
    const other = await otherData("other", steps);
    change(other);
    expect(look(file)).toBe("changing");
    expect(await lookAfter(file, 1000)).toBe("other");
    expect(file.sinceLossMs).toBe(1000);
    await write(file, "new");
    await file.close();
    const again = new DatabaseFile(folder);
    onTestFinished(() => again.close());
    expect(look(again)).toBe("new");
  });

  it("lose nothing if only the lock file was deleted", async () => {
    const file = openFile();
    await write(file, "kept");
    rmSync(join(folder, "lock.mdb"));
    expect(look(file)).toBe("changing");
    expect(await lookAfter(file, 1000)).toBe("kept");
    expect(file.sinceLossMs).toBe(Infinity);
    expect(existsSync(join(folder, "lock.mdb"))).toBe(true);
  });

  it("are moved away if the data stays damaged for three seconds", async () => {
    const file = openFile();
    await write(file, "x".repeat(50_000));
    truncateSync(dataFile(), 20_000);
    expect(look(file)).toBe("changing");
    expect(await lookAfter(file, 1000)).toBe("damaged");
    expect(await lookAfter(file, 2999)).toBe("damaged");
    appendFileSync(dataFile(), "a copy goes on");
    expect(await lookAfter(file, 1)).toBe("damaged");
    expect(await lookAfter(file, 2999)).toBe("damaged");
    expect(await lookAfter(file, 1)).toBeUndefined();
    expect(file.sinceLossMs).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith("data.mdb.damaged-"))).toHaveLength(1);
    await write(file, "new");
    expect(look(file)).toBe("new");
  });
});
