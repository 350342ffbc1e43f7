import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";

const root = dirname(__dirname);

/** Interfaces of the table by their keys, filled by `propsInterfaces`. */
const declarations = new Map<string, ts.InterfaceDeclaration>();

/** What the properties of the constructs take, by interface, and where each interface is declared. */
export function propsInterfaces(): {
  readonly rows: ReadonlyMap<string, Readonly<Record<string, Type>>>;
  readonly declarations: ReadonlyMap<string, ts.InterfaceDeclaration>;
} {
  const rows = new Map<string, Record<string, Type>>();
  for (const file of constructFiles()) {
    for (const statement of parse(file).statements) {
      if (ts.isInterfaceDeclaration(statement) && /Props$/.test(statement.name.text) && isExported(statement)) {
        addInterface(statement, rows);
      }
    }
  }
  return { rows, declarations };
}

/** Rooms with constructs. */
const ROOMS = ["aws", "google", "backup", "storage", "blue-green", "gates", "steps", "migrations", "environments"];

/** Types whose values have a check of their own, with a code of its own. */
const CHECKED_ELSEWHERE = new Set(["CorsMethod", "S3Event", "Waiver", "Verification", "Transform", "Color"]);

/** What a property takes: see `PropType` in `lib/core/check-props.ts`. */
type Type = string | readonly unknown[];

const ANY = "any";

/**
 * The properties of the constructs, for checks at run time. Reads the syntax alone, which takes a second, and lets pass
 * what it does not understand.
 */
export function propsTable(): string {
  const { rows } = propsInterfaces();
  const lines = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, row]) => `${name} ${JSON.stringify(row)}`);
  const text = lines.join("\n");
  if (/[\\`]|\$\{/.test(text)) throw new Error("a type of a property has a backslash, a backtick or ${");
  return [
    "// Written by `node --import tsx scripts/generate.ts` from the interfaces of the constructs.",
    "",
    "/** Each line: name of an interface, and what its properties take. */",
    `export const PROPS_TABLE = \`${text}\`;`,
    "",
  ].join("\n");
}

function constructFiles(): string[] {
  return ROOMS.flatMap((room) => ts.sys.readDirectory(join(root, "lib", room), [".ts"])).sort();
}

const parsed = new Map<string, ts.SourceFile>();

function parse(file: string): ts.SourceFile {
  const known = parsed.get(file);
  if (known !== undefined) return known;
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
  parsed.set(file, source);
  return source;
}

function isExported(node: ts.Statement): boolean {
  return ts.canHaveModifiers(node) && !!ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

function addInterface(node: ts.InterfaceDeclaration, rows: Map<string, Record<string, Type>>): Record<string, Type> {
  const name = keyOf(node);
  const known = rows.get(name);
  if (known !== undefined) return known;
  const row: Record<string, Type> = {};
  rows.set(name, row);
  declarations.set(name, node);
  for (const parent of node.heritageClauses?.flatMap(({ types }) => types) ?? []) {
    const base = ts.isIdentifier(parent.expression) ? declarationOf(parent.expression.text, node) : undefined;
    // Of what is not known, any name may be.
    if (base === undefined || !ts.isInterfaceDeclaration(base)) row["..."] = ANY;
    else Object.assign(row, addInterface(base, rows));
  }
  for (const member of node.members) {
    if (member.name === undefined || !(ts.isIdentifier(member.name) || ts.isStringLiteral(member.name))) {
      row["..."] = ANY;
      continue;
    }
    const key = `${member.name.text}${member.questionToken ? "?" : ""}`;
    row[key] = ts.isPropertySignature(member) && member.type ? typeOf(member.type, rows) : "function";
  }
  return row;
}

/** The rooms of the two clouds use the same names, so the name of the room goes in front. */
function keyOf(node: ts.InterfaceDeclaration): string {
  const room = /lib\/(aws|google)\//.exec(node.getSourceFile().fileName)?.[1];
  return room === undefined ? node.name.text : `${room}/${node.name.text}`;
}

function typeOf(node: ts.TypeNode, rows: Map<string, Record<string, Type>>): Type {
  const of = (inner: ts.TypeNode) => typeOf(inner, rows);
  switch (node.kind) {
    case ts.SyntaxKind.StringKeyword:
    case ts.SyntaxKind.TemplateLiteralType:
      return "string";
    case ts.SyntaxKind.NumberKeyword:
      return "number";
    case ts.SyntaxKind.BooleanKeyword:
      return "boolean";
    case ts.SyntaxKind.FunctionType:
      return "function";
  }
  if (ts.isParenthesizedTypeNode(node)) return of(node.type);
  if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword) return of(node.type);
  if (ts.isArrayTypeNode(node)) return ["list", of(node.elementType)];
  if (ts.isUnionTypeNode(node)) {
    const types = node.types.map(of);
    return types.includes(ANY)
      ? ANY
      : ["one", ...types.flatMap((type) => (type[0] === "one" ? type.slice(1) : [type]))];
  }
  if (ts.isLiteralTypeNode(node)) {
    if (ts.isStringLiteral(node.literal)) return ["literal", node.literal.text];
    if (ts.isNumericLiteral(node.literal)) return ["literal", Number(node.literal.text)];
    return ANY;
  }
  return ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName)
    ? reference(node, node.typeName.text, rows)
    : ANY;
}

function reference(node: ts.TypeReferenceNode, name: string, rows: Map<string, Record<string, Type>>): Type {
  const [first, second] = node.typeArguments ?? [];
  if (CHECKED_ELSEWHERE.has(name)) return ANY;
  if (name === "Readonly" && first) return typeOf(first, rows);
  if (name === "ReadonlyArray" && first) return ["list", typeOf(first, rows)];
  if (name === "Record" && second) return ["map", typeOf(second, rows)];
  if (name === "Acknowledgements") return ["map", "string"];
  const declaration = declarationOf(name, node);
  if (declaration === undefined) return ANY;
  if (ts.isClassDeclaration(declaration)) return ["is", name];
  if (ts.isTypeAliasDeclaration(declaration)) {
    const isPlain = declaration.typeParameters === undefined || ts.isFunctionTypeNode(declaration.type);
    return isPlain ? typeOf(declaration.type, rows) : ANY;
  }
  addInterface(declaration, rows);
  return ["props", keyOf(declaration)];
}

type Declaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.ClassDeclaration;

/** What a name means in a file of `lib`; nothing for what a package exports. */
export function declarationOf(name: string, node: ts.Node): Declaration | undefined {
  const source = node.getSourceFile();
  for (const statement of source.statements) {
    const declares =
      ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) || ts.isClassDeclaration(statement);
    if (declares && statement.name?.text === name) return statement;
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    const { text: from } = statement.moduleSpecifier;
    if (bindings === undefined || !ts.isNamedImports(bindings) || !from.startsWith(".")) continue;
    const imported = bindings.elements.find((element) => element.name.text === name);
    if (imported === undefined) continue;
    const target = parse(`${resolve(dirname(source.fileName), from)}.ts`);
    return declarationOf((imported.propertyName ?? imported.name).text, target.statements[0] ?? target);
  }
  return undefined;
}
