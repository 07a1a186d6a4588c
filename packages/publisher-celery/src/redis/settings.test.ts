import { ConfigError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import type { KeyNaming } from "./bindings.js";
import { readSettings } from "./settings.js";
import type { CeleryRedisOptions } from "./settings.js";

const URI = "celery+redis://u:secret@h";

function namingOf(options: CeleryRedisOptions, uri = URI): KeyNaming {
  const { connection, naming } = readSettings({ uri, ...options });
  void connection.close();
  return naming;
}

/** The example of Celery's guide to routing, with options that only concern workers. */
const transportOptions = {
  sep: ":",
  priority_steps: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  queue_order_strategy: "priority",
  visibility_timeout: 43_200,
  global_keyprefix: "pfx:",
};

describe("the names of keys", () => {
  it("are kombu's unless something else is set", () => {
    expect(namingOf({})).toEqual({ keyPrefix: "", separator: "\x06\x16", prioritySteps: [0, 3, 6, 9] });
  });

  it.each<[CeleryRedisOptions, string]>([
    [{ transportOptions }, URI],
    [{ sep: ":", prioritySteps: transportOptions.priority_steps, globalKeyprefix: "pfx:" }, URI],
    [{}, `${URI}?sep=:&priority_steps=0,1,2,3,4,5,6,7,8,9&global_keyprefix=pfx:`],
    [{}, `${URI}?sep=%3A&priority_steps=0%2C1, 2,3,4,5,6,7,8,9&global_keyprefix=pfx:`],
    [{ transportOptions }, `${URI}?sep=-&priority_steps=0&global_keyprefix=other`],
  ])("are read from %o and %s", (options, uri) => {
    const expected = { keyPrefix: "pfx:", separator: ":", prioritySteps: transportOptions.priority_steps };
    expect(namingOf(options, uri)).toEqual(expected);
  });

  it.each<[object, string]>([
    [{ sep: "" }, '"sep"'],
    [{ sep: 5 }, '"sep"'],
    [{ prioritySteps: [] }, '"prioritySteps" is []: expected ascending whole numbers from 0 to 255'],
    [{ prioritySteps: [0, 3, 3] }, '"prioritySteps" is [0,3,3]'],
    [{ prioritySteps: [3, 0] }, '"prioritySteps" is [3,0]'],
    [{ prioritySteps: [0, 256] }, '"prioritySteps" is [0,256]'],
    [{ prioritySteps: [-1, 0] }, '"prioritySteps" is [-1,0]'],
    [{ prioritySteps: [0, 1.5] }, '"prioritySteps" is [0,1.5]'],
    [{ prioritySteps: ["0"] }, '"prioritySteps" is ["0"]'],
    [{ prioritySteps: "0,3" }, '"prioritySteps" is "0,3"'],
    [{ transportOptions: { priority_steps: [9, 0] } }, '"prioritySteps" is [9,0]'],
    [{ transportOptions: ["sep"] }, '"transportOptions" is not an object'],
    [{ transportOptions: { separator: ":" } }, '"transportOptions.separator" is unknown'],
    [{ transportOptions: { toString: 1 } }, '"transportOptions.toString" is unknown'],
    [{ transportOptions: { sep: ":" }, sep: ":" }, '"transportOptions.sep" and "sep" are the same'],
    [{ transportOptions: { sentinel_kwargs: { password: "secret" } } }, '"sentinelPassword"'],
    [{ transportOptions: { master_name: "main" } }, '"transportOptions.master_name"'],
  ])("cannot be read from %o", (options, words) => {
    const read = (): KeyNaming => namingOf(options as CeleryRedisOptions);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(words);
    expect(read).not.toThrow("secret");
  });

  it("may come with the master's name that the URI has", () => {
    const uri = "celery+redis-sentinel://one,two/main/0";
    expect(namingOf({ transportOptions: { master_name: "main", sep: ":" } }, uri).separator).toBe(":");
  });

  it.each(["3,0", "0,0", "0,x", "", "0,,3", "0,256", "1e1"])(
    "cannot be read from priority_steps=%s in the URI",
    (steps) => {
      const read = (): KeyNaming => namingOf({}, `${URI}?priority_steps=${steps}`);
      expect(read).toThrow(ConfigError);
      expect(read).toThrow('"priority_steps" cannot be read: expected ascending');
      expect(read).not.toThrow("secret");
    },
  );
});
