import { BeatNode as Node } from "@beatx/test-servers";
import { inject } from "vitest";

export { leaderOf } from "@beatx/test-servers";
export type BeatNode = Node;

/** Starts nodes of the installed packages. */
export const BeatNode = {
  start: (options: object): Promise<Node> => Node.start(inject("application"), options),
};
