import { messageOf } from "./errors.js";

/** The parts of an explanation that depend on the user of a connection. Each completes a sentence about what to do. */
export interface WayOut {
  /** How to reach the master behind sentinels: "use redis-sentinel:". */
  readonly sentinels: string;
  /** What to do about a Redis Cluster: "use redis-cluster:". */
  readonly cluster: string;
  /** What to do about a key of another program: "choose another namespace, or remove the key". */
  readonly foreignKey: string;
}

/** Reasons for errors of Redis, by the words in them, and the way out. */
function explanations({
  sentinels,
  cluster,
  foreignKey,
}: WayOut): readonly (readonly [pattern: RegExp, text: string])[] {
  const master = `give the master's address, or ${sentinels}`;
  return [
    [/\bREADONLY\b/, `the server is a replica and takes no writes: ${master}`],
    [/\bLOADING\b/, "the server is still loading its data and will answer when that is done"],
    [/\bOOM\b/, "the server has reached maxmemory and takes no writes: raise maxmemory or free memory"],
    [/\bMASTERDOWN\b/, `the server is a replica that has lost its master: ${master}`],
    [/\bNOREPLICAS\b/, "the server has fewer replicas than min-replicas-to-write asks for, and takes no writes"],
    [/\bMISCONF\b/, "the server cannot save to its disk and takes no writes: see its log"],
    [/\b(CROSSSLOT|MOVED)\b/, `the server is a node of a Redis Cluster: ${cluster}`],
    [/\bCLUSTERDOWN\b/, "the Redis Cluster does not serve all its slots at the moment"],
    [NO_RIGHT, "the Redis user lacks a right: the README lists those that are needed"],
    [/\bNOAUTH\b|\bWRONGPASS\b/, "the server does not accept the user or password: check those in the URI"],
    [/\bWRONGTYPE\b/, `another program made a key that beatx needs: ${foreignKey}`],
    [/\bBUSY\b/, "the server is busy with a long script"],
    [/\bDB index is out of range\b/, "the server has no database of that number"],
  ];
}

const NO_RIGHT =
  /\bNOPERM\b|the Redis user lacks a right: it may not|\bACL failure in script\b|The user executing the script can't (run|access)/;

/** Whether the server's words say that its user lacks a right. */
export function lacksRight(words: string): boolean {
  return NO_RIGHT.test(words);
}

/** Gives a reason and a way out for the server's words; `undefined` for others. */
export function explainWith(wayOut: WayOut): (words: string) => string | undefined {
  const known = explanations(wayOut);
  return (words) => known.find(([pattern]) => pattern.test(words))?.[1];
}

const NEVER =
  /^(CROSSSLOT|MOVED|NOPERM|WRONGTYPE)\b|^ERR .*(NOPERM|WRONGTYPE|ACL failure|can't (run this command|access at least)|index is out of range|SELECT is not allowed)/;

/** Whether the server answered that it will never do this. `false` for silence and passing states. */
export function isImpossible(error: unknown): boolean {
  return NEVER.test(messageOf(error));
}
