/** JavaScript and TypeScript, read without running it. */

import { parse } from "@babel/parser";
import { ConfigError } from "@beatx/core";

import { placeOf, type SourceText } from "../base/read-source.js";

/** A node of the syntax tree. */
export interface SyntaxNode {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number } } | null;
  readonly [field: string]: unknown;
}

/** A source file, and what its names stand for. */
export interface SourceModule {
  readonly file: SourceText;
  readonly program: SyntaxNode;
  /** What is imported or required: from a local name to its module and the name there; `*`: all of it, or the default. */
  readonly imports: ReadonlyMap<string, { readonly module: string; readonly name: string }>;
  /** The values of constants at the top of the file. */
  readonly constants: ReadonlyMap<string, SyntaxNode>;
}

/** @throws ConfigError that names the line of what is no JavaScript or TypeScript */
export function readModule(file: SourceText): SourceModule {
  const isJsx = /\.[jt]sx$|\.m?js$|\.cjs$/.test(file.name);
  const plugins = ["typescript", "decorators-legacy", ...(isJsx ? ["jsx"] : [])] as ("typescript" | "jsx")[];
  let program: SyntaxNode;
  try {
    const options = { sourceType: "unambiguous", allowReturnOutsideFunction: true, plugins } as const;
    program = parse(file.text, { ...options, plugins }).program as unknown as SyntaxNode;
  } catch (cause) {
    const { loc, message } = cause as { loc?: { line: number }; message: string };
    const words = message.replace(/\s*\(\d+:\d+\)$/, "");
    throw new ConfigError(`${placeOf(file, loc?.line ?? 1)}: it cannot be read: ${words}`, { field: "source" });
  }
  const imports = new Map<string, { module: string; name: string }>();
  const constants = new Map<string, SyntaxNode>();
  for (const statement of nodesIn(program["body"])) noteStatement(statement, imports, constants);
  return { file, program, imports, constants };
}

type Imports = Map<string, { module: string; name: string }>;

function noteStatement(statement: SyntaxNode, imports: Imports, constants: Map<string, SyntaxNode>): void {
  if (statement.type === "ImportDeclaration") {
    const module = textOf(statement["source"]);
    for (const each of nodesIn(statement["specifiers"])) {
      const name = each.type === "ImportSpecifier" ? nameOf(each["imported"]) : "*";
      imports.set(nameOf(each["local"]), { module, name: name === "default" ? "*" : name });
    }
  }
  const declared = statement.type.startsWith("Export") ? statement["declaration"] : statement;
  if (!isNode(declared)) return;
  if (declared.type === "TSImportEqualsDeclaration") {
    const module = (declared["moduleReference"] as SyntaxNode)["expression"];
    if (isNode(module)) imports.set(nameOf(declared["id"]), { module: textOf(module), name: "*" });
  }
  if (declared.type !== "VariableDeclaration") return;
  for (const { id, init } of nodesIn(declared["declarations"]) as unknown as { id: SyntaxNode; init: unknown }[]) {
    const module = isNode(init) ? requiredBy(init) : null;
    if (module !== null) noteRequire(id, module, imports);
    else if (id.type === "Identifier" && isNode(init) && declared["kind"] === "const") constants.set(nameOf(id), init);
  }
}

/** The module that `require("…")` names; `null`: it is something else. */
function requiredBy(init: SyntaxNode): string | null {
  const call = init.type === "MemberExpression" ? (init["object"] as SyntaxNode) : init;
  const [argument] = nodesIn(call["arguments"]);
  return call.type === "CallExpression" && nameOf(call["callee"]) === "require" && argument ? textOf(argument) : null;
}

function noteRequire(id: SyntaxNode, module: string, imports: Imports): void {
  if (id.type === "Identifier") imports.set(nameOf(id), { module, name: "*" });
  if (id.type !== "ObjectPattern") return;
  for (const property of nodesIn(id["properties"])) {
    const local = property["value"];
    if (isNode(local)) imports.set(nameOf(local), { module, name: nameOf(property["key"]) });
  }
}

/** What an expression calls: `schedule` of `node-cron` for `cron.schedule`; `null`: nothing that is imported. */
export function importedName(callee: unknown, { imports }: SourceModule): { module: string; name: string } | null {
  if (!isNode(callee)) return null;
  if (callee.type === "Identifier") return imports.get(nameOf(callee)) ?? null;
  if (callee.type !== "MemberExpression") return null;
  const object = importedName(callee["object"], { imports } as SourceModule);
  if (object === null) return null;
  const name = nameOf(callee["property"]);
  return object.name === "*" ? { module: object.module, name: name === "default" ? "*" : name } : { module: object.module, name: `${object.name}.${name}` }; // prettier-ignore
}

/** Calls `visit` with each node and the nodes around it, the nearest last. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, around: readonly SyntaxNode[]) => void,
  around: readonly SyntaxNode[] = [],
): void {
  visit(node, around);
  const inside = [...around, node];
  for (const [field, value] of Object.entries(node)) {
    if (field === "loc") continue;
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isNode(child)) walk(child, visit, inside);
    }
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string";
}

export function nodesIn(value: unknown): SyntaxNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name of an identifier, or a text; empty for anything else. */
export function nameOf(node: unknown): string {
  if (!isNode(node)) return "";
  return typeof node["name"] === "string" ? node["name"] : textOf(node);
}

function textOf(node: unknown): string {
  return isNode(node) && typeof node["value"] === "string" ? node["value"] : "";
}

export function lineOf({ loc }: SyntaxNode): number {
  return loc?.start.line ?? 1;
}
