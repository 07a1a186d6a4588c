import { EventEmitter } from "node:events";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { getHeapCodeStatistics } from "node:v8";
import type { Footprint } from "./messages.js";

/** Everything open, as Node knows it. The function has no types, but each version has it. */
const activeHandles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles.bind(process);

/**
 * Measures this process after two collections of garbage, since the first one only finds what finalisers then let go.
 * `emitters`: counted beside the process and its handles. Needs `--expose-gc`. Without `/proc` no sockets and descriptors are counted.
 */
export async function measureFootprint(emitters: readonly EventEmitter[]): Promise<Footprint> {
  for (let round = 0; round < 2; round++) {
    globalThis.gc!();
    await new Promise(setImmediate);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles = activeHandles().filter((handle) => handle instanceof EventEmitter);
  const links = openFiles();
  const compiled = getHeapCodeStatistics();
  const code = compiled.code_and_metadata_size + compiled.bytecode_and_metadata_size;
  return {
    heap: heapUsed - code,
    code,
    external,
    resident: rss,
    resources: process.getActiveResourcesInfo().length,
    listeners: [process, ...emitters, ...handles].reduce((sum, emitter) => sum + listenersOf(emitter), 0),
    sockets: links.filter((link) => link.startsWith("socket:")).length,
    descriptors: links.length,
  };
}

function listenersOf(emitter: EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

/** What each open descriptor points at. The one that reads the folder is gone when it is looked at. */
function openFiles(): string[] {
  const folder = "/proc/self/fd";
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      return [];
    }
  });
}
