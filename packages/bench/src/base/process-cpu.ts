import { readFileSync } from "node:fs";

/** Ticks of `/proc/<pid>/stat` in a second, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time that the process has used, in µs and steps of 10 ms; `undefined`: the system does not tell. */
export function processCpuUs(pid: number): number | undefined {
  try {
    return cpuUsOfStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** Reads user and system time of a line of `/proc/<pid>/stat`. The program's name before them may hold anything. */
export function cpuUsOfStat(line: string): number {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6;
}
