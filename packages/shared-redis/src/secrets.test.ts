import { describe, expect, it } from "vitest";
import { addSecrets } from "./secrets.js";

const PEM = "-----BEGIN CERTIFICATE-----";
const secrets = { tls: { ca: PEM }, sentinelUsername: "s", sentinelPassword: "sp" };
const sentinels = [{ host: "one", port: 26_379 }];

describe("the secrets of a connection", () => {
  it("concern TLS only if there is TLS", () => {
    expect(addSecrets({ host: "h" }, secrets)).toEqual({ host: "h" });
    expect(addSecrets({ host: "h", tls: {} }, secrets)).toEqual({ host: "h", tls: { ca: PEM } });
    expect(addSecrets({ host: "h", tls: {} }, {})).toEqual({ host: "h", tls: {} });
  });

  it("are no paths of files", () => {
    expect(() => addSecrets({ host: "h", tls: {} }, { tls: { ca: "/etc/ca.pem" } })).toThrow(
      /tls\.ca.*content of the file/,
    );
  });

  it("concern sentinels only if there are sentinels, which share the TLS material", () => {
    const credentials = { sentinelUsername: "s", sentinelPassword: "sp" };
    expect(addSecrets({ sentinels }, secrets)).toEqual({ sentinels, ...credentials });
    expect(addSecrets({ sentinels, tls: {}, sentinelTLS: {} }, secrets)).toEqual({
      sentinels,
      ...credentials,
      tls: { ca: PEM },
      sentinelTLS: { ca: PEM },
    });
  });
});
