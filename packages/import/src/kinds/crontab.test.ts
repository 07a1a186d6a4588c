import { type EntryInput, parseSchedule } from "@beatx/core";
import { describe, expect, it } from "vitest";

import { folderWith, NOW, testContext } from "../../test/import-context.js";
import { commandName } from "../crontab/command-name.js";
import type { ImportedSchedule } from "../base/importer.js";
import { crontabImporter } from "./crontab.js";

const HOUR = 3_600_000;

function read(text: string, options: Record<string, string> = {}, timezone?: string): Promise<ImportedSchedule> {
  const context = testContext({ timezone, readStdin: () => Promise.resolve(text) });
  return crontabImporter.read(["-"], { task: "shell", ...options }, context);
}

/** The next instants of an entry, as ISO 8601. */
function nextOf({ schedule }: EntryInput, count: number, from = NOW): string[] {
  const rule = parseSchedule(schedule as never);
  const instants: string[] = [];
  for (let at = from; instants.length < count; instants.push(new Date(at).toISOString())) at = rule.next(at)!;
  return instants;
}

const DEBIAN = `# /etc/crontab: system-wide crontab
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin

# Example of job definition:
# .---------------- minute (0 - 59)
# |  .------------- hour (0 - 23)
# *  *  *  *  * user-name command to be executed
17 *\t* * *\troot    cd / && run-parts --report /etc/cron.hourly
25 6\t* * *\troot\ttest -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )
#
`;

describe("a crontab", () => {
  it("of the system: each job has a user, and the variables above it", async () => {
    const { entries, refused, notes } = await read(DEBIAN, { format: "system" }, "UTC");
    expect(refused).toEqual([]);
    expect(entries.map(({ name, entry }) => [name, entry.args, entry.kwargs])).toEqual([
      ["run-parts", ["cd / && run-parts --report /etc/cron.hourly"], { env: { SHELL: "/bin/sh", PATH: "/usr/local/sbin:/usr/local/bin" }, user: "root" }],
      ["run-parts-2", ["test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )"], { env: { SHELL: "/bin/sh", PATH: "/usr/local/sbin:/usr/local/bin" }, user: "root" }],
    ]); // prettier-ignore
    expect(entries.map(({ entry }) => entry.task)).toEqual(["shell", "shell"]);
    expect(notes).toEqual([expect.stringContaining('the task "shell"')]);
  });

  it("is one of the system by its path", async () => {
    const folder = await folderWith({ crontab: "0 5 * * * /bin/x\n" });
    const context = testContext({ cwd: folder });
    const { refused } = await crontabImporter.read(["crontab"], { task: "shell", format: "system" }, context);
    expect(refused).toEqual([{ name: "crontab:1", reason: expect.stringContaining("no command behind the user") }]);
    const { entries } = await crontabImporter.read(["crontab"], { task: "shell" }, context);
    expect(entries[0]!.entry.args).toEqual(["/bin/x"]);
  });

  it("has a zone that holds for the lines below it; without one that of the command or of this machine", async () => {
    const text = "0 5 * * * a\nCRON_TZ=America/New_York\n0 5 * * * b\n";
    const { entries } = await read(text, {}, "Europe/Berlin");
    expect(nextOf(entries[0]!.entry, 1)).toEqual(["2026-01-16T04:00:00.000Z"]);
    expect(nextOf(entries[1]!.entry, 1)).toEqual(["2026-01-16T10:00:00.000Z"]);
  });

  it("has either kind of day if both are restricted, as in cron(8)", async () => {
    const { entries } = await read("0 0 13 * 5 a\n0 0 */2 * 5 b\n0 0 * * 7 c", {}, "UTC");
    expect(nextOf(entries[0]!.entry, 4)).toEqual(
      ["2026-01-16", "2026-01-23", "2026-01-30", "2026-02-06"].map((day) => `${day}T00:00:00.000Z`),
    );
    // A star with a step begins with a star, so both fields must match: odd days that are Fridays.
    expect(nextOf(entries[1]!.entry, 2)).toEqual(["2026-01-23T00:00:00.000Z", "2026-02-13T00:00:00.000Z"]);
    expect(nextOf(entries[2]!.entry, 1)).toEqual(["2026-01-18T00:00:00.000Z"]);
  });

  it("has comments, which describe the job right below; not those that are jobs switched off", async () => {
    const text =
      "# Nightly backup,\n# all databases\n30 2 * * * backup\n#0 1 * * * old\n@hourly tidy\n# far away\n\n@daily last\n";
    const { entries } = await read(text, {}, "UTC");
    expect(entries.map(({ entry }) => entry.description)).toEqual([
      "Nightly backup, all databases",
      "stdin, line 5",
      "stdin, line 8",
    ]);
  });

  it("has percent signs: the first one begins the input of the command", async () => {
    const { entries } = await read("0 0 * * * mail -s at_\\%H bob%Hello%Bob\n", {}, "UTC");
    expect(entries[0]!.entry).toMatchObject({ args: ["mail -s at_%H bob"], kwargs: { input: "Hello\nBob" } });
  });

  it("has random times and delays, which become fixed ones", async () => {
    const { entries } = await read("RANDOM_DELAY=10\n0~30 3 * * * job\n~ * * * * other\n", {}, "UTC");
    const [first, second] = nextOf(entries[0]!.entry, 2).map((text) => Date.parse(text));
    expect(second! - first!).toBe(24 * HOUR);
    expect(new Date(first!).getUTCMinutes()).toBeLessThanOrEqual(30);
    expect(entries[0]!.entry.jitterMs).toBe(600_000);
    expect(entries[0]!.notes).toHaveLength(2);
    expect(entries[1]!.entry.schedule).toMatchObject({ expression: "H * * * *" });
  });

  it("keeps what it can; the rest is named with its line and without its command", async () => {
    const text =
      "@reboot /bin/secret\n61 * * * * secret\n* * * secret\n0 0 30 2 * secret\n@fortnightly secret\nCRON_TZ=Mars/X\n0 0 * * * x\n";
    const { entries, refused } = await read(text, {}, "UTC");
    expect(entries).toEqual([]);
    expect(refused.map(({ name }) => name)).toEqual(["stdin:1", "stdin:2", "stdin:3", "stdin:4", "stdin:5", "stdin:7"]);
    expect(JSON.stringify(refused)).not.toContain("secret");
    expect(refused.find(({ name }) => name === "stdin:1")!.reason).toContain("@reboot is not kept");
    expect(refused.find(({ name }) => name === "stdin:2")!.reason).toContain('minute "61"');
    expect(refused.find(({ name }) => name === "stdin:7")!.reason).toContain('"Mars/X" is no time zone');
  });

  it("that does not exist is an error that names it", async () => {
    const reading = crontabImporter.read(["none"], { task: "shell" }, testContext());
    await expect(reading).rejects.toThrow("none: there is no such file");
  });
});

describe("a crontab of the system that is read as a user's", () => {
  it("is pointed out by its user", async () => {
    const { notes } = await read(DEBIAN);
    expect(notes).toContain(
      'stdin: commands begin with "root", which seems to be the user: --format system reads it as such',
    );
  });
});

describe("the name of a command", () => {
  it.each([
    ["/usr/local/bin/backup.sh --full >/dev/null 2>&1", "backup"],
    ["cd /srv/app && /usr/bin/python3 manage.py clearsessions", "manage"],
    ["cd /srv/app && python3 -m app.jobs.clean --all", "app.jobs.clean"],
    ["/usr/bin/flock -n /tmp/lock /usr/bin/php /srv/artisan schedule:run", "artisan"],
    ["nice -n 19 ionice -c 3 rsync -a /a /b", "rsync"],
    ["FOO=bar PASSWORD='a b' node /srv/report.mjs", "report"],
    ["[ -x /usr/bin/certbot ] && certbot -q renew", "certbot"],
    ["sudo -u postgres pg_dump shop | gzip > /b.gz", "pg_dump"],
    ['bash -lc "rake cleanup"', "rake"],
    ["timeout -k 5 30m curl -s https://example.com/cron", "curl"],
    ["sleep 30; /bin/x", "x"],
    ["(date; uptime) >> /log", "date"],
    ["'", "job"],
  ])("%j is %j", (command, name) => {
    expect(commandName(command)).toBe(name);
  });
});
