// Builds dist/: the library and the command line (JavaScript that shares its chunks, and declarations), the Terraform
// provider and the functions that rotate secrets (deterministic zips), and the licenses of all that is bundled.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, renameSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { zipSync } from "fflate";
import { keepPublicDeclarations, writeOutInferredTypes } from "./declarations.mjs";
import { noticesOf } from "./notices.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version, exports: entryPoints } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The oldest node whose parser must at least reach the version check at the top of the file. */
const OLDEST_SYNTAX = "es2019";
const VERSION_CHECK = `if (parseInt(process.versions.node, 10) < 20) { console.log("sterna needs Node.js 20 or newer on the PATH; found " + process.version + " at " + process.execPath); process.exit(1); }`;

/** What Terraform starts. It shows a provider's first line of output when that is no handshake: so errors go there. */
const LAUNCHER = `#!/bin/sh
if ! command -v node >/dev/null 2>&1; then
  echo "sterna needs Node.js 20 or newer on the PATH of Terraform; none was found. Install Node.js, or add its directory to PATH."
  exit 1
fi
STERNA_NODE_OPTIONS="\${NODE_OPTIONS-}"
export STERNA_NODE_OPTIONS
unset NODE_OPTIONS
exec node "$(dirname "$0")/engine.cjs" "$@"
`;

/** Packages that few steps need. In files of their own, since node reads all of a file before it runs the first line. */
const LOADED_ON_DEMAND = {
  "@aws-sdk/client-s3": "aws-s3.cjs",
  "@aws-sdk/client-secrets-manager": "aws-secrets-manager.cjs",
  "google-auth-library": "google-auth.cjs",
  "@redis/client": "redis.cjs",
};

/** Leaves `import("<package>")` to be read from the file beside the bundle. */
const onDemand = {
  name: "on-demand",
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(${Object.keys(LOADED_ON_DEMAND).join("|")})$`) }, ({ path, kind }) => {
      if (kind !== "dynamic-import") throw new Error(`${path} must be imported where it is needed, by import()`);
      return { path: `./${LOADED_ON_DEMAND[path]}`, external: true };
    });
  },
};

/** `z` as a namespace that was exported keeps all of zod, its 40 languages included; as one that was imported, what is used. */
const onlyUsedZod = {
  name: "only-used-zod",
  setup(build) {
    build.onLoad({ filter: /\/lib\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace('import { z } from "zod";', 'import * as z from "zod";'),
      loader: "ts",
    }));
  },
};

/** What is installed beside the library, never bundled: constructs must be the same classes for all. */
const PEERS = ["cdktf", "cdktf/*", "constructs", "@cdktf/*"];

/** The framework is installed by the build of Cloud Run functions, as their documentation asks for it. */
const CLOUD_RUN_PACKAGE = {
  name: "sterna-rotator",
  private: true,
  main: "index.js",
  dependencies: { "@google-cloud/functions-framework": "5.0.5" },
};
const CLOUD_RUN_ENTRY = `const { cloudEvent } = require("@google-cloud/functions-framework");
const { rotate } = require("./rotator.js");
cloudEvent("rotate", rotate);
`;

/** Source files of everything that was bundled in this run, for the notices. */
const bundled = new Set();

const COMMON = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  write: false,
  metafile: true,
  legalComments: "none",
  // Some packages can be bundled only from their ES modules.
  mainFields: ["module", "main"],
  logLevel: "warning",
};

async function run(options) {
  const result = await build({ ...COMMON, ...options, plugins: [onlyUsedZod, ...(options.plugins ?? [])] });
  for (const { inputs } of Object.values(result.metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) if (bytesInOutput > 0) bundled.add(file);
  }
  return result.outputFiles;
}

async function bundle(entry, options) {
  const [file] = await run({ entryPoints: [entry], format: "cjs", external: ["pg-native"], ...options });
  return file.contents;
}

/** Equal content gives equal bytes, on every machine: fixed times, fixed order, a compressor that is plain JavaScript. */
function deterministicZip(files) {
  const mtime = new Date(1980, 0, 1);
  const entry = ({ data, mode }) => [data, { level: 9, mtime, os: 3, attrs: ((0o100000 | mode) << 16) >>> 0 }];
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, file]) => [name, entry(file)])));
}

function write(path, data, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(data))) return;
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, data, { mode });
  renameSync(draft, path);
}

async function buildEngine() {
  // Without `import()`, which esbuild then makes a `require` of: a package in CommonJS has no names that `import()` sees.
  const options = { minify: true, target: OLDEST_SYNTAX, supported: { bigint: true, "dynamic-import": false } };
  const engine = await bundle("lib/provider/main.ts", {
    ...options,
    banner: { js: VERSION_CHECK },
    plugins: [onDemand],
  });
  const others = Object.entries(LOADED_ON_DEMAND).map(async ([name, file]) => [file, await bundle(name, options)]);
  const text = (content) => Buffer.from(content);
  const zip = deterministicZip({
    [`terraform-provider-sterna_v${version}`]: { data: text(LAUNCHER), mode: 0o755 },
    "engine.cjs": { data: engine, mode: 0o644 },
    ...Object.fromEntries((await Promise.all(others)).map(([file, data]) => [file, { data, mode: 0o644 }])),
    // A parent package.json of "type": "module" must not change how the engine is read.
    "package.json": { data: text('{"type":"commonjs"}\n'), mode: 0o644 },
  });
  write(join(root, "dist/engine", `terraform-provider-sterna_${version}.zip`), zip);
}

/** The functions that rotate secrets: in AWS Lambda, whose Node.js brings no version of the SDK to rely on, and in Cloud Run. */
async function buildRotator() {
  const options = { minify: true, target: "node20", supported: { "dynamic-import": false } };
  const index = await bundle("lib/rotator/aws/lambda.ts", options);
  const zip = deterministicZip({ "index.js": { data: Buffer.from(index), mode: 0o644 } });
  write(join(root, "dist/rotator/rotator.zip"), zip);
  const rotator = await bundle("lib/rotator/google/cloud-run.ts", options);
  const googleZip = deterministicZip({
    "index.js": { data: Buffer.from(CLOUD_RUN_ENTRY), mode: 0o644 },
    "package.json": { data: Buffer.from(JSON.stringify(CLOUD_RUN_PACKAGE, null, 2)), mode: 0o644 },
    "rotator.js": { data: Buffer.from(rotator), mode: 0o644 },
  });
  write(join(root, "dist/rotator/google-rotator.zip"), googleZip);
}

/** `dist/<place>.js` of each entry point, by the source that it is made from. */
function javaScriptEntries() {
  const places = Object.values(entryPoints).flatMap((entry) => entry.default ?? []);
  const library = places.map((place) => /^\.\/dist\/(.+)\.js$/.exec(place)[1]);
  return Object.fromEntries([...library, "bin/sterna"].map((place) => [place, `${place}.ts`]));
}

/**
 * The entry points of the library and the command line. What two of them need is in one chunk, which both load: a class
 * is the same for `sterna` and `sterna/aws`, and a command of the command line is loaded when it is called.
 *
 * esbuild splits ES modules only. They are made CommonJS afterwards: one copy of the library then serves `require` and
 * `import`, and node starts it faster.
 */
async function buildJavaScript() {
  const files = await run({
    entryPoints: javaScriptEntries(),
    external: [...PEERS, "pg-native"],
    format: "esm",
    splitting: true,
    outdir: "dist",
    chunkNames: "chunks/[name]-[hash]",
    target: "node20",
    // Names of classes appear in messages, and two files may have a class of the same name.
    keepNames: true,
  });
  const written = await Promise.all(
    files.map(async ({ path, text }) => {
      const { code } = await transform(text, {
        format: "cjs",
        platform: "node",
        target: "node20",
        supported: { "dynamic-import": false },
      });
      const lazy = loadBindingsOnUse(code);
      const command = path === join(root, "dist/bin/sterna.js");
      write(path, command ? `#!/usr/bin/env node\n${lazy}` : lazy, command ? 0o755 : 0o644);
      return path;
    }),
  );
  for (const folder of ["bin", "chunks", "lib"]) removeOthers(join(root, "dist", folder), written);
}

/**
 * Loads the bindings of a cloud where a construct uses them: 53 files of `@cdktf/provider-aws` for all of `sterna/aws`, of
 * which a stack with one bucket needs 17. In parentheses, for `new (bindings()).S3Bucket()`.
 */
function loadBindingsOnUse(code) {
  const eager = /^var (import_\w+) = require\("(@cdktf\/[^"]+)"\);$/gm;
  let lazy = code;
  for (const [statement, name, source] of code.matchAll(eager)) {
    lazy = lazy
      .replace(statement, "")
      .replaceAll(new RegExp(`\\b${name}\\b`, "g"), `(${name}())`)
      .concat(`function ${name}() {\n  return require("${source}");\n}\n`);
  }
  return lazy;
}

/** Removes the JavaScript of earlier builds. */
function removeOthers(directory, keep) {
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    const path = join(directory, name);
    if (name.endsWith(".js") && !keep.includes(path)) rmSync(path);
  }
}

function buildDeclarations() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
  const entries = Object.values(entryPoints).flatMap((entry) => (entry.types ? [join(root, entry.types)] : []));
  writeOutInferredTypes(entries, join(root, "dist/lib"));
  keepPublicDeclarations(entries, join(root, "dist/lib"));
}

const only = process.argv[2];
if (!only || only === "engine") await buildEngine();
if (!only || only === "rotator") await buildRotator();
if (!only || only === "cli" || only === "js") await buildJavaScript();
if (!only || only === "lib") buildDeclarations();
if (!only) write(join(root, "dist/THIRD_PARTY_NOTICES"), noticesOf(root, bundled));
