/** The jobs that a source file schedules: calls of node-cron and cron, and decorators of Nest. */

import { fieldOf, literalOf, NotLiteral } from "./literal.js";
import { importedName, isNode, lineOf, nameOf, nodesIn, type SourceModule, type SyntaxNode, walk } from "./syntax.js";

export type JobKind = "node-cron" | "cron" | "nest-cron" | "nest-interval" | "nest-timeout";

export interface FoundJob {
  readonly kind: JobKind;
  readonly line: number;
  /** A name that the program gives it, or that of its function. Empty: none. */
  readonly name: string;
  /** A cron line, or ms for an interval. */
  readonly rule: string | number;
  readonly timezone: string | undefined;
  /** `false`: it does not run by itself. */
  readonly enabled: boolean;
  /** What the scheduler is told beyond rule, zone and name, as far as it is literal. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface UnreadableJob {
  readonly line: number;
  readonly reason: string;
}

type Found = readonly [jobs: FoundJob[], unreadable: UnreadableJob[]];

/** What a call says, as nodes. */
interface Call {
  readonly kind: JobKind;
  readonly node: SyntaxNode;
  readonly rule: unknown;
  readonly callback: unknown;
  readonly timezone: unknown;
  readonly name: unknown;
  readonly options: unknown;
  /** The name if the program gives none. */
  readonly fallback: string;
}

export function findJobs(module: SourceModule): Found {
  const found: Found = [[], []];
  walk(module.program, (node, around) => {
    const call = readCall(node, around, module) ?? readDecorator(node, around, module);
    if (call) note(call, module, found);
  });
  return found;
}

function note(
  { kind, node, rule, callback, timezone, name, options, fallback }: Call,
  module: SourceModule,
  found: Found,
): void {
  // prettier-ignore
  const [jobs, unreadable] = found;
  try {
    const settings = isNode(options) ? (literalOf(options, module) as Record<string, unknown>) : {};
    const read = rule === undefined ? undefined : literalOf(rule, module);
    if (typeof read !== "string" && typeof read !== "number") throw new NotLiteral("its rule is no text");
    const zone = isNode(timezone) && timezone.type !== "NullLiteral" ? literalOf(timezone, module) : undefined;
    const given = isNode(name) ? literalOf(name, module) : undefined;
    const own = typeof given === "string" && given !== "" ? given : functionName(callback) || fallback;
    const enabled = settings["disabled"] !== true && settings["scheduled"] !== false;
    jobs.push({ kind, line: lineOf(node), name: own, rule: read, timezone: zone as string | undefined, enabled, settings }); // prettier-ignore
  } catch (error) {
    if (!(error instanceof NotLiteral)) throw error;
    unreadable.push({ line: lineOf(node), reason: `it cannot be read without running it: ${error.message}` });
  }
}

function readCall(node: SyntaxNode, around: readonly SyntaxNode[], module: SourceModule): Call | null {
  if (node.type !== "CallExpression" && node.type !== "NewExpression") return null;
  const called = importedName(node["callee"], module);
  if (called === null) return null;
  const args = nodesIn(node["arguments"]);
  const fallback = assignedName(around);
  if (called.module === "node-cron" && (called.name === "schedule" || called.name === "createTask")) {
    const [rule, callback, options] = args;
    const field = (name: string): SyntaxNode | undefined => fieldOf(options, name, module);
    return {
      kind: "node-cron",
      node,
      rule,
      callback,
      timezone: field("timezone"),
      name: field("name"),
      options,
      fallback,
    };
  }
  if (called.module !== "cron") return null;
  if (node.type === "NewExpression" && called.name === "CronJob" && args[0]?.type !== "ObjectExpression") {
    const [rule, callback, , , timezone] = args;
    return { kind: "cron", node, rule, callback, timezone, name: undefined, options: undefined, fallback };
  }
  if (called.name !== "CronJob.from" && called.name !== "CronJob") return null;
  const [options] = args;
  const field = (name: string): SyntaxNode | undefined => fieldOf(options, name, module);
  const names = { timezone: field("timeZone"), name: field("name") };
  return { kind: "cron", node, rule: field("cronTime"), callback: field("onTick"), ...names, options, fallback };
}

const DECORATORS: Readonly<Record<string, JobKind>> = { Cron: "nest-cron", Interval: "nest-interval", Timeout: "nest-timeout" }; // prettier-ignore

function readDecorator(node: SyntaxNode, around: readonly SyntaxNode[], module: SourceModule): Call | null {
  if (node.type !== "Decorator") return null;
  const call = node["expression"] as SyntaxNode;
  const called = call.type === "CallExpression" ? importedName(call["callee"], module) : null;
  const kind = called?.module === "@nestjs/schedule" ? DECORATORS[called.name] : undefined;
  if (kind === undefined) return null;
  const owner = nameOf(around.findLast(({ type }) => /^Class(?:Declaration|Expression)$/.test(type))?.["id"]);
  const method = nameOf(around.at(-1)?.["key"]);
  const fallback = owner === "" ? method : `${owner}.${method}`;
  const args = nodesIn(call["arguments"]);
  if (kind !== "nest-cron") {
    const [first, second] = args;
    const name = second ? first : undefined;
    return { kind, node, rule: second ?? first, callback: null, timezone: null, name, options: null, fallback };
  }
  const [rule, options] = args;
  const field = (name: string): SyntaxNode | undefined => fieldOf(options, name, module);
  const names = { timezone: field("timeZone"), name: field("name") };
  return { kind, node, rule, callback: null, ...names, options, fallback };
}

/** The name of a function that is passed by name, or that has one. */
function functionName(callback: unknown): string {
  if (!isNode(callback)) return "";
  if (callback.type === "Identifier") return nameOf(callback);
  if (callback.type === "MemberExpression") return nameOf(callback["property"]);
  return isNode(callback["id"]) ? nameOf(callback["id"]) : "";
}

/** The variable or field that keeps the job. */
function assignedName(around: readonly SyntaxNode[]): string {
  const keeper = around.at(-1);
  if (keeper?.type === "VariableDeclarator") return nameOf(keeper["id"]);
  if (keeper?.type === "ClassProperty" || keeper?.type === "ObjectProperty") return nameOf(keeper["key"]);
  const left = keeper?.type === "AssignmentExpression" ? (keeper["left"] as SyntaxNode) : null;
  return left === null ? "" : nameOf(left.type === "MemberExpression" ? left["property"] : left);
}
