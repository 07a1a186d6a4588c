import { ConfigError } from "../base/errors.js";
import { describe, describeKind } from "../base/describe.js";

/**
 * A store or publisher. `close` closes it if it was opened from a URI, and does nothing if the application passed it.
 */
export interface Opened<T> {
  readonly value: T;
  close(): Promise<void>;
}

/**
 * Returns `value` if it was built for this contract.
 * @throws ConfigError for anything else, such as another version.
 */
export function checkContract<T extends { readonly contract: number }>(
  field: string,
  value: T | undefined,
  contract: number,
): T {
  if (value?.contract === contract) return value;
  const found =
    typeof value === "object" && value !== null
      ? `an object with contract ${describe(value.contract)}`
      : describeKind(value);
  throw new ConfigError(
    `${field} is ${found}: expected a URI, or a ${field} made for contract ${contract} of @beatx/core`,
    { field },
  );
}

/** A copy without the undefined fields. */
export function defined<T extends object>(fields: T): Partial<{ [K in keyof T]: NonNullable<T[K]> }> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<{
    [K in keyof T]: NonNullable<T[K]>;
  }>;
}
