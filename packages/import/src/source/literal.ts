/** The values of expressions that are known without running them. */

import { importedName, isNode, nameOf, nodesIn, type SourceModule, type SyntaxNode } from "./syntax.js";
import { NEST_EXPRESSIONS } from "./nest-expressions.js";

export type Literal = string | number | boolean | null | readonly Literal[] | { readonly [field: string]: Literal };

/** Thrown for what is known only when the program runs. */
export class NotLiteral extends Error {}

/** @throws NotLiteral that says what is not known */
export function literalOf(node: unknown, module: SourceModule): Literal {
  if (!isNode(node)) throw new NotLiteral("it is missing");
  switch (node.type) {
    case "StringLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
      return node["value"] as Literal;
    case "NullLiteral":
      return null;
    case "TemplateLiteral":
      return templateOf(node, module);
    case "UnaryExpression":
      return signed(node, module);
    case "BinaryExpression":
      return combined(node, module);
    case "ArrayExpression":
      return nodesIn(node["elements"]).map((each) => literalOf(each, module));
    case "ObjectExpression":
      return objectOf(node, module);
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "ParenthesizedExpression":
      return literalOf(node["expression"], module);
    default:
      return namedOf(node, module);
  }
}

function namedOf(node: SyntaxNode, module: SourceModule): Literal {
  if (node.type === "Identifier" && module.constants.has(nameOf(node))) {
    return literalOf(module.constants.get(nameOf(node)), {
      ...module,
      constants: without(module.constants, nameOf(node)),
    });
  }
  if (node.type === "MemberExpression") {
    const imported = importedName(node, module);
    const constant =
      imported?.module === "@nestjs/schedule" ? /^CronExpression\.(\w+)$/.exec(imported.name)?.[1] : undefined;
    if (constant !== undefined && NEST_EXPRESSIONS[constant] !== undefined) return NEST_EXPRESSIONS[constant];
    const object = node["object"] as SyntaxNode;
    if (object.type === "Identifier" && module.constants.has(nameOf(object))) {
      const fields = literalOf(object, module);
      const value = typeof fields === "object" && fields !== null ? (fields as Record<string, Literal>)[nameOf(node["property"])] : undefined; // prettier-ignore
      if (value !== undefined) return value;
    }
  }
  throw new NotLiteral(`${wordsOf(node)} is known only when the program runs`);
}

/** A constant that is made of itself is none. */
function without(constants: SourceModule["constants"], name: string): SourceModule["constants"] {
  return new Map([...constants].filter(([each]) => each !== name));
}

/** The expression in a word or two: it must not show a value, which may be secret. */
function wordsOf(node: SyntaxNode): string {
  if (node.type === "Identifier") return nameOf(node);
  if (node.type === "MemberExpression") return `${wordsOf(node["object"] as SyntaxNode)}.${nameOf(node["property"])}`;
  if (node.type === "CallExpression") return `${wordsOf(node["callee"] as SyntaxNode)}(…)`;
  return "an expression";
}

function templateOf(node: SyntaxNode, module: SourceModule): string {
  const values = nodesIn(node["expressions"]).map((each) => literalOf(each, module));
  const texts = nodesIn(node["quasis"]).map((each) => (each["value"] as { cooked: string }).cooked);
  return texts.map((text, index) => `${text}${index < values.length ? String(values[index] as string) : ""}`).join("");
}

function signed(node: SyntaxNode, module: SourceModule): Literal {
  const value = literalOf(node["argument"], module);
  if (node["operator"] === "-" && typeof value === "number") return -value;
  if (node["operator"] === "!") return !value;
  throw new NotLiteral("an expression is known only when the program runs");
}

function combined(node: SyntaxNode, module: SourceModule): Literal {
  const [left, right] = [literalOf(node["left"], module), literalOf(node["right"], module)];
  if (node["operator"] === "+" && typeof left === "string" && typeof right !== "object") return `${left}${right}`;
  if (typeof left === "number" && typeof right === "number") {
    if (node["operator"] === "+") return left + right;
    if (node["operator"] === "-") return left - right;
    if (node["operator"] === "*") return left * right;
    if (node["operator"] === "/") return left / right;
  }
  throw new NotLiteral("an expression is known only when the program runs");
}

/** Functions and what is not known are left out: only fields that are asked for matter. */
function objectOf(node: SyntaxNode, module: SourceModule): { readonly [field: string]: Literal } {
  const fields: Record<string, Literal> = {};
  for (const property of nodesIn(node["properties"])) {
    if (property.type !== "ObjectProperty" || property["computed"] === true) continue;
    try {
      fields[nameOf(property["key"])] = literalOf(property["value"], module);
    } catch (error) {
      if (!(error instanceof NotLiteral)) throw error;
    }
  }
  return fields;
}

/** The node of a field of an object expression; `undefined`: it has none. */
export function fieldOf(node: unknown, name: string, module: SourceModule): SyntaxNode | undefined {
  if (!isNode(node)) return undefined;
  const object = node.type === "Identifier" ? module.constants.get(nameOf(node)) : node;
  const property = nodesIn(object?.["properties"]).find((each) => nameOf(each["key"]) === name);
  const value = property?.["value"] ?? property;
  return isNode(value) ? value : undefined;
}
