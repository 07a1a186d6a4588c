import type { Importer } from "./base/importer.js";
import { crontabImporter } from "./kinds/crontab.js";

/** All kinds, in the order in which they are listed. */
export const importers: readonly Importer[] = [crontabImporter];
