import { defineConfig } from "vitest/config";

// Tests run on the sources of every package: no build is needed (the end-to-end tests start built processes instead).
const ssr = { resolve: { conditions: ["beatx-source"] } };
const resolve = { conditions: ["beatx-source"] };

export default defineConfig({
  test: {
    // As many files at a time as there are processors: most tests wait for a server or another process.
    maxWorkers: "100%",
    projects: [
      {
        ssr,
        resolve,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "packages/*/test/behaviour/*.test.ts", "scripts/**/*.test.mjs"],
          testTimeout: 60_000,
        },
      },
      {
        ssr,
        resolve,
        test: {
          name: "integration",
          include: ["packages/*/test/**/*.integration.test.ts", "examples/*/test/**/*.integration.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        ssr,
        resolve,
        test: {
          name: "e2e",
          globalSetup: ["packages/e2e/test/application.ts"],
          include: ["packages/{bench,chaos,e2e,measure}/test/**/*.e2e.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          // Some judge how long a take-over lasts: another file must not take the processor away.
          fileParallelism: false,
        },
      },
    ],
  },
});
