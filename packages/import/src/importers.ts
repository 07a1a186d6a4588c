import type { Importer } from "./base/importer.js";
import { bullmqImporter } from "./kinds/bullmq.js";
import { celeryBeatImporter } from "./kinds/celery-beat.js";
import { celeryBeatxImporter } from "./kinds/celery-beatx.js";
import { crontabImporter } from "./kinds/crontab.js";
import { kubernetesImporter } from "./kinds/kubernetes.js";
import { redbeatImporter } from "./kinds/redbeat.js";
import { nestjsImporter, nodeCronImporter } from "./kinds/sources.js";
import { vercelImporter } from "./kinds/vercel.js";

/** All kinds, in the order in which they are listed. */
export const importers: readonly Importer[] = [
  crontabImporter,
  kubernetesImporter,
  vercelImporter,
  bullmqImporter,
  nodeCronImporter,
  nestjsImporter,
  celeryBeatImporter,
  redbeatImporter,
  celeryBeatxImporter,
];
