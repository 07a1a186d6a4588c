import { describe, expect, it } from "vitest";
import { bindingKey, findQueues, instantsKey, ownBinding, parseBinding, queueKey } from "./bindings.js";

const row = (...parts: string[]) => parseBinding(parts.join("\x06\x16"));

describe("queueKey", () => {
  it("has one list for each of four ranges of priorities", () => {
    const suffixes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((priority) => queueKey("q", priority, "").slice(1));
    const [three, six, nine] = ["\x06\x163", "\x06\x166", "\x06\x169"];
    expect(suffixes).toEqual(["", "", "", three, three, three, six, six, six, nine]);
  });

  it("puts the global prefix before everything", () => {
    expect(queueKey("q", 5, "pfx:")).toBe("pfx:q\x06\x163");
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
    expect(findQueues([parseBinding(ownBinding("mail"))], "mail")).toEqual(["mail"]);
  });
});
