import * as bullmq from "bullmq";
import { describe } from "vitest";
import { describeBullmq } from "./describe-bullmq.js";

describe("with BullMQ 6", () => describeBullmq(bullmq));
