import type { CommandContext } from "./command-context.js";

/** Whether the output may have colors: on a terminal only, and not with `NO_COLOR` (no-color.org) or `TERM=dumb`. */
export function mayColor({ stdout, env }: Pick<CommandContext, "stdout" | "env">): boolean {
  return Boolean(stdout.isTTY) && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}
