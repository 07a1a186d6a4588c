import { describe, expect, it } from "vitest";
import { type Choice, drawEpisodes, type Episode } from "./plan.js";

const CHOICES: readonly Choice[] = [
  { kind: "kill", weight: 2 },
  { kind: "pause", weight: 2 },
  { kind: "cut", server: "store", weight: 2 },
  { kind: "clock-step", weight: 1 },
  { kind: "server-wipe", server: "store", weight: 1 },
  { kind: "kill-all", weight: 1 },
];

function first(seed: number, count: number): Episode[] {
  const episodes = drawEpisodes(seed, CHOICES, 3);
  return Array.from({ length: count }, () => episodes.next().value as Episode);
}

describe("the plan of faults", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(first(7, 50)).toEqual(first(7, 50));
    expect(first(7, 50)).not.toEqual(first(8, 50));
  });

  it("draws every kind, and leaves one node of each episode alone", () => {
    const episodes = first(1, 200);
    expect(new Set(episodes.flat().map(({ kind }) => kind))).toEqual(new Set(CHOICES.map(({ kind }) => kind)));
    for (const episode of episodes) {
      const harmed = new Set(episode.flatMap(({ node }) => (node === undefined ? [] : [node])));
      expect(harmed.size).toBeLessThan(3);
    }
  });

  it("has at most one fault of a server or of all nodes in an episode", () => {
    for (const episode of first(3, 200)) {
      const wide = episode.filter(({ kind }) => kind === "server-wipe" || kind === "kill-all");
      expect(wide.length).toBeLessThan(2);
    }
  });
});
