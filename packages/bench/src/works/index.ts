import { burstWorks } from "./bursts.js";
import { otherQueueWorks } from "./other-queues.js";
import { runningWorks } from "./running.js";
import { scaleWorks } from "./scale.js";
import type { Form, Work } from "./work.js";

/** Everything that is measured, in its order. */
export function worksOf(form: Form): Work[] {
  return [...burstWorks(form), ...otherQueueWorks(form), ...scaleWorks(form), ...runningWorks(form)];
}

/** The works that a name of `--only` means: that work, or all that begin with it and a dash. */
export function worksNamed(works: readonly Work[], name: string): Work[] {
  return works.filter((work) => work.name === name || work.name.startsWith(`${name}-`));
}

/** What `--only` may name: families of works, and works. */
export function workNames(): string[] {
  const names = worksOf("full").map(({ name }) => name);
  const families = names.map((name) => name.slice(0, name.lastIndexOf("-"))).filter((family) => family !== "");
  return [...new Set([...families.filter((family, index) => families.indexOf(family) < index), ...names])];
}
