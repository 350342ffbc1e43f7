import ts from "typescript";
import { declarationOf, propsInterfaces } from "./props-table";

/** Chapters of the page: the folders below `lib` whose constructs they list. */
const CHAPTERS: readonly (readonly [title: string, folder: RegExp])[] = [
  ["Stacks and migrations", /^(environments|migrations)\//],
  ["Steps", /^steps\//],
  ["Gates", /^gates\//],
  ["Storage on AWS", /^aws\/storage\//],
  ["Storage on Google Cloud", /^google\/storage\//],
  ["Storage on both clouds", /^storage\//],
  ["Backups", /^(aws\/|google\/)?backup\//],
  ["Secrets", /^((aws|google)\/)?secrets\//],
  ["Blue-green", /^((aws|google)\/)?blue-green\//],
];

interface Member {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly text: string;
  readonly defaultValue: string;
}

/** A page with every property of every construct, from the doc comments. */
export function propertiesPage(): string {
  const { declarations } = propsInterfaces();
  const sections = [...declarations].map(([key, node]) => ({ key, place: placeOf(node), members: membersOf(node) }));
  const chapters = CHAPTERS.flatMap(([title, folder]) => {
    const own = sections.filter(({ place, members }) => folder.test(place) && members.length > 0);
    if (own.length === 0) return [];
    return [
      `## ${title}`,
      "",
      ...own.sort((a, b) => order(a.key, b.key)).flatMap(({ key, members }) => table(key, members)),
    ];
  });
  return [
    "<!-- Written by `node --import tsx scripts/generate.ts` from the doc comments. -->",
    "",
    "# Properties",
    "",
    "Every property of every construct. Those without a default are required. What a change of a property does after an",
    "apply is in [changing options](changing-options.md).",
    "",
    ...chapters,
  ].join("\n");
}

/** Properties of constructs come before the objects inside them. */
function order(a: string, b: string): number {
  const rank = (key: string) => (key.endsWith("Props") ? 0 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

function placeOf(node: ts.InterfaceDeclaration): string {
  return /\/lib\/(.*)$/.exec(node.getSourceFile().fileName)![1]!;
}

function table(key: string, members: readonly Member[]): string[] {
  const [name, room] = key.split("/").reverse();
  const cloud = room === undefined ? "" : room === "aws" ? " (AWS)" : " (Google Cloud)";
  const rows = members.map(({ name: property, type, isOptional, text, defaultValue }) => {
    const value = defaultValue === "" ? (isOptional ? "none" : "required") : defaultValue;
    return `| \`${property}\` | ${cell(`\`${type}\``)} | ${cell(value)} | ${cell(text)} |`;
  });
  return [`### ${name}${cloud}`, "", "| Property | Type | Default | |", "| --- | --- | --- | --- |", ...rows, ""];
}

function cell(text: string): string {
  const line = text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim();
  // Outside of code, Markdown would take `<name>` for an element.
  const parts = line.split("`").map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "\\<") : part));
  return parts.join("`");
}

/** The members of an interface and of those that it extends; its own come first. */
function membersOf(node: ts.InterfaceDeclaration): Member[] {
  const own = node.members.flatMap((member) => (ts.isPropertySignature(member) ? [memberOf(member)] : []));
  const parents = (node.heritageClauses ?? []).flatMap(({ types }) => types);
  const inherited = parents.flatMap(({ expression }) => {
    const base = ts.isIdentifier(expression) ? declarationOf(expression.text, node) : undefined;
    return base !== undefined && ts.isInterfaceDeclaration(base) ? membersOf(base) : [];
  });
  return [...own, ...inherited.filter(({ name }) => !own.some((member) => member.name === name))];
}

function memberOf(member: ts.PropertySignature): Member {
  const documented = ts.getJSDocCommentsAndTags(member).find(ts.isJSDoc);
  const text = ts.getTextOfJSDocComment(documented?.comment) ?? "";
  const tag = documented?.tags?.find(({ tagName }) => tagName.text === "default");
  const value = (ts.getTextOfJSDocComment(tag?.comment) ?? "").trim();
  return {
    name: member.name.getText(),
    type: (member.type?.getText() ?? "unknown")
      .replaceAll(/\breadonly /g, "")
      .replaceAll(/Readonly<(Record<[^<>]*>)>/g, "$1"),
    isOptional: member.questionToken !== undefined,
    text,
    // A default in words begins with a hyphen; others are code.
    defaultValue: value.startsWith("- ")
      ? value.slice(2)
      : /^[^:]*$/.test(value) && value !== ""
        ? `\`${value}\``
        : value,
  };
}
