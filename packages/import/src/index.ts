/** `@beatx/import`: reads the schedules of other schedulers. */

export type {
  Hold,
  ImportContext,
  ImportedEntry,
  ImportedSchedule,
  Importer,
  ImporterOption,
  ImporterOptions,
  RefusedEntry,
  SourceArgument,
} from "./base/importer.js";
export { importers } from "./importers.js";
