// Which folders of `lib` need each other. A file beside the folders of a room counts as a folder of its own.
const { existsSync, readdirSync, readFileSync } = require("node:fs");
const { dirname, join, relative, resolve, sep } = require("node:path");

/** Imports of every kind, those of types included; `import("…")` and `require("…")` too. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)"(\.[^"]+)"/g;

/** Folder that a file belongs to: `lib/engine/ledgers`; or the file, for one right below a room or `lib`. */
function folderOf(path) {
  const parts = path.replace(/\.ts$/, "").split("/");
  return parts.length > 3 ? parts.slice(0, -1).join("/") : parts.join("/");
}

/**
 * @param root of the checkout
 * @returns for each folder the folders that it imports from, with one import for each
 */
function folderGraph(root) {
  const files = readdirSync(join(root, "lib"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => slashed(root, join(entry.parentPath, entry.name)));
  const graph = new Map();
  for (const path of files) {
    const from = folderOf(path);
    if (!graph.has(from)) graph.set(from, new Map());
    for (const [, source] of readFileSync(join(root, path), "utf8").matchAll(IMPORT)) {
      const to = folderOfImport(root, path, source);
      if (to !== from && !graph.get(from).has(to)) graph.get(from).set(to, `${path} imports "${source}"`);
    }
  }
  return graph;
}

/** Folder of what a file imports by a relative path. */
function folderOfImport(root, path, source) {
  const target = slashed(root, resolve(root, dirname(path), source)).replace(/\.ts$/, "");
  return folderOf(
    existsSync(join(root, `${target}.ts`)) || !existsSync(join(root, target)) ? target : `${target}/index`,
  );
}

function slashed(root, path) {
  return relative(root, path).split(sep).join("/");
}

/** The way from one folder to another along imports, as a list of imports; nothing when there is none. */
function wayBetween(graph, from, to) {
  const ways = new Map([[from, []]]);
  for (const [folder, way] of ways) {
    for (const [next, how] of graph.get(folder) ?? []) {
      if (next === to) return [...way, how];
      if (!ways.has(next)) ways.set(next, [...way, how]);
    }
  }
  return undefined;
}

module.exports = { folderGraph, folderOf, folderOfImport, wayBetween };
