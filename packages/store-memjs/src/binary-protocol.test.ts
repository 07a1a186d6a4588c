import { expect, it } from "vitest";
import { encodeRequest, OPCODE, statusError } from "./binary-protocol.js";

it("a request carries the cas number, the lifetime, and the text as UTF-8", () => {
  const item = { text: "ü", lifetimeS: 86_400 };
  const request = encodeRequest({ opcode: OPCODE.set, key: "key", item, cas: "00000000000000ff" }, 7);
  expect(request.toString("hex")).toBe(
    "80010003080000000000000d0000000700000000000000ff" + "0000000000015180" + Buffer.from("keyü").toString("hex"),
  );
});

it("a request without cas or item leaves both out", () => {
  const request = encodeRequest({ opcode: OPCODE.get, key: "key" }, 1);
  expect(request.toString("hex")).toBe(
    "80000003000000000000000300000001" + "0".repeat(16) + Buffer.from("key").toString("hex"),
  );
});

it("an answer other than yes or no is an error with a text", () => {
  expect(statusError(0x82).message).toBe("out of memory");
  expect(statusError(0x99).message).toBe("the server answered with status 0x99");
});
