import { describe, expect, it } from "vitest";

import { catchError } from "../../test/catch-error.js";
import { checkTls, explainTls } from "./tls.js";

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

describe("the options of a TLS connection", () => {
  it("take the content of files, as text or bytes, and whatever else Node takes", () => {
    for (const tls of [undefined, {}, { ca: PEM }, { ca: [PEM, PEM], cert: Buffer.from("x") }, { servername: "h" }])
      expect(() => checkTls(tls)).not.toThrow();
  });

  it.each([{ ca: "/etc/ca.pem" }, { ca: [PEM, "/etc/ca.pem"] }, { cert: "./hunter2.pem" }, { key: "hunter2" }])(
    "do not take a path, which is not shown: %j",
    (tls) => {
      const error = catchError(() => checkTls(tls));
      expect(error.message).toMatch(/^tls\.(ca|cert|key) is not in PEM form .*the content of the file.*readFileSync/);
      expect(error.message).not.toMatch(/hunter2|\/etc/);
    },
  );

  it("are an object", () => {
    expect(() => checkTls("/etc/ca.pem")).toThrow(/tls is not an object.*\{ ca \}/);
  });
});

describe("a failed TLS connection", () => {
  it.each([
    [
      "write EPROTO 40:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:354:",
      /probably does not speak TLS/,
    ],
    ["no answer to the TLS handshake", /not speak TLS/],
    ["self-signed certificate in certificate chain", /as tls\.ca/],
    ["unable to verify the first certificate", /as tls\.ca/],
    ["Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames", /tls\.servername/],
    ["certificate has expired", /renew/],
    ["connect ECONNREFUSED 127.0.0.1:1", undefined],
  ])("with the words %s is explained", (words, text) => {
    if (text === undefined) expect(explainTls(words)).toBeUndefined();
    else expect(explainTls(words)).toMatch(text);
  });
});
