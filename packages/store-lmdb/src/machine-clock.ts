import { readFileSync } from "node:fs";

/** The time that all processes of one machine share. Leases on this machine run on it alone. */
export interface MachineClock {
  /** Whole ms since some moment of this boot. The same in every process; independent of the wall clock. */
  nowMs(): number;
  /**
   * Changes with every boot; `""` if the system has none. A reboot is recognized even without it: `nowMs` has restarted, so
   * older leases end impossibly far in the future.
   */
  readonly bootId: string;
}

export const machineClock: MachineClock = {
  // eslint-disable-next-line no-restricted-syntax -- counts from the boot; the monotonic time of a `Clock`, from the process
  nowMs: () => Number(process.hrtime.bigint() / 1_000_000n),
  bootId: readBootId(),
};

function readBootId(): string {
  if (process.platform !== "linux") return "";
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return ""; // a sandbox without /proc: the rule for systems without a boot id is just as safe
  }
}
