import { FakeClock } from "@beatx/core/testing";
import { expect } from "vitest";
import type { CommandFolder, Ended } from "./command-folder.js";
import type { FakeTerminal } from "./fake-context.js";

export const SCHEDULE = {
  report: { task: "reports.send", schedule: "0 7 * * *" },
  sync: { task: "ops.sync", schedule: "0 */6 * * *", missed: "skip" },
};

/** `beatx simulate` in Berlin, on the day before the clocks are put forward. */
export interface Simulation {
  configure(config: object): Promise<void>;
  simulate(args?: readonly string[], terminal?: FakeTerminal): Promise<Ended>;
  /** The output of a command that must succeed. */
  printed(...args: string[]): Promise<string>;
}

export function simulation(folder: CommandFolder): Simulation {
  const clock = new FakeClock("2027-03-27T09:30:00.250Z");
  const simulate: Simulation["simulate"] = (args = [], terminal = {}) =>
    folder.run(["simulate", ...args], { clock, ...terminal });
  return {
    configure: (config) => folder.configure({ timezone: "Europe/Berlin", ...config }),
    simulate,
    async printed(...args) {
      const { exitCode, stdout, stderr } = await simulate(args);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      return stdout;
    },
  };
}
