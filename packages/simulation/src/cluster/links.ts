import { PublishError, StoreError } from "@beatx/core/adapter";

import type { Random } from "../base/random.js";
import type { Circumstances } from "../judge/judge-base.js";
import { Link } from "../world/link.js";
import type { Process } from "../world/machine.js";
import type { Server } from "../world/server.js";

interface LinkContext {
  readonly random: Random;
  readonly circumstances: Circumstances;
  /** A command meets a fault. */
  readonly onFault?: () => void;
}

/** A command on it that is not answered rejects as a store's does. */
export function storeLink(process: Process, server: Server, context: LinkContext): Link {
  return makeLink(process, server, context, (why) => new StoreError(why));
}

/** A command on it that is not answered rejects as a publisher's does. */
export function queueLink(process: Process, server: Server, context: LinkContext): Link {
  return makeLink(process, server, context, (why) => new PublishError(why));
}

function makeLink(
  process: Process,
  server: Server,
  { random, circumstances, onFault }: LinkContext,
  makeError: (why: string) => Error,
): Link {
  return new Link(process, server, {
    random,
    makeError,
    onFault: (fault, command) => {
      circumstances.tell(() => `${process.machine.name}: ${fault} of ${command}`);
      onFault?.();
    },
  });
}
