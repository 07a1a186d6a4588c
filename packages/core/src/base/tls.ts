import { ConfigError } from "./errors.js";
import { isPlainObject } from "./json.js";

/** Options of Node's `tls.connect` that take the content of PEM files. */
const PEM_OPTIONS = ["ca", "cert", "key"];

/**
 * Checks the options of a TLS connection. @throws ConfigError for a certificate or key that is the path of its file. The
 * text is not shown: it may be a key.
 */
export function checkTls(tls: unknown): void {
  if (tls === undefined) return;
  if (!isPlainObject(tls)) {
    throw new ConfigError("tls is not an object: expected options of Node's tls.connect, such as { ca }", {
      field: "tls",
    });
  }
  for (const name of PEM_OPTIONS) {
    const values: readonly unknown[] = [tls[name]].flat();
    if (!values.some((value) => typeof value === "string" && !value.includes("-----BEGIN"))) continue;
    throw new ConfigError(
      `tls.${name} is not in PEM form (it has no "-----BEGIN"): expected the content of the file, not its path, as in ` +
        `${name}: readFileSync("${name}.pem")`,
      { field: `tls.${name}` },
    );
  }
}

/** Causes of failed TLS connections, by the words of OpenSSL and Node, and the way out. */
const EXPLANATIONS: readonly (readonly [words: RegExp, text: string])[] = [
  [
    /wrong version number|packet length too long|unexpected message|record layer failure|no answer to the TLS handshake/i,
    "the server probably does not speak TLS on this port: give its TLS port, or write the scheme without TLS, such as redis: or celery+amqp:",
  ],
  [
    /self[- ]signed certificate|unable to (verify the first|get local issuer|get issuer) certificate/i,
    "the certificate of the server is not signed by a known authority: give that of the authority as tls.ca",
  ],
  [
    /does not match certificate's altnames/i,
    "the certificate of the server is for another name: give the name that it is for as the host, or as tls.servername",
  ],
  [/certificate has expired/i, "the certificate of the server has expired: renew it"],
];

/** A reason and a way out for the words of a failed TLS connection; `undefined` for others. */
export function explainTls(words: string): string | undefined {
  return EXPLANATIONS.find(([pattern]) => pattern.test(words))?.[1];
}
