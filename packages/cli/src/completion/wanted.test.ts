import { Argument, Command, Option } from "commander";
import { describe, expect, it } from "vitest";
import { findWanted, type Wanted } from "./wanted.js";

const program = new Command("beatx").version("1").helpCommand(false);
program.command("list").option("--tag <tag>").option("--json").option("--after <name>").option("-c, --config <file>");
program
  .command("pause")
  .argument("[entries...]")
  .option("--tag <tag>", "a tag", (tag, tags: string[] = []) => [...tags, tag])
  .option("--all")
  .option("-s, --store <uri>")
  .addOption(new Option("--missed <policy>").choices(["skip", "latest", "all"]));
program.command("show").argument("<entry>");
program.command("shell").addArgument(new Argument("<shell>").choices(["bash", "zsh"]));
program.command("import").helpCommand(false).command("crontab").argument("<file...>").option("--replace");
program.command("__complete", { hidden: true }).argument("[words...]");

const wanted = (...words: string[]): Wanted => findWanted(program, words).wanted;
function wordsOf(...words: string[]): string[] {
  const found = wanted(...words);
  return found.kind === "words" ? found.words.map(({ word }) => word) : [found.kind];
}

describe("what completes a command line", () => {
  it("are the commands first, without hidden ones", () => {
    expect(wordsOf("")).toEqual(["list", "pause", "show", "shell", "import"]);
    expect(wordsOf("sh")).toEqual(["show", "shell"]);
    expect(wordsOf()).toEqual(["list", "pause", "show", "shell", "import"]);
    expect(wordsOf("-")).toEqual(["--version", "--help"]);
    expect(wordsOf("none", "")).toEqual([]);
  });

  it("are the commands of a command that has some, then theirs", () => {
    expect(wordsOf("import", "")).toEqual(["crontab"]);
    expect(wordsOf("import", "crontab", "--re")).toEqual(["--replace"]);
    expect(wanted("import", "crontab", "a", "")).toEqual({ kind: "files" });
    expect(wordsOf("import", "none", "")).toEqual([]);
  });

  it("are the flags of the command, each once unless it may be repeated", () => {
    expect(wordsOf("pause", "--")).toEqual(["--tag", "--all", "--store", "--missed", "--help"]);
    expect(wordsOf("pause", "--tag", "a", "--all", "--")).toEqual(["--tag", "--store", "--missed", "--help"]);
    expect(wordsOf("pause", "--st")).toEqual(["--store"]);
  });

  it("are the names of entries, as many as the command takes", () => {
    expect(wanted("pause", "a", "b", "c")).toEqual({ kind: "entries", typed: "c", before: "" });
    expect(wanted("show", "")).toEqual({ kind: "entries", typed: "", before: "" });
    expect(wordsOf("show", "a", "")).toEqual([]);
    expect(wordsOf("list", "")).toEqual([]);
  });

  it("is what a flag takes, in the next word or in the same one", () => {
    expect(wanted("pause", "--tag", "re")).toEqual({ kind: "tags", typed: "re", before: "" });
    expect(wanted("pause", "--tag=re")).toEqual({ kind: "tags", typed: "re", before: "--tag=" });
    expect(wanted("list", "--after", "m")).toEqual({ kind: "entries", typed: "m", before: "" });
    expect(wordsOf("pause", "--missed", "")).toEqual(["skip", "latest", "all"]);
    expect(wordsOf("pause", "--missed=s")).toEqual(["--missed=skip"]);
    expect(wordsOf("list", "--config", "")).toEqual(["files"]);
    expect(wordsOf("pause", "--store", "")).toEqual([]);
    expect(wordsOf("shell", "b")).toEqual(["bash"]);
  });

  it("tells the flags that name the store", () => {
    expect(findWanted(program, ["pause", "-s", "lmdb:./x", "--missed=all", ""])).toEqual({
      wanted: { kind: "entries", typed: "", before: "" },
      flags: { store: "lmdb:./x", missed: "all" },
    });
  });
});
