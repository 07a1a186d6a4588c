import { BeatxError } from "@beatx/core";
import type { Publisher } from "@beatx/core";
import { broken } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import { memorySubject } from "./memory-broker.js";

export const brokenLives: readonly BrokenPublisher[] = [
  broken("declares another contract", "a publisher declares its contract, its name and its delivery", () => ({
    contract: 0 as Publisher["contract"],
  })),
  broken("declares an unknown delivery", "a publisher declares its contract, its name and its delivery", () => ({
    delivery: "at-most-once" as Publisher["delivery"],
  })),
  broken("cannot be closed twice", "a publisher can be closed twice, and without having been used", () => {
    let closed = false;
    return {
      close: async () => {
        if (closed) throw new BeatxError("CLOSED", "it is closed");
        closed = true;
      },
    };
  }),
  broken("still sends after it was closed", "every call on a closed publisher rejects and sends nothing", () => ({
    close: async () => undefined,
  })),
  {
    flaw: "closes the connection of other clients",
    caughtBy: "closing one client does not disturb the others",
    subject: () => {
      const subject = memorySubject();
      const shared = subject.open();
      return { ...subject, open: () => shared };
    },
  },
];
