import { BeatxError } from "@beatx/core";
import type { Publisher } from "@beatx/core";
import { broken } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import { memorySubject } from "./memory-broker.js";

export const brokenLives: readonly BrokenPublisher[] = [
  broken("was built for another contract", "a publisher says what it is and what it promises", () => ({
    contract: 0 as Publisher["contract"],
  })),
  broken("promises something else", "a publisher says what it is and what it promises", () => ({
    delivery: "at-most-once" as Publisher["delivery"],
  })),
  broken("cannot be closed twice", "a publisher can be closed twice, and also without ever having been used", () => {
    let closed = false;
    return {
      close: async () => {
        if (closed) throw new BeatxError("CLOSED", "it is closed");
        closed = true;
      },
    };
  }),
  broken("goes on after it was closed", "a closed publisher rejects what is asked of it, and sends nothing", () => ({
    close: async () => undefined,
  })),
  {
    flaw: "closes what other clients use",
    caughtBy: "closing one client leaves the others at work",
    subject: () => {
      const subject = memorySubject();
      const shared = subject.open();
      return { ...subject, open: () => shared };
    },
  },
];
