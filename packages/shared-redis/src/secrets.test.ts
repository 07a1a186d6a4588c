import { describe, expect, it } from "vitest";
import { addSecrets } from "./secrets.js";

const secrets = { tls: { ca: "pem" }, sentinelUsername: "s", sentinelPassword: "sp" };
const sentinels = [{ host: "one", port: 26_379 }];

describe("the secrets of a connection", () => {
  it("concern TLS only if there is TLS", () => {
    expect(addSecrets({ host: "h" }, secrets)).toEqual({ host: "h" });
    expect(addSecrets({ host: "h", tls: {} }, secrets)).toEqual({ host: "h", tls: { ca: "pem" } });
    expect(addSecrets({ host: "h", tls: {} }, {})).toEqual({ host: "h", tls: {} });
  });

  it("concern sentinels only if there are sentinels, which share the TLS material", () => {
    const credentials = { sentinelUsername: "s", sentinelPassword: "sp" };
    expect(addSecrets({ sentinels }, secrets)).toEqual({ sentinels, ...credentials });
    expect(addSecrets({ sentinels, tls: {}, sentinelTLS: {} }, secrets)).toEqual({
      sentinels,
      ...credentials,
      tls: { ca: "pem" },
      sentinelTLS: { ca: "pem" },
    });
  });
});
