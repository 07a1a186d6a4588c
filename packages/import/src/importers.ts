import type { Importer } from "./base/importer.js";
import { celeryBeatImporter } from "./kinds/celery-beat.js";
import { celeryBeatxImporter } from "./kinds/celery-beatx.js";
import { crontabImporter } from "./kinds/crontab.js";
import { redbeatImporter } from "./kinds/redbeat.js";

/** All kinds, in the order in which they are listed. */
export const importers: readonly Importer[] = [
  crontabImporter,
  celeryBeatImporter,
  redbeatImporter,
  celeryBeatxImporter,
];
