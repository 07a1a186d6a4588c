import { describe, it } from "vitest";
import { dummySubject } from "../test/dummy-subject.js";
import { describeStore } from "./describe-store.js";

describeStore({ describe, it }, dummySubject());
