import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readJson, root } from "../workspace.mjs";
import { fillFigures, RECORDERS } from "./fill-figures.mjs";
import { figureTables } from "./figure-tables.mjs";
import { currentPage, PAGE, readFigures, readPromises, readReadme } from "./read-figures.mjs";
import { legendOf } from "./legends.mjs";
import { sentencesOf } from "./readme-sentences.mjs";
import { renderPage } from "./render-page.mjs";

const { promises, statements, zero, known } = readPromises();
const support = promises.flatMap((promise) => promise.support);

describe("docs/reliability.md", () => {
  it('is what "npm run write-reliability" makes of the recorded figures', () => {
    expect(readFileSync(PAGE, "utf8")).toBe(currentPage());
  });

  it("has a row for each sentence of README that promises something, and README has each sentence that the page quotes", () => {
    const listed = [...promises.flatMap(({ sentences }) => sentences), ...statements];
    expect([...listed].sort()).toEqual(sentencesOf(readReadme()).sort());
  });

  it("supports each promise with a test that exists, or with figures of a command", () => {
    expect(promises.filter((promise) => promise.support.length === 0)).toEqual([]);
    const tests = support.flatMap((each) => each.tests ?? []);
    expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const names = support.flatMap((each) => each.figures ?? []);
    expect(names.filter((name) => !Object.hasOwn(RECORDERS, name))).toEqual([]);
  });

  it("repeats each promise with a command that package.json or the repository has", () => {
    const { scripts } = readJson("package.json");
    const recorded = Object.values(readFigures()).map(({ command }) => command);
    const commands = [...support.flatMap((each) => each.command ?? []), ...recorded].flatMap((line) =>
      line.split(" && "),
    );
    const unknown = commands.filter((line) => {
      const [, script] = /^npm run ([\w:-]+)/.exec(line) ?? [];
      return script === undefined ? !existsSync(join(root, line.split(" ")[0])) : !Object.hasOwn(scripts, script);
    });
    expect(unknown).toEqual([]);
  });

  it("rests on no run that broke a promise without a word about it on the page", () => {
    const recorded = Object.entries(readFigures());
    const broken = recorded.flatMap(([name, figures]) =>
      zero[name]
        .filter((path) => known[`${name} ${path}`] === undefined)
        .map((path) => `${name} ${path}: ${fillFigures(`{${path}}`, figures, name)}`),
    );
    expect(broken.filter((line) => !line.endsWith(": 0"))).toEqual([]);
    expect(Object.keys(zero).sort()).toEqual(Object.keys(RECORDERS).sort());
  });

  it("shows every file of figures", () => {
    const files = readdirSync(join(root, "docs/reliability")).filter((file) => file !== "promises.json");
    expect(files.filter((file) => !Object.hasOwn(RECORDERS, file.replace(/\.json$/, "")))).toEqual([]);
  });
});

it("README tells how long the example of a store really is", () => {
  const folder = join(root, "examples/own-store/src");
  const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), "utf8").trimEnd().split("\n"));
  const said = Number(/in about (\d+) lines of code/.exec(readReadme())[1]);
  expect(Math.abs(lines.length - said)).toBeLessThanOrEqual(15);
});

describe("the sentences of README", () => {
  const README = `# beatx

**Short.** It _leads_, see [the
protocol](x.md). It waits.

\`\`\`
code. Not a sentence.
\`\`\`

- **First**: one thing. Another thing.
- Second

## Use it

Left out.

## Delivery guarantees

| store and queue | promise |
| --------------- | ------- |
| Redis           | **once** |

It ends.

## More

Left out.
`;

  it("are those before the first section and of the guarantees, without emphasis, links and code", () => {
    expect(sentencesOf(README)).toEqual([
      "Short.",
      "It leads, see the protocol.",
      "It waits.",
      "First: one thing.",
      "Another thing.",
      "Second",
      "Redis: once",
      "It ends.",
    ]);
  });

  it("cannot be read from a README without the section", () => {
    expect(() => sentencesOf("# beatx\n\nShort.\n")).toThrow('README.md has no section "Delivery guarantees"');
  });
});

describe("a figure in a sentence", () => {
  const figures = { seeds: 1_200_000, rate: 78.26, faults: { kill: 12 }, rows: [{ fault: "kill -9", store: "redis", max: { ms: 15_100 } }], none: null }; // prettier-ignore

  it("is found by its path, and in a list by the fields of its row", () => {
    const sentence = "{seeds} seeds, {rate}, {faults.kill} kills, {rows[fault=kill -9,store=redis].max.ms} ms, {none}";
    expect(fillFigures(sentence, figures, "chaos")).toBe("1,200,000 seeds, 78.3, 12 kills, 15,100 ms, none");
  });

  it("can be the sum, the highest or the number of all that its path leads to", () => {
    const several = {
      pairs: [
        { class: "T", faults: { kill: 1, cut: 2 }, none: {} },
        { class: "D", faults: { kill: 4 } },
      ],
    };
    expect(fillFigures("{count:pairs} {sum:pairs.faults} {max:pairs.faults}", several, "chaos")).toBe("2 7 4");
    expect(fillFigures("{count:pairs[class=T]} {sum:pairs[class=T].faults}", several, "chaos")).toBe("1 3");
    expect(fillFigures("{sum:pairs.none}", several, "chaos")).toBe("0");
    expect(() => fillFigures("{sum:pairs[class=P].faults}", several, "chaos")).toThrow(
      'no figure "pairs[class=P].faults"',
    );
    expect(() => fillFigures("{pairs.class}", several, "chaos")).toThrow('no figure "pairs.class"');
  });

  it.each(["missing", "faults", "faults.pause", "seeds.more", "rows[fault=pause].max.ms", "constructor"])(
    "that the file lacks is an error: %s",
    (path) => {
      expect(() => fillFigures(`{${path}}`, figures, "chaos")).toThrow(
        `docs/reliability/chaos.json has no figure "${path}"`,
      );
    },
  );
});

describe("the tables of a file", () => {
  it("show every figure, whatever the fields are", () => {
    const text = figureTables({
      command: "npm run chaos",
      recordedOn: "2026-11-29",
      node: "v20.20.0",
      cpus: 2,
      seeds: 3,
      faultsByKind: { kill: 1, "half-open": 2000 },
      rows: [
        { fault: "kill | cut", lateMs: { max: 9 }, by: { kill: 1, cut: 2 } },
        { fault: "wipe", lateMs: null, by: {}, note: null },
      ],
      courses: { heap: { unit: "MB", isFlat: true } },
      notes: ["a", "b"],
      empty: [],
    });
    expect(text).toBe(`| figure | value |
| --- | --- |
| Seeds | 3 |

**Faults by kind**

|  | value |
| --- | --- |
| kill | 1 |
| half-open | 2,000 |

**Rows**

| Fault | Late ms max | By | Note |
| --- | --- | --- | --- |
| kill \\| cut | 9 | kill: 1; cut: 2 |  |
| wipe |  |  | none |

**Courses**

|  | Unit | Is flat |
| --- | --- | --- |
| heap | MB | yes |

**Notes**

- a
- b

**Empty**

None.`);
  });
});

describe("the page", () => {
  const promise = {
    sentences: ["One node leads."],
    limit: "a limit",
    support: [
      { figures: "soak", says: "{missed} missed" },
      { says: "a test", tests: ["packages/a/a.test.ts"], command: "npm run test:unit -- a" },
    ],
  };
  const data = { promises: [promise], notCovered: ["**Disks.** They lie."] };
  const soak = { command: "npm run soak -- --minutes 60 --record", recordedOn: "2026-11-29", node: "v20.20.0", cpus: 2, missed: 0 }; // prettier-ignore

  it("puts beside a promise its figures, the command that recorded them, its tests and its limit", () => {
    const page = renderPage(data, { soak });
    const row =
      "| “One node leads.” | 0 missed<br>a test ([a/a.test.ts](../packages/a/a.test.ts)) | " +
      "`npm run soak -- --minutes 60 --record`<br>`npm run test:unit -- a` | a limit |";
    expect(page.split("\n")).toContain(row);
    expect(page).toContain("## What is not covered\n\n- **Disks.** They lie.\n");
    expect(page).toContain("Recorded on 2026-11-29 with Node.js v20.20.0 on 2 processors");
  });

  it("says of each command that has recorded nothing how to record it", () => {
    const page = renderPage(data, {});
    expect(page).toContain("no figures of soak are recorded yet");
    for (const command of Object.values(RECORDERS))
      expect(page).toContain(`Not recorded yet: \`${command}\` writes it.`);
  });

  it("says in the section of a command why a figure is not as promised", () => {
    const page = renderPage(
      { ...data, known: { "soak missed": "{missed} were missed, because the disk was full" } },
      { soak },
    );
    expect(page).toContain("**Not as promised** (Missed): 0 were missed, because the disk was full");
  });

  it("is not written with a sentence whose figure is missing", () => {
    expect(() => renderPage(data, { soak: { ...soak, missed: undefined } })).toThrow('no figure "missed"');
  });
});

describe("the legend of a section", () => {
  const head = { command: "npm run x", recordedOn: "2026-01-01", node: "v20", cpus: 2 };

  it("says what each word in the column of broken promises means, and that the others are rules", () => {
    const bugs = [{ breaks: "R1" }, { breaks: "phantom" }, { breaks: null }, { breaks: "liveness" }];
    const rows = legendOf("planted-bugs", { ...head, bugs })
      .split("\n")
      .slice(4);
    expect(rows.map((row) => row.split(" | ")[0])).toEqual(["| R1, I1, …", "| liveness", "| phantom"]);
  });

  it("adds up the explained deviations by rule", () => {
    const explained = [
      { deviation: "missed", explanation: "R16: policy latest after kill", occurrences: 1_200 },
      { deviation: "missed", explanation: "R16: policy skip after cut", occurrences: 34 },
      { deviation: "repeated", explanation: "R24: kill", occurrences: 7 },
    ];
    const lines = legendOf("chaos", { ...head, explained }).split("\n");
    expect(lines).toContain("| Rule | why no promise is broken | missed | repeated |");
    expect(lines).toContainEqual(expect.stringMatching(/^\| R16 \| the entry's policy .* \| 1,234 \| 0 \|$/));
    expect(lines).toContainEqual(expect.stringMatching(/^\| R24 \| .* \| 0 \| 7 \|$/));
  });

  it("refuses a value that it does not explain", () => {
    const bugs = [{ breaks: "magic" }];
    expect(() => legendOf("planted-bugs", { ...head, bugs })).toThrow('does not say what "magic" means');
    const explained = [{ deviation: "missed", explanation: "R99: x", occurrences: 1 }];
    expect(() => legendOf("chaos", { ...head, explained })).toThrow('does not say what "R99" means');
  });
});
