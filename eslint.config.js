import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import { wingRules } from "./scripts/wings.mjs";

const tests = ["packages/*/src/**/*.test.ts", "**/test/**/*.ts", "packages/{chaos,e2e,measure,test-servers}/**/*.ts"];
/** Only core sets timers and reads clocks. */
const noTimerModules = ["node:timers", "node:timers/promises", "node:perf_hooks"];
const configurationFiles = ["**/*.config.{js,ts}", "vitest.workspace.ts"];

/** For `no-restricted-syntax`, whose lists replace each other: every block below names all that hold for its files. */
const noDefaultExport = {
  selector: "ExportDefaultDeclaration, ExportSpecifier[exported.name='default']",
  message: "Export by name.",
};
const noClock = {
  selector: [
    "MemberExpression[object.name='Date'][property.name='now']",
    "NewExpression[callee.name='Date'][arguments.length=0]",
    "CallExpression[callee.name='Date']",
    "MemberExpression[object.name='performance'][property.name='now']",
    "MemberExpression[object.name='process'][property.name='hrtime']",
  ].join(", "),
  message: "Only core/src/base/clock.ts reads time: take a `Clock` (R41).",
};
const noTimer = ["setTimeout", "setInterval"].map((name) => ({
  name,
  message: "Only core sets timers: take a `Clock`, or `withDeadline` of @beatx/core/adapter.",
}));

export default defineConfig(
  globalIgnores(["**/dist/", "**/coverage/", "**/vectors/", ".tmp/"]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-restricted-syntax": ["error", noDefaultExport],
      "no-warning-comments": ["error", { terms: ["todo", "fixme", "xxx"] }],
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["**/*.{js,mjs}"],
    // The globals are those of the Node that runs ESLint.
    languageOptions: {
      globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, false])),
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    // One program for sources and tests of all packages: faster than one for each, and it knows every file.
    languageOptions: { parserOptions: { project: "./tsconfig.test.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/return-await": ["error", "in-try-catch"],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      // An `async` method without `await` is right where a contract wants a promise: what it throws becomes a rejection.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["packages/*/src/**/*.ts"],
    ignores: tests,
    rules: {
      "max-lines": ["error", { max: 250 }],
      "max-lines-per-function": ["error", { max: 40, skipBlankLines: true, skipComments: true }],
      "no-restricted-syntax": ["error", noDefaultExport, noClock],
      "no-restricted-globals": ["error", ...noTimer],
      "no-restricted-imports": ["error", ...noTimerModules],
    },
  },
  // Tests stand beside their sources and may import anything.
  ...wingRules(noTimerModules).map((block) => ({ ...block, ignores: tests })),
  {
    // It measures programs in real time, by their own clocks.
    files: ["packages/bench/src/**/*.ts"],
    rules: { "no-restricted-globals": "off", "no-restricted-syntax": ["error", noDefaultExport] },
  },
  {
    // Published, but run as tests: it measures what a real store does in real time, and unpacks its cases' context.
    files: ["packages/store-conformance/src/**/*.ts"],
    rules: {
      "@typescript-eslint/unbound-method": "off",
      "no-restricted-globals": "off",
      "no-restricted-syntax": ["error", noDefaultExport],
    },
  },
  { files: ["packages/core/src/base/clock.ts"], rules: { "no-restricted-syntax": ["error", noDefaultExport] } },
  { files: ["packages/core/src/{base/clock,adapter}.ts"], rules: { "no-restricted-globals": "off" } },
  {
    files: tests,
    rules: {
      // Tests read what they have just parsed, and hand methods to spies.
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/unbound-method": "off",
    },
  },
  { files: configurationFiles, rules: { "no-restricted-syntax": "off" } },
);
