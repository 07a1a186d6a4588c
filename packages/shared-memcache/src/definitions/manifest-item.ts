import { randomBytes } from "node:crypto";
import type { MemcacheCommands, MemcacheItem } from "../connection/memcache-connection.js";
import { describeItem, UnreadableError } from "../items/unreadable.js";
import type { Notices } from "../items/unreadable.js";
import { decodeManifest, encodeManifest, newManifest } from "./manifest.js";
import type { Manifest } from "./manifest.js";

export interface OpenManifest {
  readonly manifest: Manifest;
  readonly item: MemcacheItem;
}

/** Added to the number of a restored manifest, so that no revision repeats: other nodes may have made changes meanwhile. */
const UNKNOWN_CHANGES = 1_000_000_000;

/** The item that holds the manifest. Only a leader replaces one that cannot be read: it may be all that is left of it. */
export class ManifestItem {
  readonly #key: string;
  readonly #notices: Notices;
  readonly #remembered: () => Manifest | undefined;

  /** `remembered`: the last manifest that this node has read, if it keeps all its buckets. */
  constructor(key: string, notices: Notices, remembered: () => Manifest | undefined) {
    this.#key = key;
    this.#notices = notices;
    this.#remembered = remembered;
  }

  /** Reads it. If it is missing, a new life begins, so that no revision repeats. @throws UnreadableError */
  async open(commands: MemcacheCommands): Promise<OpenManifest> {
    for (;;) {
      const item = await commands.gets(this.#key);
      const manifest = item && decodeManifest(item.text);
      if (manifest) return { item, manifest };
      if (item) throw this.#unreadable(item);
      await commands.add(this.#key, encodeManifest(newManifest(newLife())), 0);
    }
  }

  /** `false`: changed meanwhile. */
  replace(commands: MemcacheCommands, next: Manifest, { cas }: MemcacheItem): Promise<boolean> {
    return commands.cas(this.#key, encodeManifest(next), 0, cas);
  }

  /** Puts the fence on it (the seal of R35). Returns the result: with this fence, or with a higher one. */
  async raiseFence(commands: MemcacheCommands, fence: number): Promise<Manifest> {
    for (;;) {
      const item = await commands.gets(this.#key);
      const found = item && decodeManifest(item.text);
      if (found && found.fence >= fence) return found;
      const next = { ...(found ?? this.#substitute(item)), fence };
      const isWritten = item
        ? await this.replace(commands, next, item)
        : await commands.add(this.#key, encodeManifest(next), 0);
      if (!isWritten) continue;
      if (item && !found) this.#notices.add(this.#describe(item));
      return next;
    }
  }

  /** Whether it has this fence. For the leader of this fence: an unreadable one is written again from memory. */
  async hasFence(commands: MemcacheCommands, fence: number): Promise<boolean> {
    for (;;) {
      const item = await commands.gets(this.#key);
      const found = item && decodeManifest(item.text);
      if (found) return found.fence >= fence;
      // The manifest of an earlier term may belong to a schedule that was lost since.
      if (!item || this.#remembered()?.fence !== fence) return false;
      if (!(await this.replace(commands, { ...this.#substitute(item), fence }, item))) continue;
      this.#notices.add(this.#describe(item));
      return true;
    }
  }

  /** Replaces an unreadable manifest by the one that this node remembers. Without it, or if it is missing, a new life begins. */
  #substitute(item: MemcacheItem | null): Manifest {
    const remembered = item ? this.#remembered() : undefined;
    if (!remembered) return newManifest(newLife());
    return { ...remembered, number: remembered.number + UNKNOWN_CHANGES };
  }

  #unreadable({ text }: MemcacheItem): UnreadableError {
    const wayOut = "the leader replaces it. If another application uses this key, choose another namespace";
    return new UnreadableError("manifest", this.#key, text, wayOut);
  }

  #describe({ text }: MemcacheItem): string {
    const rest = this.#remembered()
      ? "it is restored as this node last read it: edits since then are lost"
      : "this node has no copy, so the schedule begins anew: entries that clients made are lost, unless another node that knows them leads next";
    return `the manifest could not be read: ${describeItem(this.#key, text)}; ${rest}`;
  }
}

function newLife(): string {
  return randomBytes(12).toString("base64url");
}
