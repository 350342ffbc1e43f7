import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { keepPublicDeclarations, unexportedTypes } from "../../scripts/declarations.mjs";

describe("the public declarations", () => {
  let directory: string;
  beforeAll(() => {
    directory = scratchDirectory("declarations");
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const write = (file: string, content: string) => {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), content);
  };
  const entry = () => join(directory, "index.d.ts");

  test.each([
    ["a property", "export interface Props { readonly place: Place }"],
    ["an element of a list", "export interface Props { readonly places: readonly Place[] }"],
    ["a parameter", "export declare function place(place: Place): void"],
    ["a result", "export declare class Props { get place(): Place }"],
    ["what is extended", "export interface Props extends Place {}"],
    ["a type argument", "export type Props = Readonly<Record<string, Place>>"],
    ["a bound", "export type Props<T extends Place> = T"],
  ])("a type that is not exported is found as %s", (_, code) => {
    // GIVEN
    write("a.d.ts", `import { Place } from "./place";\n${code}\n`);
    write("place.d.ts", "export interface Place { readonly path: string }\n");
    write("index.d.ts", 'export * from "./a";\n');
    // WHEN, THEN
    expect(unexportedTypes([entry()], directory)).toEqual([expect.stringMatching(/^Place of place\.d\.ts, which \w+/)]);
    write("index.d.ts", 'export * from "./a";\nexport type { Place } from "./place";\n');
    expect(unexportedTypes([entry()], directory)).toEqual([]);
  });

  test("what is private is not public", () => {
    write("a.d.ts", 'import { Place } from "./place";\nexport declare class A { private readonly place; #p: Place }\n');
    write("index.d.ts", 'export { A } from "./a";\n');
    expect(unexportedTypes([entry()], directory)).toEqual([]);
  });

  test("what no export names is left out, with the imports that it needed", () => {
    // GIVEN
    write(
      "a.d.ts",
      'import type { z } from "zod";\nimport { P } from "./p";\n/** A. */\nexport interface A { p: P }\nexport declare const s: z.ZodType;\n',
    );
    write("p.d.ts", "export type P = string;\n");
    write("other.d.ts", "export type Other = string;\n");
    write("index.d.ts", 'export type { A } from "./a";\nexport type { P } from "./p";\n');
    // WHEN
    keepPublicDeclarations([entry()], directory);
    // THEN
    expect(readFileSync(join(directory, "a.d.ts"), "utf8")).toBe(
      'import { P } from "./p";\n/** A. */\nexport interface A { p: P }\n',
    );
    expect(existsSync(join(directory, "other.d.ts"))).toBe(false);
  });

  test("of this package name no type that is not exported", () => {
    const { exports } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
      exports: Record<string, string | { types: string }>;
    };
    const entries = Object.values(exports).flatMap((each) =>
      typeof each === "string" ? [] : [join(repositoryRoot, each.types)],
    );
    expect(entries).toHaveLength(5);
    expect(unexportedTypes(entries, join(repositoryRoot, "dist/lib"))).toEqual([]);
  });
});
