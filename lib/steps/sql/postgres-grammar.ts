import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { createContext, Script as Code } from "node:vm";
import type { Node } from "libpg-query";

type KeyOf<T> = T extends unknown ? keyof T : never;

/** The name of a kind of node: `DropStmt`. */
export type NodeKind = KeyOf<Node>;

/** The fields of a node, named as in PostgreSQL's `parsenodes.h`. Zero and false are omitted. */
export type NodeOf<Kind extends NodeKind> = Extract<Node, Record<Kind, unknown>>[Kind];

/** A statement as PostgreSQL's own parser reads it. */
export type ParsedStatement = { [Kind in NodeKind]: { readonly kind: Kind; readonly node: NodeOf<Kind> } }[NodeKind];

/** The parser's result: its statements, or its first mistake. */
export type ParsedSql =
  { readonly statements: readonly ParsedStatement[] } | { readonly mistake: string; readonly at: number };

type Grammar = Pick<typeof import("libpg-query"), "parseSync">;

/** A tree needs a hundred times the memory of the text: linting a dump is not worth it. */
const LONGEST_TEXT = 1_000_000;

let grammar: Grammar | undefined;

/**
 * Reads SQL with PostgreSQL's own parser, which is loaded on first use.
 *
 * @returns undefined for a text that is too long, or that crashed the parser
 */
export function parseSql(sql: string): ParsedSql | undefined {
  if (sql.length > LONGEST_TEXT || sql.trim() === "") return undefined;
  grammar ??= load();
  try {
    const { stmts = [] } = grammar.parseSync(sql);
    return { statements: stmts.flatMap(({ stmt = {} }) => Object.entries(stmt).map(asStatement)) };
  } catch (error) {
    const { message, sqlDetails } = error as { message: string; sqlDetails?: { cursorPosition: number } };
    if (sqlDetails !== undefined) return { mistake: message, at: sqlDetails.cursorPosition };
    // A text that is nested too deeply leaves the parser's memory in a broken state.
    grammar = undefined;
    return undefined;
  }
}

function asStatement([kind, node]: [string, unknown]): ParsedStatement {
  return { kind, node } as ParsedStatement;
}

/** The nodes of one kind in a list. */
export function nodesOf<Kind extends NodeKind>(kind: Kind, list: readonly Node[] = []): NodeOf<Kind>[] {
  return list.flatMap((node) => (kind in node ? [(node as unknown as Record<Kind, NodeOf<Kind>>)[kind]] : []));
}

/** A relation as a statement names it. */
export type Relation = Pick<NodeOf<"RangeVar">, "schemaname" | "relname" | "relpersistence">;

/** Schema and name. */
export function partsOf(list: readonly Node[] = []): (string | undefined)[] {
  const names = nodesOf("String", list).map(({ sval = "" }) => sval);
  return [names.at(-2), names.at(-1)];
}

export function partsOfObject(object: Node): (string | undefined)[] {
  if ("String" in object) return [undefined, object.String.sval];
  if ("List" in object) return partsOf(object.List.items);
  return "ObjectWithArgs" in object ? partsOf(object.ObjectWithArgs.objname) : [];
}

/** The relations that a part of a statement names, except those that it defines itself. */
export function relationsIn(node: unknown): Relation[] {
  const found: Relation[] = [];
  const own = new Set<string>();
  const visit = (item: unknown): void => {
    if (Array.isArray(item)) return item.forEach(visit);
    if (item === null || typeof item !== "object") return;
    for (const [key, value] of Object.entries(item)) {
      if (key === "CommonTableExpr") own.add((value as NodeOf<"CommonTableExpr">).ctename ?? "");
      // Some nodes hold a relation without a `RangeVar` key.
      if (key === "RangeVar" || ((key === "relation" || key === "rel") && "relname" in (value as object))) {
        found.push(value as Relation);
      } else visit(value);
    }
  };
  visit(node);
  return found.filter(({ schemaname, relname = "" }) => schemaname !== undefined || !own.has(relname));
}

/** The columns that a part of a statement names. */
export function columnsIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(columnsIn);
  if (node === null || typeof node !== "object") return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
    if (key === "ColumnRef")
      return nodesOf("String", (value as NodeOf<"ColumnRef">).fields).map(({ sval = "" }) => sval);
    const named = key === "IndexElem" ? (value as NodeOf<"IndexElem">).name : undefined;
    return [...(named === undefined ? [] : [named]), ...columnsIn(value)];
  });
}

/**
 * The package loads its WebAssembly in promises, but a constructor cannot wait. A `node:vm` context with its own
 * microtask queue has run all of them when its first script returns.
 */
function load(): Grammar {
  const context = createContext(
    { process, console, TextDecoder, TextEncoder, URL },
    { microtaskMode: "afterEvaluate" },
  );
  new Code(
    `WebAssembly = (({ Module, Instance, RuntimeError }) => ({
      RuntimeError,
      instantiate: async (bytes, imports) => {
        const module = new Module(bytes);
        return { module, instance: new Instance(module, imports) };
      },
    }))(WebAssembly);`,
  ).runInContext(context);
  const loaded = new Map<string, { exports: unknown }>();
  const require = createRequire(__filename);
  const run = (file: string): unknown => {
    const known = loaded.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(file, module);
    const importing = (name: string): unknown =>
      name.startsWith(".") ? run(resolve(dirname(file), name)) : require(name);
    context.loading = [module.exports, importing, module, file, dirname(file)];
    const source = readFileSync(file, "utf8");
    const code = `(function (exports, require, module, __filename, __dirname) {${source}\n}).apply(undefined, loading)`;
    new Code(code, { filename: file }).runInContext(context);
    return module.exports;
  };
  return run(require.resolve("libpg-query")) as Grammar;
}
