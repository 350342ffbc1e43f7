const { dirname, relative, resolve, sep } = require("node:path");
const tseslint = require("typescript-eslint");

/**
 * Which folder of `lib` may import from which others. A folder always knows itself; `lib/index.ts` knows all.
 * Nobody in `lib` knows `stacks`, `bin` or anything else outside of it.
 */
const ARROWS = {
  core: [],
  backup: ["core"],
  "blue-green": ["core", "environments", "releases"],
  engine: ["core"],
  // A stack is pinned to one of the releases of its system.
  environments: ["core", "releases"],
  promotion: ["core", "engine"],
  releases: ["core"],
  secrets: ["core"],
  storage: ["core"],
  migrations: ["core", "environments", "releases"],
  gates: ["core", "environments", "migrations", "steps"],
  steps: ["core", "migrations"],
};

/** The files of `lib/engine` in which the constructs and the engine meet: every construct may import them. */
const MEETING_POINT = ["checksum", "ledgers/ledger-config", "program", "step-record", "text"];

/** Folders that run without the constructs: the provider has to start fast. */
const WITHOUT_CONSTRUCTS = ["engine", "promotion"];

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

const arrows = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const file = place(context, context.filename);
    const [top, folder, ...rest] = file.split("/");
    // `lib/index.ts` and the command line know every folder of `lib`.
    const known = rest.length === 0 || folder === "cli" ? Object.keys(ARROWS).concat("cli") : ARROWS[folder];
    const refuse = (node, message) => context.report({ node, message });
    return onImport((node, source) => {
      if (top === "lib" && WITHOUT_CONSTRUCTS.includes(folder) && CONSTRUCT_PACKAGE.test(source)) {
        return refuse(node, `lib/${folder} runs without constructs: it never imports "${source}".`);
      }
      if (!source.startsWith(".")) return;
      const target = place(context, resolve(dirname(context.filename), source));
      const [targetTop, targetFolder, ...targetRest] = target.split("/");
      if (top === "stacks" && targetTop === "bin") return refuse(node, "nobody imports from bin.");
      if (top !== "lib") return;
      if (targetTop !== "lib") return refuse(node, `lib imports nothing from outside of lib, got "${source}".`);
      if (targetFolder === folder || (known ?? []).includes(targetFolder)) return;
      const meets = targetFolder === "engine" && MEETING_POINT.includes(targetRest.join("/"));
      if (meets && folder !== "core") return;
      const allowed = known === undefined ? "is not in ARROWS" : `knows ${known.join(", ") || "nobody"}`;
      refuse(node, `lib/${folder} does not know "${source}": it ${allowed}; see ARROWS in eslint.config.js.`);
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
    plugins: { sterna: { rules: { arrows, "deep-provider-imports": deepProviderImports } } },
    rules: {
      "sterna/arrows": "error",
      "sterna/deep-provider-imports": "error",
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
      "@typescript-eslint/no-require-imports": ["error", { allow: ["/eslint\\.config\\.js$", "/private/"] }],
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
