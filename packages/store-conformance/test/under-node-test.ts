// Run by a plain `node`: two topics of the suite under node:test, on a store that offers no hints.
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
