// Runs two topics of the suite under node:test, in plain Node, on a store without `watch`.
import { describe, it } from "node:test";
import { dummyStore } from "@beatx/store-dummy";
import { describeStore } from "../src/index.js";

const topics = ["store contract: changes", "store contract: watch"];

describeStore(
  { describe: (name, body) => topics.includes(name) && describe(name, body), it },
  {
    open: async (namespace) => {
      const { watch: _, ...store } = dummyStore({ name: "node-test", namespace });
      return store;
    },
  },
);
