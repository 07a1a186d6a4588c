import { readFileSync } from "node:fs";

/** The time that all processes of one machine share; a lease on this machine is measured by nothing else. */
export interface MachineClock {
  /** Whole ms since some moment of this boot. The same for every process; never jumps, whatever the wall clock does. */
  nowMs(): number;
  /**
   * Another text after every boot; `""` where the system tells none. Without it a boot shows all the same: `nowMs` has
   * begun anew, so that what was written before lies further in the future than it can.
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
    return ""; // a sandbox without /proc: the rule for systems without a boot id is as safe
  }
}
