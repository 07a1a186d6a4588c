/** Collects garbage now, if the process was started with `--expose-gc`: what is measured next does not pay for what was before. */
export function collectGarbage(): void {
  globalThis.gc?.();
}
