import { afterEach, describe, expect, it, vi } from "vitest";

import { jsonLogger } from "./logger.js";

describe("the JSON logger", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("writes one object a line, with level, time, fields and text", () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    jsonLogger.warn({ entry: "ping" }, "late");
    expect(write).toHaveBeenCalledTimes(1);
    const line = write.mock.calls[0]![0] as string;
    expect(line).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(line)).toEqual({
      level: "warn",
      time: expect.stringMatching(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/) as string,
      entry: "ping",
      msg: "late",
    });
  });

  it("leaves out what is only for debugging", () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    jsonLogger.debug?.({}, "detail");
    expect(write).not.toHaveBeenCalled();
  });
});
