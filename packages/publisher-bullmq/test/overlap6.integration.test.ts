import * as bullmq from "bullmq";
import { describe } from "vitest";
import { describeOverlap } from "./describe-overlap.js";

describe("with BullMQ 6", () => describeOverlap(bullmq, "bullmq"));
