import { jobIdOf } from "@beatx/publisher-bullmq";
import type { BeatxJobData } from "@beatx/publisher-bullmq";
import type { ReceivedMessage } from "@beatx/publisher-conformance";

const ID_PREFIX = jobIdOf("");

/** The message as a processor can restore it from its job. */
export function readJob(job: {
  readonly id?: string | undefined;
  readonly name: string;
  readonly data: BeatxJobData;
}): ReceivedMessage {
  const { args, kwargs, beatx } = job.data;
  return {
    id: decodeURIComponent(job.id!.slice(ID_PREFIX.length)),
    entry: beatx.entry,
    task: job.name,
    args,
    kwargs,
    scheduledAt: Date.parse(beatx.scheduledAt),
    fence: beatx.fence,
  };
}
