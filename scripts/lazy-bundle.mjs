import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transform } from "@swc/core";
import { build } from "esbuild";
import * as zod from "zod";

const OTHER_GROUP = "other-group";
const USED_ZOD = "used-zod";
const ZOD_NAMES = "zod-names";
/** The group of what each file that needs it has a copy of: the entry points, and what they read first. */
export const COPIED = "copied";

/** A server needs some 20 of the 66 files of this package. */
const GRPC = /\/node_modules\/@grpc\/grpc-js\/build\/src\/.*\.js$/;

/** A module that is no file, by its namespace. */
const VIRTUAL = /^[a-z-]+:/;

/**
 * Bundles in which a module is evaluated when it is first used, not when a file that imports it is read: each module is
 * made CommonJS with `require` at the first use. Modules of a group (a room of `lib`, a package) share a file, which is
 * read at the first use of one of them. There is one copy of each module, whichever entry point leads to it.
 *
 * @param options.entries source file of each entry point, by its place in the result
 * @param options.groupOf name of the group of a source file of ours, and of a package
 * @param options.place path of the file of a group in the result
 * @param options.header first lines of each entry point
 * @returns contents by their place, and the source files that are in them
 */
export async function lazyBundle({ root, entries, groupOf, place, header = () => "", esbuild }) {
  const lazy = lazyModules(root);
  const common = { ...esbuild, absWorkingDir: root, bundle: true, write: false, metafile: true, platform: "node" };
  Object.assign(common, { format: "cjs", legalComments: "none", logLevel: "warning" });
  // Some packages can be bundled only from their ES modules.
  common.mainFields = ["module", "main"];
  const withPlugins = (...added) => [...(esbuild.plugins ?? []), ...added, ...lazy];

  const explored = await build({
    ...common,
    entryPoints: Object.values(entries),
    outdir: root,
    plugins: withPlugins(),
  });
  const graph = new Graph(explored.metafile.inputs, entries, groupOf);

  const outputs = new Map();
  const files = new Set();
  const run = async (options, entryPoints, from) => {
    const result = await build({ ...common, ...options, entryPoints, outdir: join(root, "out"), outExtension: {} });
    for (const { inputs } of Object.values(result.metafile.outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        if (bytesInOutput > 0 && !VIRTUAL.test(file)) files.add(file);
      }
    }
    const named = new Map(result.outputFiles.map(({ path, text }) => [path, text]));
    for (const { out } of entryPoints) outputs.set(from(out), named.get(join(root, "out", `${out}.js`)));
  };
  const groups = graph.groups.map((name) => ({ in: `group:${name}`, out: name }));
  const plugins = withPlugins(splitting(graph, place));
  await run(
    { plugins },
    groups.filter(({ out }) => !graph.isPackage(out)),
    place,
  );
  // What people read in a stack trace is readable; the code of others is small.
  const packages = { minifyWhitespace: true, minifySyntax: true };
  await run(
    { ...packages, plugins },
    groups.filter(({ out }) => graph.isPackage(out)),
    place,
  );

  const digest = createHash("sha256");
  for (const name of [...outputs.keys()].sort()) digest.update(`${name}\n${outputs.get(name)}\n`);
  const STERNA_BUILD = JSON.stringify(digest.digest("hex").slice(0, 16));
  for (const [path, source] of Object.entries(entries)) {
    const up = "../".repeat(path.split("/").length - 1) || "./";
    const plugins = withPlugins(splitting(graph, (group) => up + place(group)));
    await run({ plugins, define: { ...common.define, STERNA_BUILD } }, [{ in: source, out: "entry" }], () => path);
    const names = await lazy.namesOf(join(root, source));
    // How node finds the names of a CommonJS module that is imported.
    const annotation = names.length > 0 ? `0 && (module.exports = { ${names.join(", ")} });\n` : "";
    outputs.set(path, header(path) + outputs.get(path) + annotation);
  }
  return { outputs, files };
}

/** Which file needs which, and which files share a group. */
class Graph {
  groups;
  #groupOf = new Map();
  #targets = new Map();
  #exported = new Map();

  constructor(inputs, entries, groupOf) {
    const own = Object.keys(inputs).filter((file) => packageOf(file) === undefined);
    for (const file of own) this.#groupOf.set(file, Object.values(entries).includes(file) ? COPIED : groupOf(file));
    this.#groupPackages(inputs, groupOf);
    for (const [file, { imports }] of Object.entries(inputs)) {
      for (const { path, original, external } of imports) {
        if (external || original === undefined) continue;
        this.#targets.set(`${file}\n${original}`, path);
        const group = this.#groupOf.get(path);
        if (group === this.#groupOf.get(file) || group === COPIED) continue;
        this.#exported.set(group, (this.#exported.get(group) ?? new Set()).add(path));
      }
    }
    this.groups = [...this.#exported.keys()].sort();
  }

  /** A package that one group alone needs is part of it. */
  #groupPackages(inputs, groupOf) {
    const users = new Map();
    for (const [file, { imports }] of Object.entries(inputs)) {
      for (const { path, external } of imports) {
        const used = external ? undefined : packageOf(path);
        if (used === undefined || used === packageOf(file)) continue;
        users.set(used, (users.get(used) ?? new Set()).add(packageOf(file) ?? ""));
      }
    }
    const groups = new Map();
    const find = (name, seen = []) => {
      const fixed = groupOf(`node_modules/${name}`);
      if (fixed !== undefined || seen.includes(name)) return fixed ?? name;
      const parents = new Set(
        [...(users.get(name) ?? [])].map((user) => (user === "" ? name : find(user, [...seen, name]))),
      );
      return parents.size === 1 ? [...parents][0] : name;
    };
    for (const file of Object.keys(inputs)) {
      const name = packageOf(file);
      if (name === undefined) continue;
      if (!groups.has(name)) groups.set(name, find(name).replace(/^@/, "").replaceAll("/", "-"));
      this.#groupOf.set(file, groups.get(name));
    }
  }

  groupOf(file) {
    return this.#groupOf.get(file);
  }

  /** What an import leads to, when that is in another group. */
  otherGroup(importer, specifier) {
    const path = this.#targets.get(`${importer}\n${specifier}`);
    if (path === undefined) return undefined;
    const group = this.#groupOf.get(path);
    return group === this.#groupOf.get(importer) || group === COPIED ? undefined : { group, path };
  }

  isPackage(group) {
    return this.exported(group).every((path) => packageOf(path) !== undefined);
  }

  exported(group) {
    return [...this.#exported.get(group)].sort();
  }
}

/** The package of a file; nothing for a file of Sterna. What stands for zod belongs to it. */
function packageOf(file) {
  if (file.startsWith(`${USED_ZOD}:`) || file.startsWith(`${ZOD_NAMES}:`)) return "zod";
  return /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
}

/** Makes one file of each group, which exports functions that give its modules. */
function splitting(graph, place) {
  return {
    name: "splitting",
    setup(build) {
      const root = build.initialOptions.absWorkingDir;
      const name = (path, namespace) => (namespace === "file" ? path.slice(root.length + 1) : `${namespace}:${path}`);
      build.onResolve({ filter: /^group:/ }, ({ path }) => ({ path: path.slice(6), namespace: "group" }));
      build.onResolve({ filter: /.*/ }, ({ path, importer, namespace }) => {
        if (namespace === OTHER_GROUP) return { path, external: true };
        if (namespace === "group" || importer === "") return undefined;
        const other = graph.otherGroup(name(importer, namespace), path);
        // The ending of a path says whether it is an ES module.
        return other && { path: `${other.path}\n${other.group}`, namespace: OTHER_GROUP, sideEffects: true };
      });
      build.onLoad({ filter: /.*/, namespace: "group" }, ({ path: group }) => ({
        contents: graph
          .exported(group)
          .map(
            (path) =>
              `exports[${JSON.stringify(keyOf(path))}] = () => require(${JSON.stringify(importable(root, path))});`,
          )
          .join("\n"),
        resolveDir: root,
      }));
      build.onLoad({ filter: /.*/, namespace: OTHER_GROUP }, ({ path }) => {
        const [file, group] = path.split("\n");
        const from = place(group);
        const specifier = from.startsWith(".")
          ? from
          : `./${from.slice(dirname(from) === "." ? 0 : dirname(from).length + 1)}`;
        return {
          contents: `module.exports = require(${JSON.stringify(specifier)})[${JSON.stringify(keyOf(file))}]();`,
        };
      });
    },
  };
}

/** The name of a module in its group: the same wherever `node_modules` is, so that every build gives the same bytes. */
function keyOf(path) {
  return path.replace(/^.*?(?=node_modules\/)/, "");
}

function importable(root, path) {
  return path === `${USED_ZOD}:zod` ? "zod" : join(root, path);
}

/** Sources of ours as CommonJS that requires a module where it is first used. */
function lazyModules(root) {
  const ours = new RegExp(`^${root.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}/(lib|bin)/.*\\.ts$`);
  const compile = async (path) => {
    const source = readFileSync(path, "utf8");
    const lazy = [...source.matchAll(/\bfrom "([^"]+)"/g)].map(([, specifier]) => specifier);
    const { code } = await transform(source, {
      filename: path,
      configFile: false,
      swcrc: false,
      jsc: { parser: { syntax: "typescript" }, target: "es2022" },
      module: { type: "commonjs", lazy, exportInteropAnnotation: true },
    });
    return code;
  };
  const plugin = {
    name: "lazy-modules",
    setup(build) {
      build.onLoad({ filter: ours }, async ({ path }) => ({ contents: await compile(path), loader: "js" }));
      // An `import()` names a file as it is when built.
      build.onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, importer, kind, resolveDir }) =>
        ours.test(importer) ? build.resolve(path.replace(/\.js$/, ".ts"), { kind, resolveDir }) : undefined,
      );
      build.onLoad({ filter: GRPC }, ({ path }) => ({
        // Without what loads the definitions of services that report on a server, which ours does not serve.
        contents: requireOnUse(readFileSync(path, "utf8")).replace("require('@grpc/proto-loader')", "undefined"),
      }));
      build.onResolve({ filter: /^zod$/ }, ({ importer, namespace, path }) => {
        if (namespace === ZOD_NAMES) return undefined;
        return ours.test(importer) || namespace === "group" ? { path, namespace: USED_ZOD } : undefined;
      });
      build.onResolve({ filter: /^zod-names$/, namespace: USED_ZOD }, () => ({ path: "zod", namespace: ZOD_NAMES }));
      // All of zod with its 40 languages would be kept when a namespace of it is required.
      build.onLoad({ filter: /.*/, namespace: USED_ZOD }, () => ({
        contents: `export * as z from "zod-names"; export * from "zod-names";`,
        resolveDir: root,
      }));
      build.onLoad({ filter: /.*/, namespace: ZOD_NAMES }, () => ({
        contents: `export { ${usedZodNames(root).join(", ")} } from "zod";`,
        resolveDir: root,
      }));
    },
  };
  return Object.assign([plugin], {
    namesOf: async (path) => {
      const names = /0 && \(module\.exports = \{([^}]*)\}\)/.exec(await compile(path))?.[1] ?? "";
      return [...names.matchAll(/(\w+): null/g)].map(([, name]) => name);
    },
  });
}

/** Lets CommonJS that TypeScript wrote, whose names of modules end with `_1`, require a module where it is first used. */
function requireOnUse(code) {
  let lazy = code;
  for (const [statement, name, source] of code.matchAll(/^(?:const|var) (\w+_1) = require\("([^"]+)"\);$/gm)) {
    lazy = lazy
      .replace(statement, "")
      .replaceAll(new RegExp(`\\b${name}\\b`, "g"), `(${name}())`)
      .concat(`\nfunction ${name}() {\n  return require("${source}");\n}\n`);
  }
  return lazy;
}

/** What our sources take from zod, by name. */
function usedZodNames(root) {
  const sources = readdirSync(join(root, "lib"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, "lib", name), "utf8"))
    .filter((source) => source.includes('from "zod"'));
  const used = new Set(["ZodError", "config"]);
  for (const source of sources) for (const [, name] of source.matchAll(/\bz\s*\.(\w+)/g)) used.add(name);
  return [...used].filter((name) => Object.hasOwn(zod, name)).sort();
}
