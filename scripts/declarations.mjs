import { readdirSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

const OPTIONS = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  skipLibCheck: true,
  strict: true,
  noEmit: true,
  types: [],
};

/**
 * What the entry points promise: the declarations that their exports name, and those that these name in turn.
 *
 * @param entries full paths of the declaration files of the entry points
 * @param directory that holds the package's own declarations
 */
function publicDeclarations(entries, directory) {
  const program = ts.createProgram([...entries], OPTIONS);
  const checker = program.getTypeChecker();
  const resolved = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const isOwn = (declaration) => !relative(directory, declaration.getSourceFile().fileName).startsWith("..");
  const exported = new Set(
    entries.flatMap((entry) => {
      const source = program.getSourceFile(entry);
      const symbol = source && checker.getSymbolAtLocation(source);
      if (symbol === undefined) throw new Error(`${entry} is missing or exports nothing`);
      return checker.getExportsOfModule(symbol).map(resolved);
    }),
  );

  const reached = new Set();
  const unexported = new Map();
  const visitSymbol = (symbol, user) => {
    const own = (symbol.declarations ?? []).filter(isOwn).filter(isTopLevel);
    if (own.length === 0) return;
    if (!exported.has(symbol)) {
      const place = relative(directory, own[0].getSourceFile().fileName);
      unexported.set(symbol, `${symbol.name} of ${place}, which ${user} names, is exported by no entry point`);
    }
    if (reached.has(symbol)) return;
    reached.add(symbol);
    for (const declaration of own) visitNode(declaration, symbol.name);
  };
  const visitNode = (node, user) => {
    if (isPrivate(node)) return;
    const name = nameOfReference(node);
    const symbol = name && checker.getSymbolAtLocation(name);
    if (symbol) visitSymbol(resolved(symbol), user);
    const member = ts.isClassElement(node) || ts.isTypeElement(node) ? node.name?.getText() : undefined;
    ts.forEachChild(node, (child) => visitNode(child, member === undefined ? user : `${user.split(".")[0]}.${member}`));
  };
  for (const symbol of exported) visitSymbol(symbol, symbol.name);
  const files = program.getSourceFiles().filter((file) => isOwn(file));
  return { checker, files, reached, unexported: [...unexported.values()].sort() };
}

/** Whether a declaration is a statement of a file, or part of one (`const a = …, b = …`): no member, no type parameter. */
function isTopLevel(declaration) {
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return ts.isSourceFile(statement.parent);
}

function isPrivate(node) {
  if (node.name !== undefined && ts.isPrivateIdentifier(node.name)) return true;
  return (
    ts.canHaveModifiers(node) && !!ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
  );
}

/** The name by which a node refers to a type, or to a value in `typeof`. */
function nameOfReference(node) {
  if (ts.isTypeReferenceNode(node)) return node.typeName;
  if (ts.isExpressionWithTypeArguments(node)) return node.expression;
  if (ts.isTypeQueryNode(node)) return node.exprName;
  if (ts.isImportTypeNode(node)) return node.qualifier;
  if (ts.isComputedPropertyName(node)) return node.expression;
  return undefined;
}

/**
 * Types that a public signature names and that no entry point exports: a user could not write them down.
 *
 * @returns a line for each
 */
export function unexportedTypes(entries, directory) {
  return publicDeclarations(entries, directory).unexported;
}

/**
 * Writes out the types that are inferred from schemas: what a user reads are fields, and no declaration asks for the
 * package of the schemas, which is bundled.
 */
export function writeOutInferredTypes(entries, directory) {
  const program = ts.createProgram([...entries], OPTIONS);
  const checker = program.getTypeChecker();
  const flags =
    ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias | ts.TypeFormatFlags.MultilineObjectLiterals;
  for (const file of program.getSourceFiles()) {
    if (relative(directory, file.fileName).startsWith("..")) continue;
    const inferred = file.statements.filter(
      (node) => ts.isTypeAliasDeclaration(node) && /\bz\.(infer|input|output)</.test(node.type.getText()),
    );
    let { text } = file;
    for (const node of inferred.reverse()) {
      const written = checker.typeToString(checker.getTypeAtLocation(node.name), node, flags);
      text = `${text.slice(0, node.type.getStart())}${written}${text.slice(node.type.end)}`;
    }
    if (text !== file.text) writeFileSync(file.fileName, text);
  }
}

/**
 * Removes what is no part of the public surface from a folder of declarations: an editor would offer it, and it would ask
 * for the types of packages that are bundled.
 */
export function keepPublicDeclarations(entries, directory) {
  const { checker, files, reached } = publicDeclarations(entries, directory);
  const isReached = (declaration) => {
    const symbol = declaration.name && checker.getSymbolAtLocation(declaration.name);
    return symbol !== undefined && reached.has(symbol);
  };
  const texts = files.map((file) => [file.fileName, publicText(file, isReached, entries.includes(file.fileName))]);
  const keep = new Map(texts.filter(([, text]) => text !== ""));
  for (const file of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (file.isFile() && file.name.endsWith(".d.ts") && !keep.has(path)) rmSync(path);
  }
  for (const [path, text] of keep) writeFileSync(path, text);
  removeEmptyFolders(directory);
}

function publicText(file, isReached, isEntry) {
  if (isEntry) return file.text;
  const kept = file.statements.filter((statement) =>
    ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.some(isReached)
      : !ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement) && isReached(statement),
  );
  if (kept.length === 0) return "";
  const used = new Set(kept.flatMap(identifiersIn));
  const imports = file.statements.filter(ts.isImportDeclaration).flatMap((statement) => importOf(statement, used));
  // Says that what is not exported stays inside.
  const sealed = file.statements.some((statement) => ts.isExportDeclaration(statement)) ? ["export {};"] : [];
  return [...imports, ...kept.map((statement) => statement.getFullText().trim()), ...sealed, ""].join("\n");
}

function identifiersIn(node) {
  const found = ts.isIdentifier(node) ? [node.text] : [];
  ts.forEachChild(node, (child) => void found.push(...identifiersIn(child)));
  return found;
}

/** An import without the names that nothing uses any more. */
function importOf({ importClause, moduleSpecifier }, used) {
  // An import for its effect declares nothing.
  if (importClause === undefined) return [];
  const bindings = importClause.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings) || importClause.name !== undefined) {
    throw new Error(`declarations import by name, got the import of ${moduleSpecifier.getText()}`);
  }
  const names = bindings.elements.filter(({ name }) => used.has(name.text)).map((element) => element.getText());
  const type = importClause.isTypeOnly ? "type " : "";
  return names.length === 0 ? [] : [`import ${type}{ ${names.join(", ")} } from ${moduleSpecifier.getText()};`];
}

function removeEmptyFolders(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(directory, entry.name));
  }
  if (readdirSync(directory).length === 0) rmdirSync(directory);
}
