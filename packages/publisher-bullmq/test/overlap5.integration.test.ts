import * as bullmq from "bullmq";
import { describe, vi } from "vitest";
import { describeOverlap } from "./describe-overlap.js";

// The publisher imports "bullmq", as in an application.
vi.mock("bullmq", () => import("bullmq5"));

describe("with BullMQ 5", () => describeOverlap(bullmq, "bullmq5"));
