import { explainTls } from "@beatx/core/adapter";

/** Causes of failed connections, by the words of Redis and the system, and the way out. */
const EXPLANATIONS: readonly (readonly [words: RegExp, text: string])[] = [
  [
    /max number of clients reached/i,
    "the server takes no more connections: raise its maxclients, or close idle clients",
  ],
  // The server's own words are lost if it closes the connection while the first command is being written.
  [
    /^no connection to .*(write EPIPE|ECONNRESET)/s,
    "the server closed the connection at once: it has probably reached its maxclients, runs in protected mode, or speaks " +
      "nothing but TLS on this port (then write rediss:)",
  ],
];

/** A reason and a way out for a connection that the server or TLS refuses; `undefined` for other words. */
export function explainConnection(words: string): string | undefined {
  return EXPLANATIONS.find(([pattern]) => pattern.test(words))?.[1] ?? explainTls(words);
}
