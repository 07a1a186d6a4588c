import { Utils } from "memjs";

/** The commands of memcached's binary protocol that this package sends. */
export const OPCODE = { get: 0x00, set: 0x01, add: 0x02, delete: 0x04, touch: 0x1c } as const;

/** Answers that are no errors: one yes, three kinds of no. */
export const STATUS = { ok: 0x00, missing: 0x01, exists: 0x02, notStored: 0x05 } as const;

/** The meaning of other answers. */
const ERRORS: ReadonlyMap<number, string> = new Map([
  [0x03, "value too large"],
  [0x04, "invalid arguments"],
  [0x08, "authentication failed"],
  [0x20, "authentication failed"],
  [0x81, "unknown command"],
  [0x82, "out of memory"],
]);

/** The offset of the `cas` number in a request. */
const CAS_OFFSET = 16;

export interface BinaryRequest {
  readonly opcode: number;
  readonly key: string;
  /** The text to store, with its lifetime in whole seconds. */
  readonly item?: { readonly text: string; readonly lifetimeS: number };
  /** The new lifetime of an item, in whole seconds. */
  readonly lifetimeS?: number;
  /** The request applies only if the item has this number; hexadecimal. */
  readonly cas?: string;
}

export function encodeRequest({ opcode, key, item, lifetimeS, cas }: BinaryRequest, sequence: number): Buffer {
  const extras = Buffer.alloc(item ? 8 : lifetimeS === undefined ? 0 : 4);
  // Four bytes of flags, 0 as the client `memcached` writes them, then the lifetime.
  if (item) extras.writeUInt32BE(item.lifetimeS, 4);
  else if (lifetimeS !== undefined) extras.writeUInt32BE(lifetimeS);
  const request = Utils.makeRequestBuffer(opcode, key, extras, item?.text ?? "", sequence);
  if (cas !== undefined) request.write(cas, CAS_OFFSET, "hex");
  return request;
}

export function statusError(status: number): Error {
  return new Error(ERRORS.get(status) ?? `the server answered with status 0x${status.toString(16)}`);
}
