import { medianOf } from "../base/statistics.js";
import { Stopwatch } from "../base/time.js";
import type { CellOptions, CellResult } from "./cell.js";
import { ServerMeter, type ServerSpending } from "./server-meter.js";

/** Something that sends a burst of messages again and again. */
export interface Bursting {
  /** Makes everything ready and empties the queue. Not measured. */
  readonly prepare: () => Promise<void>;
  /** Waits until the burst may begin. The CPU of the servers is measured from here. */
  readonly wait?: () => Promise<void>;
  /** Resolves when all messages are confirmed. */
  readonly send: () => Promise<void>;
  /** Number of messages in the queue. */
  readonly arrived: () => Promise<number>;
  /** Whether the next burst had begun before this one was out: then it is measured again. */
  readonly isSpoilt?: () => boolean;
}

/** Bursts that are spoilt one after the other, before the cell gives up. */
const MAX_SPOILT = 5;

interface Measured {
  readonly wallMs: number;
  readonly cpuUs: number;
  readonly arrived: number;
  readonly servers: ServerSpending;
}

/**
 * Measures `bursts` bursts. The first one of the process (cold code, nothing cached) has figures of its own; the others
 * give medians. CPU and commands are per message.
 */
export async function measureBursts(options: CellOptions, bursting: Bursting): Promise<CellResult> {
  const meter = new ServerMeter(options);
  const runs: Measured[] = [];
  for (let spoilt = 0; runs.length < options.bursts;) {
    const run = await measureBurst(meter, bursting);
    spoilt = bursting.isSpoilt?.() ? spoilt + 1 : 0;
    if (spoilt === 0) runs.push(run);
    else if (spoilt === MAX_SPOILT) throw new Error(`bursts take more than ${options.everyMs} ms: lengthen "everyMs"`);
  }
  meter.close();
  return summarise(options.count, runs);
}

async function measureBurst(meter: ServerMeter, { prepare, wait, send, arrived }: Bursting): Promise<Measured> {
  await prepare();
  await meter.start();
  await wait?.();
  const watch = new Stopwatch();
  await send();
  const { wallMs, cpuUs } = watch;
  const servers = await meter.stop();
  return { wallMs, cpuUs, servers, arrived: await arrived() };
}

/** The figures of runs of `count` messages each, the first of which is the first of its process. */
function summarise(count: number, runs: readonly Measured[]): CellResult {
  const [first, ...others] = runs;
  const later = others.length > 0 ? others : [first!];
  const median = (read: (run: Measured) => number): number => medianOf(later.map(read));
  const serverCpu = later.flatMap(({ servers }) => servers.cpuUs ?? []);
  const { calls } = later.at(-1)!.servers;
  return {
    values: {
      wallMs: median(({ wallMs }) => wallMs),
      cpuUs: median(({ cpuUs }) => cpuUs) / count,
      ...(serverCpu.length < later.length ? {} : { serverCpuUs: medianOf(serverCpu) / count }),
      firstWallMs: first!.wallMs,
      firstCpuUs: first!.cpuUs / count,
      missing: Math.max(...runs.map(({ arrived }) => count - arrived)),
    },
    commands: Object.fromEntries(Object.entries(calls).map(([name, made]) => [name, made / count])),
  };
}
