import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { repositoryRoot } from "../support/repository";

const ENTRY_POINTS = ["index.ts", "aws/index.ts", "google/index.ts", "testing/index.ts", "toolkit/index.ts"];

/** What each entry point exports: by name, with the declaration. Parsed only, so it is quick. */
const surfaces = ENTRY_POINTS.map((file) => publicDeclarations(join(repositoryRoot, "lib", file)));
const declarations = surfaces.flat();

interface PublicDeclaration {
  readonly name: string;
  readonly node: ts.Node;
  readonly place: string;
}

function publicDeclarations(index: string): PublicDeclaration[] {
  return parse(index)
    .statements.filter(ts.isExportDeclaration)
    .flatMap((statement) => {
      const specifier = statement.moduleSpecifier as ts.StringLiteral;
      const source = parse(`${resolve(dirname(index), specifier.text)}.ts`);
      const names = (statement.exportClause as ts.NamedExports).elements.map(({ name }) => name.text);
      return names.map((name) => ({
        name,
        node: find(source, name),
        place: relative(repositoryRoot, source.fileName),
      }));
    });
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
}

function find(source: ts.SourceFile, name: string): ts.Node {
  const found = source.statements.find((statement) =>
    ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.some((declaration) => declaration.name.getText() === name)
      : (statement as Partial<ts.DeclarationStatement>).name?.getText() === name,
  );
  if (found === undefined) throw new Error(`${source.fileName} does not declare ${name}`);
  return found;
}

/** The words of the documentation comment before a node. */
function documentation(node: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return comments
    .map((comment) => comment.getText())
    .join("\n")
    .replace(/[/*\s]+/g, " ")
    .trim();
}

test("no entry point is empty, and each gives each name once", () => {
  const names = surfaces.map((surface) => surface.map(({ name }) => name));
  expect(names.filter((each) => each.length === 0)).toEqual([]);
  expect(names[0]!.length).toBeGreaterThan(50);
  for (const each of names) expect(new Set(each).size).toBe(each.length);
});

test("`sterna` needs no bindings of a cloud", () => {
  expect(surfaces[0]!.filter(({ place }) => /^lib\/(aws|google)\//.test(place))).toEqual([]);
});

test("every exported symbol says what it is", () => {
  const silent = declarations
    .filter(({ node }) => documentation(node) === "")
    .map(({ place, name }) => `${place}: ${name}`);
  expect(silent).toEqual([]);
});

test("every property of exported props says what it is, and what happens when it is left out", () => {
  // WHEN
  const mistakes = declarations.flatMap(({ node, place, name }) => {
    if (!ts.isInterfaceDeclaration(node) || !/(Props|Options|Config)$/.test(name)) return [];
    return node.members.filter(ts.isPropertySignature).flatMap((member) => {
      const text = documentation(member);
      const what = `${place}: ${name}.${member.name.getText()}`;
      if (text.replace(/@default.*/, "").trim() === "") return [`${what} is not documented`];
      if (member.questionToken !== undefined && !/@default \S/.test(text)) return [`${what} has no @default`];
      return [];
    });
  });
  // THEN
  expect(mistakes).toEqual([]);
});

test("props are flat and readonly", () => {
  // WHEN
  const writable = declarations.flatMap(({ node, name }) =>
    ts.isInterfaceDeclaration(node)
      ? node.members
          .filter(ts.isPropertySignature)
          .filter((member) => !member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword))
          .map((member) => `${name}.${member.name.getText()}`)
      : [],
  );
  // THEN
  expect(writable).toEqual([]);
});

test("the entry points of the constructs hold neither the engine nor promotion, and none holds the command line", () => {
  const places = (all: readonly PublicDeclaration[]) => all.map(({ place }) => place);
  const constructs = surfaces.filter((_, index) => !ENTRY_POINTS[index]!.startsWith("toolkit/")).flat();
  expect(places(constructs).filter((place) => /^lib\/(engine|promotion)\//.test(place))).toEqual([]);
  expect(places(declarations).filter((place) => place.startsWith("lib/cli/"))).toEqual([]);
});
