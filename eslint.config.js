const { existsSync } = require("node:fs");
const { dirname, relative, resolve, sep } = require("node:path");
const tseslint = require("typescript-eslint");
const { folderGraph, folderOf, folderOfImport, wayBetween } = require("./scripts/folder-cycles.js");

/** What the constructs of a cloud know: everything that both clouds share, never each other. */
const CLOUD_KNOWS = [
  "core",
  "schedule",
  "manifest",
  "environments",
  "releases",
  "storage",
  "secrets",
  "rotator",
  "backup",
  "blue-green",
];

/**
 * Which room of `lib` may import from which others. A room always knows itself; the entry points in `lib` know all.
 * No room knows `stacks`, `bin` or anything else outside of `lib`.
 */
const ROOMS = {
  core: [],
  // Clients of the clouds that the rotation functions and the engine share.
  clouds: ["core"],
  schedule: ["core"],
  manifest: ["core"],
  releases: ["core", "manifest"],
  // A stack is pinned to one of the releases of its system.
  environments: ["core", "manifest", "releases"],
  migrations: ["core", "manifest", "releases", "environments"],
  gates: ["core", "schedule", "manifest", "environments", "migrations", "steps"],
  storage: ["core"],
  rotator: ["core", "clouds"],
  secrets: ["core", "rotator"],
  backup: ["core", "schedule"],
  "blue-green": ["core", "manifest", "releases", "environments"],
  aws: CLOUD_KNOWS,
  google: CLOUD_KNOWS,
  // Helpers for tests of users: they run steps with the engine, as the provider does.
  testing: ["core", "manifest", "environments", "migrations", "engine", "provider"],
  engine: ["core", "clouds", "manifest"],
  provider: ["core", "manifest", "engine", "steps"],
  backups: ["core", "manifest", "engine"],
  promotion: ["core", "manifest", "releases", "engine"],
  toolkit: [
    "core",
    "clouds",
    "schedule",
    "manifest",
    "environments",
    "releases",
    "engine",
    "steps",
    "provider",
    "backups",
    "promotion",
  ],
  pipelines: ["core", "manifest", "engine", "promotion", "toolkit"],
  cli: [
    ...[
      "core",
      "clouds",
      "schedule",
      "manifest",
      "environments",
      "releases",
      "storage",
      "rotator",
      "engine",
      "steps",
      "provider",
    ],
    ...["backups", "promotion", "toolkit", "pipelines", "testing"],
  ],
};

/**
 * The sides of a step kind: the construct that declares it, and what the engine runs. Neither knows the other; they meet
 * in the program, which knows neither.
 */
const STEP_SIDES = {
  program: ["core", "manifest"],
  construct: ["core", "manifest", "environments", "migrations"],
  engine: ["core", "manifest", "engine", "backups"],
};

/** Which side a file of `lib/steps` is on. */
function sideOf(inner) {
  if (
    /^(script|verification|judge-findings|[a-z-]+\/(step|command-lint|object-place|sql-safety|postgres-grammar|catalog[a-z-]*|migrations|migration-text|layouts\/[a-z-]+))$/.test(
      inner,
    )
  )
    return "construct";
  return /^[a-z-]+\/program$/.test(inner) ? "program" : "engine";
}

/**
 * The order inside a room: a folder, or a file beside the folders, may import from those before it in the list alone.
 * So no two folders need each other.
 */
const FLOORS = {
  core: ["error-codes"],
  engine: [
    "engine-error",
    "database-error",
    "readiness",
    "step-kind",
    "step-definition",
    "files",
    "archive",
    "dotenv",
    "protocol",
    "processes",
    "objects",
    "secrets",
    "ledgers",
    "executor",
    "runner",
  ],
  steps: [
    "judge-findings",
    "verification",
    "script",
    "describe",
    "archive",
    "backup",
    "command",
    "documents",
    "env-file",
    "http",
    "sql",
    "transfer",
  ],
  rotator: ["settings", "server-tls", "credentials", "rotation", "postgres", "strategies", "aws", "google"],
  backups: ["plan", "parts", "stores"],
  promotion: [
    "promotion-report",
    "plan",
    "records",
    "proof",
    "report",
    "report/html",
    "gates",
    "format-report",
    "review",
  ],
  toolkit: [
    "reporter",
    "describe-error",
    "project",
    "stack-worker",
    "ledgers",
    "terraform",
    "toolkit",
    "plan",
    "promote",
    "rollback",
    "rollout",
    "apply",
    "record",
    "unlock",
    "status",
    "verify",
    "adopt",
    "report",
    "index",
  ],
  pipelines: ["pipeline", "read-pipeline", "written-file", "github", "gitlab-files", "atlantis-files", "forge"],
  testing: ["postgres", "aws", "synthesize-stack", "steps-of", "matchers", "run-migration"],
  cli: ["terminal", "project", "env", "secrets", "buckets", "doctor", "commands", "main"],
};

/** Rooms that run without the constructs: the provider has to start fast. */
const WITHOUT_CONSTRUCTS = ["engine", "provider", "promotion", "backups", "toolkit", "pipelines", "rotator", "clouds"];

const CONSTRUCT_PACKAGE = /^(@cdktf\/|@cdktn\/|(cdktf|cdktn|constructs)(\/|$))/;
const PROVIDER_ROOT = /^@cdkt[fn]\/provider-[^/]+$/;

/** A visitor that calls `check(node, source)` for whatever imports a module, however it is written. */
function onImport(check) {
  const visit = (node, source) => {
    if (source && source.type === "Literal" && typeof source.value === "string") check(node, source.value);
  };
  return {
    ImportDeclaration: (node) => visit(node, node.source),
    ExportNamedDeclaration: (node) => visit(node, node.source),
    ExportAllDeclaration: (node) => visit(node, node.source),
    ImportExpression: (node) => visit(node, node.source),
    TSImportType: (node) => visit(node, node.source ?? node.argument?.literal),
    TSExternalModuleReference: (node) => visit(node, node.expression),
    "CallExpression[callee.name='require']": (node) => visit(node, node.arguments[0]),
  };
}

/** Path of a file from the top of the checkout, with slashes. */
function place(context, path) {
  return relative(context.cwd, path).split(sep).join("/");
}

/** Room of a path from the top of the checkout, and the path inside the room, without an ending. */
function roomOf(path) {
  const [top, room, ...rest] = path.replace(/\.(ts|js)$/, "").split("/");
  return { top, room: rest.length === 0 ? undefined : room, inner: rest.join("/") };
}

/** Position of a file on the floors of its room; what is not listed stands above all that is. */
function floorOf(floors, inner) {
  const folders = inner.split("/").slice(0, -1);
  for (let depth = folders.length; depth > 0; depth--) {
    const index = floors.indexOf(folders.slice(0, depth).join("/"));
    if (index >= 0) return index;
  }
  const index = floors.indexOf(inner);
  return index < 0 ? floors.length : index;
}

const arrows = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const from = roomOf(place(context, context.filename));
    const knowsAll = from.room === undefined;
    const side = from.room === "steps" ? sideOf(from.inner) : undefined;
    const known = knowsAll ? Object.keys(ROOMS).concat("steps") : side ? STEP_SIDES[side] : ROOMS[from.room];
    const refuse = (node, message) => context.report({ node, message });
    return onImport((node, source) => {
      if (
        from.top === "lib" &&
        (WITHOUT_CONSTRUCTS.includes(from.room) || (side !== undefined && side !== "construct")) &&
        CONSTRUCT_PACKAGE.test(source)
      ) {
        return refuse(node, `lib/${from.room} runs without constructs: it never imports "${source}".`);
      }
      if (!source.startsWith(".")) return;
      const to = roomOf(place(context, resolve(dirname(context.filename), source)));
      if (from.top === "stacks" && to.top === "bin") return refuse(node, "bin is imported by no other folder.");
      if (from.top !== "lib") return;
      if (to.top !== "lib") return refuse(node, `lib imports nothing from outside of lib, got "${source}".`);
      if (to.room === from.room) {
        const other = side && sideOf(to.inner);
        if (other !== side && other !== "program") {
          return refuse(
            node,
            `lib/steps/${from.inner} does not know "${source}": the two sides of a step meet in its program.`,
          );
        }
        const floors = FLOORS[from.room];
        if (floors === undefined || floorOf(floors, to.inner) <= floorOf(floors, from.inner)) return;
        const order = floors.join(" < ");
        return refuse(
          node,
          `lib/${from.room}/${from.inner} does not know "${source}": imports point down in ${order}; see FLOORS in eslint.config.js.`,
        );
      }
      if ((known ?? []).includes(to.room)) return;
      const allowed = known === undefined ? "is not in ROOMS" : `knows ${known.join(", ") || "no other room"}`;
      refuse(node, `lib/${from.room} does not know "${source}": it ${allowed}; see ROOMS in eslint.config.js.`);
    });
  },
};

/** Whether a file is right below a room, where it counts as a folder of its own. */
function isFile(path) {
  return path.split("/").length === 3;
}

const graphs = new Map();

/** The folders on disk, read once for all files. */
function graphOf(root) {
  if (!graphs.has(root)) graphs.set(root, folderGraph(root));
  return graphs.get(root);
}

const folderCycles = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const path = place(context, context.filename);
    if (!path.startsWith("lib/")) return {};
    return onImport((node, source) => {
      if (!source.startsWith(".")) return;
      const [from, to] = [folderOf(path), folderOfImport(context.cwd, path, source)];
      // Files right beside each other are in one folder.
      if (
        from === to ||
        (dirname(from) === dirname(to) && existsSync(resolve(context.cwd, `${to}.ts`)) && isFile(path))
      )
        return;
      const way = wayBetween(graphOf(context.cwd), to, from);
      if (way === undefined) return;
      context.report({ node, message: `${from} and ${to} need each other: ${way.join(", ")}.` });
    });
  },
};

const deepProviderImports = {
  meta: { type: "problem", schema: [] },
  create: (context) =>
    onImport((node, source) => {
      if (!PROVIDER_ROOT.test(source)) return;
      const message = `Import the class alone, as in "${source}/lib/s3-bucket": the root takes 575 MB, one class 67 MB.`;
      context.report({ node, message });
    }),
};

const documentedDefaults = {
  meta: { type: "suggestion", schema: [] },
  create: (context) => ({
    "TSInterfaceDeclaration[id.name=/Props$/] > TSInterfaceBody > [optional=true]"(node) {
      const documentation = context.sourceCode.getCommentsBefore(node).findLast(({ type }) => type === "Block");
      if (/@default\s+\S/.test(documentation?.value ?? "")) return;
      const message = "An optional property says with `@default` what happens when it is left out.";
      context.report({ node, message });
    },
  }),
};

const CHILD_PROCESS = "ImportDeclaration[source.value=/^(node:)?child_process$/]";
const NO_SHELL = "Programs are started with an argument list (execa, execFile, spawn), never through a shell.";
const NO_TERRAFORM_AT_SYNTH = "It runs terraform for every instance at synth; synth needs no terraform.";

const FORBIDDEN_SYNTAX = [
  { selector: `${CHILD_PROCESS} > ImportSpecifier[imported.name=/^exec(Sync)?$/]`, message: NO_SHELL },
  { selector: `${CHILD_PROCESS} > :matches(ImportNamespaceSpecifier, ImportDefaultSpecifier)`, message: NO_SHELL },
  { selector: "CallExpression[callee.property.name='execSync']", message: NO_SHELL },
  { selector: "CallExpression > ObjectExpression > Property[key.name='shell'][value.value!=false]", message: NO_SHELL },
  { selector: "CallExpression[callee.name=/^exec(Sync)?$/]", message: NO_SHELL },
  { selector: "MemberExpression[property.name='importFrom']", message: NO_TERRAFORM_AT_SYNTH },
  { selector: "ImportSpecifier[imported.name='TerraformDataResource']", message: NO_TERRAFORM_AT_SYNTH },
  { selector: "MemberExpression[property.name='TerraformDataResource']", message: NO_TERRAFORM_AT_SYNTH },
];

module.exports = [
  { ignores: ["**/node_modules/", "dist/", "cdktf.out/", ".demo/", ".sterna/", ".test/", "coverage/"] },
  ...tseslint.configs.recommended.map((config) => ({ ...config, files: ["**/*.ts"] })),
  {
    files: ["**/*.{ts,js,mjs}"],
    // `no-implied-eval` looks at nothing but known globals.
    languageOptions: { globals: { setInterval: "readonly", setTimeout: "readonly" } },
    plugins: {
      sterna: { rules: { arrows, "deep-provider-imports": deepProviderImports, "folder-cycles": folderCycles } },
    },
    rules: {
      "sterna/arrows": "error",
      "sterna/deep-provider-imports": "error",
      "sterna/folder-cycles": "error",
      "max-lines": ["error", 400],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-syntax": ["error", ...FORBIDDEN_SYNTAX],
    },
  },
  {
    files: ["**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
      "@typescript-eslint/no-require-imports": [
        "error",
        {
          // Bindings of a second cloud are loaded by the one construct that needs them.
          allow: ["/eslint\\.config\\.js$", "/private/", "/scripts/folder-cycles\\.js$", "^@cdktf/provider-aws/lib/"],
        },
      ],
    },
  },
  {
    files: ["lib/**/*.ts"],
    plugins: { documentation: { rules: { defaults: documentedDefaults } } },
    rules: { "documentation/defaults": "error" },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...FORBIDDEN_SYNTAX,
        {
          selector: "MemberExpression[object.name=/^(describe|it|test)$/][property.name='only']",
          message: "The other tests would not run.",
        },
      ],
    },
  },
];
