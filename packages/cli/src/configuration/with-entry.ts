import { BeatxError, type Client } from "@beatx/core";
import { nearest } from "@beatx/core/adapter";
import type { Settings } from "./settings.js";
import { withClient } from "./with-client.js";

/**
 * Calls `use` with a client, as `withClient` does. @throws BeatxError `NOT_FOUND` that says whether the entry is in the
 * configuration and why it is not stored yet, or which name was probably meant.
 */
export function withEntry<T>(settings: Settings, name: string, use: (client: Client) => Promise<T>): Promise<T> {
  return withClient(settings, async (client) => {
    try {
      return await use(client);
    } catch (error) {
      if (!BeatxError.hasCode(error, "NOT_FOUND")) throw error;
      throw new BeatxError("NOT_FOUND", await explainMissing(settings, name, client));
    }
  });
}

/** "there is no entry", with the name that was probably meant among those that exist. */
export function noEntry(name: string, names: readonly string[], where = ""): string {
  const meant = nearest(name, names);
  const question = meant === undefined ? "" : `did you mean ${JSON.stringify(meant)}? `;
  return `there is no entry ${JSON.stringify(name)}${where}: ${question}see "beatx list"`;
}

/** The names of the configuration's entries, as they are stored. */
export function namesIn({ schedule = {}, app }: Settings["options"]): string[] {
  return Object.keys(schedule).map((name) => (app === undefined ? name : `${app}/${name}`));
}

async function explainMissing({ options, configName }: Settings, name: string, client: Client): Promise<string> {
  const configured = namesIn(options);
  if (!configured.includes(name)) {
    const stored = await client.list();
    return noEntry(name, [...stored.map((view) => view.name), ...configured]);
  }
  const { problems, leader } = await client.status(0);
  const foreign = problems.find(({ kind }) => kind === "foreign-configuration");
  const why =
    foreign?.message ??
    (leader === null
      ? "no node leads: if none runs with this configuration, start one (beatx start)"
      : "the node that leads has another version of the configuration: restart it with this one");
  return `${JSON.stringify(name)} is in ${configName ?? "the configuration"}, but not stored yet: ${why}`;
}
