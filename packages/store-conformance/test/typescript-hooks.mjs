// Lets plain Node run the TypeScript sources of the workspace: resolves `./x.js` to `./x.ts` and erases types.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true };

export async function resolve(specifier, context, next) {
  const isSource = context.parentURL?.endsWith(".ts") && specifier.startsWith(".") && specifier.endsWith(".js");
  return next(isSource ? specifier.replace(/\.js$/, ".ts") : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const source = ts.transpileModule(await readFile(fileURLToPath(url), "utf8"), { compilerOptions }).outputText;
  return { format: "module", source, shortCircuit: true };
}
