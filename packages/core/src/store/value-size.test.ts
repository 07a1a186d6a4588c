import { describe, expect, it } from "vitest";

import type { BeatxError } from "../base/errors.js";
import { checkValueSize } from "./value-size.js";

describe("checkValueSize", () => {
  it("counts bytes, not characters", () => {
    expect(() => checkValueSize("redis", "daily", "é".repeat(5), 10)).not.toThrow();
    expect(() => checkValueSize("redis", "daily", "é".repeat(6), 10)).toThrow(
      expect.objectContaining({ code: "VALUE_TOO_LARGE" }) as BeatxError,
    );
  });
});
