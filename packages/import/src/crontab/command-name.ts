import { basename } from "node:path";

import { nameFrom } from "../base/names.js";

/** Programs that run another one; each with the pattern of what stands between. */
const WRAPPERS: readonly RegExp[] = [
  /^[({]\s*/,
  /^(?:cd|pushd)\s+\S+\s*(?:&&|;)\s*/,
  /^(?:\[\s[^\]]*\]|test\s[^&|;]*?)\s*(?:&&|\|\||;)\s*/,
  /^(?:source|\.)\s+\S+\s*(?:&&|;)\s*/,
  /^sleep\s+\S+\s*(?:&&|;)\s*/,
  /^[A-Za-z_]\w*=(?:"[^"]*"|'[^']*'|\S*)\s+/,
  /^(?:\S*\/)?(?:env|exec|nohup|chronic|setsid|command)\s+(?=\S)/,
  /^(?:\S*\/)?sudo(?:\s+-\w+(?:\s+(?=[a-z_]\w*\s)\S+)?)*\s+/,
  /^(?:\S*\/)?(?:nice|ionice)(?:\s+-\S+(?:\s+-?\d+(?=\s))?)*\s+/,
  /^(?:\S*\/)?timeout(?:\s+-\S+|(?<=\s-[ks])\s+\S+)*\s+[\d.]+[smhd]?\s+/,
  /^(?:\S*\/)?flock(?:\s+-\S+(?:\s+\d+(?=\s))?)*\s+\S+\s+/,
  /^(?:\S*\/)?(?:ba|da|z|k)?sh\s+-\w*c\s+["']?/,
];
const INTERPRETER = /^(?:python|php|node|ruby|perl|(?:ba|da|z|k)?sh|Rscript|java|deno|bun|npx|uv|poetry)[\d.]*$/;
/** Words of a program that runs programs. */
const FILLERS = new Set(["run", "exec"]);

/** A name for a shell command: that of the program or script that does the work. */
export function commandName(command: string): string {
  let rest = command.trim();
  for (let before = ""; before !== rest;) {
    before = rest;
    for (const wrapper of WRAPPERS) rest = rest.replace(wrapper, "");
  }
  const words = rest.split(/[\s;|&<>"')]+/).filter((word) => word !== "");
  const program = nameOfFile(words[0] ?? "");
  const module = /(?:^|\s)-m\s+([\w.]+)/.exec(rest)?.[1];
  if (!INTERPRETER.test(program)) return nameFrom(program, "job");
  const script = module ?? words.slice(1).find((word) => !word.startsWith("-") && !FILLERS.has(word));
  return nameFrom(script === undefined ? program : nameOfFile(script), "job");
}

function nameOfFile(word: string): string {
  return basename(word).replace(/\.(?:sh|py|php|js|mjs|cjs|ts|rb|pl|r|jar)$/i, "");
}
