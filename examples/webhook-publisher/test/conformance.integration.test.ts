import { describePublisher } from "@beatx/publisher-conformance";
import { afterAll, describe, it } from "vitest";
import { publisherProvider } from "../src/index.js";
import { startEndpoint } from "./endpoint.js";

const endpoint = await startEndpoint();
afterAll(() => endpoint.stop());

describePublisher(
  { describe, it },
  {
    open: () => publisherProvider.open(`webhook+${endpoint.url}`),
    received: async () =>
      endpoint.posted.map(({ body: { id, entry, task, args, kwargs, scheduledAt, fence } }) => ({
        id,
        entry,
        task,
        args,
        kwargs,
        scheduledAt,
        fence,
      })),
    unsendable: { colour: "none" },
    breakBroker: () => endpoint.stop(),
    repairBroker: () => endpoint.start(),
  },
);
