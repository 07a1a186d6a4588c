import { describe, expect, it } from "vitest";
import { explainPermission } from "./permissions.js";

describe("a permission that RabbitMQ refused", () => {
  it.each([
    ["ACCESS_REFUSED - access to exchange 'amq.default' in vhost '/' refused for user 'b'", true, "write", "exchange"],
    ["ACCESS_REFUSED - access to queue 'mail' in vhost '/' refused for user 'b'", false, "configure", "queue"],
    ["ACCESS_REFUSED - access to exchange 'm' in vhost 'v' refused for user 'b'", false, "write", "exchange"],
    ["ACCESS_REFUSED - read access to exchange 'm' in vhost 'v' refused for user 'b'", false, "read", "exchange"],
  ])("is named with its resource: %s", (words, toSend, permission, kind) => {
    expect(explainPermission(words, { toSend })).toContain(`needs the permission ${permission} for the ${kind} "`);
  });

  it("is not seen in other words", () => {
    expect(explainPermission("NOT_FOUND - no exchange 'mail' in vhost '/'", { toSend: true })).toBeUndefined();
  });
});
