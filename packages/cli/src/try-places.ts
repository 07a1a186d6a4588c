import { BeatxError } from "@beatx/core";

/**
 * Calls `use` with one place after the other until the packages that it needs are found from there.
 * @throws BeatxError `UNKNOWN_SCHEME` of the last place, when they are found from none.
 */
export async function tryPlaces<T>(
  places: readonly (string | undefined)[],
  use: (from: { readonly from?: string }) => Promise<T>,
): Promise<T> {
  const [place, ...others] = places;
  try {
    return await use(place === undefined ? {} : { from: place });
  } catch (error) {
    if (others.length === 0 || !BeatxError.hasCode(error, "UNKNOWN_SCHEME")) throw error;
    return tryPlaces(others, use);
  }
}
