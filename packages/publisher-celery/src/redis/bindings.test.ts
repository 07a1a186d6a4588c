import { describe, expect, it } from "vitest";
import { bindingKey, findQueues, instantsKey, KOMBU_NAMING, ownBinding, parseBinding, queueKey } from "./bindings.js";

const row = (...parts: string[]) => parseBinding(parts.join("\x06\x16"), "\x06\x16");

describe("queueKey", () => {
  it("has one list for each of four ranges of priorities", () => {
    const suffixes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((priority) => queueKey("q", priority, KOMBU_NAMING).slice(1));
    const [three, six, nine] = ["\x06\x163", "\x06\x166", "\x06\x169"];
    expect(suffixes).toEqual(["", "", "", three, three, three, six, six, six, nine]);
  });

  // Computed by `Channel._q_for_pri` of kombu 4.6.11, 5.2.4 and 5.6.2, for priorities 0 to 9.
  it.each([
    [
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      ["q", "q:1", "q:2", "q:3", "q:4", "q:5", "q:6", "q:7", "q:8", "q:9"],
    ],
    [[0], Array.from({ length: 10 }, () => "q")],
    [
      [0, 5],
      ["q", "q", "q", "q", "q", "q:5", "q:5", "q:5", "q:5", "q:5"],
    ],
    [
      [2, 4],
      ["q:4", "q:4", "q:2", "q:2", "q:4", "q:4", "q:4", "q:4", "q:4", "q:4"],
    ],
    [
      [0, 3, 100],
      ["q", "q", "q", "q:3", "q:3", "q:3", "q:3", "q:3", "q:3", "q:3"],
    ],
  ])("chooses the list that kombu chooses with the steps %j", (prioritySteps, lists) => {
    const naming = { keyPrefix: "", separator: ":", prioritySteps };
    expect(lists.map((_, priority) => queueKey("q", priority, naming))).toEqual(lists);
  });

  it("refuses a name at whose separator a worker would cut the key", () => {
    const naming = { ...KOMBU_NAMING, separator: ":" };
    expect(() => queueKey("eu:mail", 0, naming)).toThrow('"eu:mail" contains the separator ":"');
    expect(queueKey("eu:mail", 3, naming)).toBe("eu:mail:3");
  });

  it("puts the global prefix before everything", () => {
    expect(queueKey("q", 5, { ...KOMBU_NAMING, keyPrefix: "pfx:" })).toBe("pfx:q\x06\x163");
    expect(bindingKey("q", "pfx:")).toBe("pfx:_kombu.binding.q");
    expect(instantsKey("q", "pfx:")).toBe("pfx:{q}:p");
  });
});

describe("findQueues", () => {
  const table = [
    row("order.new", "", "direct"),
    row("order.#", "^order\\..*?$", "all-orders"),
    row("order.*.paid", "^order\\..*?[^\\.]\\.paid$", "paid"),
    row("order.#", "^order\\..*?$", "all-orders"),
  ];

  it("follows direct and topic bindings, and names each queue once", () => {
    expect(findQueues(table, "order.new")).toEqual(["all-orders", "direct"]);
    expect(findQueues(table, "order.7.paid")).toEqual(["all-orders", "paid"]);
    expect(findQueues(table, "invoice.new")).toEqual([]);
  });

  it("reads patterns with kombu's escapes", () => {
    expect(findQueues([row("a-b.#", "^a\\-b\\..*?$", "q")], "a-b.c")).toEqual(["q"]);
  });

  it("ignores rows that make no sense", () => {
    expect(findQueues([row("x", "^(", "broken"), row("x", "", ""), row("x")], "x")).toEqual([]);
  });

  it("finds a queue by its own declaration", () => {
    expect(findQueues([parseBinding(ownBinding("mail", ":"), ":")], "mail")).toEqual(["mail"]);
  });
});
