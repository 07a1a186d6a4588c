import { messageOf } from "@beatx/shared-redis";

/** Reasons for errors of Redis, by the words in them, and the way out. */
const EXPLANATIONS: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/\bREADONLY\b/, "the server is a replica and takes no writes: give the master's address, or use redis-sentinel:"],
  [/\bLOADING\b/, "the server is still loading its data and will answer when that is done"],
  [/\bOOM\b/, "the server has reached maxmemory and takes no writes: raise maxmemory or free memory"],
  [
    /\bMASTERDOWN\b/,
    "the server is a replica that has lost its master: give the master's address, or use redis-sentinel:",
  ],
  [/\bNOREPLICAS\b/, "the server has fewer replicas than min-replicas-to-write asks for, and takes no writes"],
  [/\bMISCONF\b/, "the server cannot save to its disk and takes no writes: see its log"],
  [/\b(CROSSSLOT|MOVED)\b/, "the server is a node of a Redis Cluster: use redis-cluster:"],
  [/\bCLUSTERDOWN\b/, "the Redis Cluster does not serve all its slots at the moment"],
  [
    /\bNOPERM\b|can't run this command/,
    "the Redis user lacks a permission: see the README for the commands that are needed",
  ],
  [/\bNOAUTH\b|\bWRONGPASS\b/, "the server does not accept the user or password: check those in the URI"],
  [/\bWRONGTYPE\b/, "a key of this namespace was made by another program: choose another namespace, or remove the key"],
  [/\bBUSY\b/, "the server is busy with a long script"],
  [/\bDB index is out of range\b/, "the server has no database of that number"],
];

/** A reason and a way out for the server's words; `undefined` for others. */
export function explainWords(words: string): string | undefined {
  return EXPLANATIONS.find(([pattern]) => pattern.test(words))?.[1];
}

const NEVER =
  /^(CROSSSLOT|MOVED|NOPERM|WRONGTYPE)\b|^ERR .*(NOPERM|WRONGTYPE|can't run this command|index is out of range|SELECT is not allowed)/;

/** Whether the server answered that it will never do this. `false` for silence and passing states. */
export function isImpossible(error: unknown): boolean {
  return NEVER.test(messageOf(error));
}
