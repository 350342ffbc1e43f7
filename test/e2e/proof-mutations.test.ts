import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { PromotionReport } from "../../lib/promotion/promotion-report";
import { scriptStep, TestProject } from "../cli/project";
import { runCli } from "../cli/run-cli";
import { requires } from "../support/requirements";
import { terraformEnvironment } from "../support/terraform-environment";
import { sampleOf, sampleSeed } from "../support/sample";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Configurations are taken apart by name, as Terraform writes them.
type Json = Record<string, any>;

/** A change to production's stack alone. */
interface Mutation {
  readonly title: string;
  /** Changes the configuration, or writes files of the folder by what it returns. */
  readonly change: (stack: Json) => void | Readonly<Record<string, string>>;
}

const PINS = { development: "1.0.0", staging: "1.0.0", production: "1.0.0" };
/** How many are tried in `npm test`; all of them with STERNA_TEST_FULL. */
const SAMPLE = 6;

const FILES = {
  "run.sh": ". ./common.sh\n",
  "common.sh": "true # staging\n",
  "asset.txt": "content\n",
  "rule.tftpl": "rule of ${id}\n",
  "network.tfstate":
    '{"version":4,"terraform_version":"1.5.0","serial":1,"lineage":"network","outputs":{},"resources":[]}',
};

const BLOCKS = {
  terraform_data: {
    bucket: { input: { name: "shop-@environment@", keep: 28, source: "asset.txt" }, triggers_replace: ["v1"] },
    runner: {
      input: "${terraform_data.bucket.id}",
      depends_on: ["terraform_data.bucket"],
      lifecycle: { create_before_destroy: true, ignore_changes: ["triggers_replace"] },
      connection: { type: "ssh", host: "host.invalid", user: "root" },
      provisioner: [
        {
          "local-exec": {
            command: "sh run.sh",
            environment: { LEVEL: "info" },
            interpreter: ["/bin/sh", "-c"],
            on_failure: "fail",
            working_dir: ".",
          },
        },
        { "local-exec": { command: "echo gone", when: "destroy" } },
      ],
    },
    policy: { input: "${local.policy}" },
    rendered: { input: '${templatefile("${path.module}/rule.tftpl", { id = terraform_data.bucket.id })}' },
    named: { input: "${var.who}-${terraform_data.bucket.id}" },
    timed: { input: "${timestamp()}" },
    secret: { input: '${sensitive("secret-@environment@")}' },
    many: { for_each: "${toset(local.keys)}", input: "${each.value}" },
    counted: { count: 2, input: "${count.index}" },
  },
};
/** The apply reads it, since it comes after a resource that is made. */
const DATA = {
  network: { backend: "local", config: { path: "network.tfstate" }, depends_on: ["terraform_data.bucket"] },
};
const LOCALS = {
  policy: '${jsonencode({ Effect = "Deny", Resource = terraform_data.bucket.id })}',
  keys: ["a", "b"],
};
const STEPS = [scriptStep("one", "1.0.0", { on_destroy: "keep" }), scriptStep("two", "1.0.0", { after: ["one"] })];

const dataOf = (stack: Json): Json => stack["data"].terraform_remote_state;
const block = (stack: Json, name: string): Json => stack["resource"].terraform_data[name];
const stepOf = (stack: Json, name: string): Json => stack["resource"].sterna_step[name];
const programOf = (stack: Json, edit: (program: Json) => void): void => {
  const step = stepOf(stack, "two");
  const program = JSON.parse(step["program"]) as Json;
  edit(program);
  step["program"] = JSON.stringify(program);
};

/** Removes and changes each member of each block, and adds what each block can take: one at a time. */
function mutations(stack: Json): Mutation[] {
  const found: Mutation[] = [];
  const add = (title: string, change: Mutation["change"]) => void found.push({ title, change });
  // A literal: its length keeps what it means, so that Terraform still takes the plan.
  const changed = (value: unknown): unknown =>
    typeof value === "number"
      ? value + 1
      : typeof value === "boolean"
        ? !value
        : typeof value === "string" && !/^[a-z]+$/.test(value) && !value.includes("${")
          ? `${value}x`
          : undefined;
  const visit = (path: readonly (string | number)[]): void => {
    const at = (from: Json): Json => path.reduce<Json>((node, key) => node[key], from);
    for (const key of Object.keys(at(stack))) {
      const here = [...path, Array.isArray(at(stack)) ? Number(key) : key];
      const title = here.slice(2).join(".");
      const value = at(stack)[key];
      if (!FIXED.some((pattern) => pattern.test(title))) {
        add(`remove ${title}`, (from) => {
          const parent = at(from);
          if (Array.isArray(parent)) parent.splice(Number(key), 1);
          else delete parent[key];
        });
      }
      if (typeof value === "object" && value !== null) visit(here);
      else if (changed(value) !== undefined && !UNCHANGED.some((pattern) => pattern.test(title))) {
        add(`change ${title}`, (from) => void (at(from)[key] = changed(value)));
      }
    }
  };
  for (const name of Object.keys(stack["resource"].terraform_data)) {
    add(`remove resource ${name}`, (from) => void delete from["resource"].terraform_data[name]);
    visit(["resource", "terraform_data", name]);
    for (const [key, value] of Object.entries(ADDED)) {
      if (block(stack, name)[key] === undefined) {
        add(`add ${key} to ${name}`, (from) => void (block(from, name)[key] = value));
      }
    }
  }
  return [...found, ...BY_HAND.map(([title, change]) => ({ title, change }))].filter(
    ({ title }) => !LEFT_OUT.includes(title),
  );
}

/** Without these Terraform takes the configuration for wrong, or it is another resource that is removed. */
const FIXED = [
  /^many\.for_each$/,
  /\.provisioner\.\d+\.local-exec$/,
  /local-exec\.command$/,
  /^runner\.connection\.host$/,
];
const UNCHANGED = [/lifecycle\.ignore_changes/, /interpreter/, /depends_on/, /working_dir/];

/** What Terraform itself refuses, since others name it; and what is declared to differ. */
const LEFT_OUT = ["remove resource bucket", "remove counted.count", "add triggers_replace to timed"];

const ADDED = {
  triggers_replace: ["${terraform_data.bucket.id}"],
  provisioner: [{ "local-exec": { command: "id" } }],
  connection: { type: "ssh", host: "host.invalid" },
  lifecycle: { prevent_destroy: true },
};

const BY_HAND: readonly [string, Mutation["change"]][] = [
  ["data: another argument", (stack) => void (dataOf(stack).network.config.path = "./network.tfstate")],
  ["data: one argument more", (stack) => void (dataOf(stack).network.defaults = { zone: "a" })],
  ["data: another order", (stack) => void (dataOf(stack).network.depends_on = ["terraform_data.timed"])],
  ["data: one more", (stack) => void (dataOf(stack).rogue = dataOf(stack).network)],
  ["data: the file that it reads", () => ({ "network.tfstate": FILES["network.tfstate"].replace(":1,", ":2,") })],
  ["add a resource", (stack) => void (stack["resource"].terraform_data.rogue = { input: 1 })],
  [
    "another local behind an unknown value",
    (stack) => void (stack["locals"].policy = LOCALS.policy.replace("Deny", "Allow")),
  ],
  ["one key more", (stack) => void stack["locals"].keys.push("c")],
  ["another variable", (stack) => void (stack["variable"].who.default = "root")],
  ["another reference", (stack) => void (block(stack, "runner").input = "${terraform_data.timed.id}")],
  ["another function", (stack) => void (block(stack, "timed").input = "${uuid()}")],
  ["no function", (stack) => void delete block(stack, "timed").input],
  ["a secret is none any more", (stack) => void (block(stack, "secret").input = "open")],
  [
    "other interpreter",
    (stack) => void (block(stack, "runner").provisioner[0]["local-exec"].interpreter = ["/bin/sh", "-ec"]),
  ],
  ["other working directory", (stack) => void (block(stack, "runner").provisioner[0]["local-exec"].working_dir = "..")],
  [
    "failures do not matter",
    (stack) => void (block(stack, "runner").provisioner[0]["local-exec"].on_failure = "continue"),
  ],
  ["provisioners in another order", (stack) => void block(stack, "runner").provisioner.reverse()],
  ["another time to run", (stack) => void delete block(stack, "runner").provisioner[1]["local-exec"].when],
  [
    "a precondition",
    (stack) =>
      void (block(stack, "bucket").lifecycle = {
        precondition: [{ condition: '${terraform_data.many["a"].id != null}', error_message: "no" }],
      }),
  ],
  [
    "replaced by another",
    (stack) => void (block(stack, "runner").lifecycle.replace_triggered_by = ["terraform_data.bucket"]),
  ],
  ["other changes ignored", (stack) => void (block(stack, "runner").lifecycle.ignore_changes = ["input"])],
  ["count instead of for_each", (stack) => void (stack["resource"].terraform_data.many = { count: 2, input: "a" })],
  ["one instance more", (stack) => void (block(stack, "counted").count = 3)],
  ["one instance less", (stack) => void (block(stack, "counted").count = 1)],
  ["the script that runs", () => ({ "run.sh": `${FILES["run.sh"]}id\n` })],
  ["a script that the script reads", () => ({ "common.sh": "id\n" })],
  ["a file that an argument names", () => ({ "asset.txt": "other\n" })],
  ["a template of an unknown value", () => ({ "rule.tftpl": "other ${id}\n" })],
  ["a new file beside the program", () => ({ "sitecustomize.py": "import os\n" })],
  [
    "an override file",
    () => ({
      "x_override.tf.json":
        '{"resource":{"terraform_data":{"bucket":{"provisioner":[{"local-exec":{"command":"id"}}]}}}}',
    }),
  ],
  ["step: up", (stack) => programOf(stack, (program) => void (program["up"] += "; id"))],
  ["step: down", (stack) => programOf(stack, (program) => void (program["down"] += "; id"))],
  [
    "step: no down",
    (stack) => {
      programOf(stack, (program) => void delete program["down"]);
      stepOf(stack, "two").irreversible = "why";
    },
  ],
  ["step: verify", (stack) => programOf(stack, (program) => void (program["verify"][0].query += " "))],
  ["step: expected", (stack) => programOf(stack, (program) => void (program["verify"][0].expected = "other"))],
  ["step: environment", (stack) => programOf(stack, (program) => void (program["environment"].MORE = "1"))],
  ["step: no order", (stack) => void Object.assign(stepOf(stack, "two"), { after: [], depends_on: [] })],
  ["step: no after", (stack) => void (stepOf(stack, "two").after = [])],
  ["step: no depends_on", (stack) => void delete stepOf(stack, "two").depends_on],
  ["step: other depends_on", (stack) => void (stepOf(stack, "two").depends_on = ["terraform_data.timed"])],
  ["step: on_destroy", (stack) => void (stepOf(stack, "two").on_destroy = "refuse")],
  ["step: no on_destroy", (stack) => void delete stepOf(stack, "one").on_destroy],
  ["step: on_retry", (stack) => void (stepOf(stack, "two").on_retry = "compensate")],
  ["step: on_stop", (stack) => void (stepOf(stack, "two").on_stop = "finish")],
  ["step: phase", (stack) => void (stepOf(stack, "two").phase = "contract")],
  ["step: timeout", (stack) => void (stepOf(stack, "two").timeout = 5)],
  ["step: irreversible", (stack) => void (stepOf(stack, "two").irreversible = "why")],
  ["step: one variable more", (stack) => void (stepOf(stack, "two").variables.MORE = "1")],
  ["step: release", (stack) => void (stepOf(stack, "two").release = "0.1.0")],
  ["step: lifecycle", (stack) => void (stepOf(stack, "two").lifecycle = { ignore_changes: ["after"] })],
  ["step: provisioner", (stack) => void (stepOf(stack, "two").provisioner = [{ "local-exec": { command: "id" } }])],
  ["step: removed", (stack) => void delete stack["resource"].sterna_step.two],
  [
    "step: another one",
    (stack) => void (stack["resource"].sterna_step.three = { ...stepOf(stack, "two"), id: "three" }),
  ],
];

/** Changes that alter nothing that Terraform does, or that are declared to differ. */
const ALLOWED: readonly [string, Mutation["change"]][] = [
  ["nothing", () => {}],
  ["the name of the environment in a file", () => ({ "common.sh": "true # production\n" })],
  ["a comment", (stack) => void (block(stack, "bucket")["//"] = { metadata: "x" })],
  ["the title of a step", (stack) => void (stepOf(stack, "two").title = "Another title")],
  ["the values of a step's variables", (stack) => void (stepOf(stack, "two").variables.WORLD += "-2")],
  ["a declared variable", (stack) => void (block(stack, "bucket").input.keep = 28)],
  ["an output, which is shown and changes nothing", (stack) => void (stack["output"] = { more: { value: "shown" } })],
  ["an attribute that may differ", (stack) => void (block(stack, "timed").triggers_replace = ["here"])],
];

requires("terraform")("a change to production alone, beside one apply of staging", () => {
  let project: TestProject;
  let original: string;
  const stackFile = (environment: string, name: string) =>
    project.path("cdktf.out/stacks", `shop-${environment}`, name);
  const run = (...args: string[]) => runCli(project.directory, args, terraformEnvironment());
  const edit = (environment: string, { change }: Mutation) => {
    const stack = JSON.parse(original.replaceAll("@environment@", environment)) as Json;
    const files = change(stack) ?? {};
    for (const [name, text] of Object.entries({ ...FILES, ...files }))
      writeFileSync(stackFile(environment, name), text);
    const read = JSON.parse(readFileSync(stackFile(environment, "cdk.tf.json"), "utf8")) as Json;
    writeFileSync(stackFile(environment, "cdk.tf.json"), JSON.stringify({ ...stack, provider: read["provider"] }));
    return () =>
      Object.keys(files)
        .filter((name) => !(name in FILES))
        .forEach((name) => rmSync(stackFile(environment, name)));
  };
  const plan = async (mutation: Mutation) => {
    const restore = edit("production", mutation);
    const { stdout, stderr, status } = await run("plan", "shop", "production", "--json");
    restore();
    const told = (stdout === "" ? {} : JSON.parse(stdout)) as { report?: PromotionReport; error?: { code: string } };
    return {
      status,
      code: told.error?.code,
      open: openOf(told.report),
      stderr: stderr.slice(-2000),
      error: told.error,
    };
  };

  beforeAll(async () => {
    project = new TestProject({ pins: PINS });
    project.define({ steps: STEPS, provider: true, protected: ["production"], resources: BLOCKS });
    project.write("environments.json", {
      environments: ["development", "staging", "production"].map((name) => ({ name })),
      differences: [{ resource: "terraform_data.timed", attribute: "triggers_replace", reason: "its own" }],
    });
    expect((await run("status")).status).toBe(0);
    // From here on the test writes the stacks.
    project.write("cdktf.json", { app: "node -e 0" });
    const stack = JSON.parse(readFileSync(stackFile("staging", "cdk.tf.json"), "utf8")) as Json;
    stack["resource"].terraform_data = BLOCKS.terraform_data;
    stack["locals"] = LOCALS;
    stack["data"] = { ...stack["data"], terraform_remote_state: DATA };
    stack["variable"] = { who: { default: "ops" } };
    original = JSON.stringify(stack).replaceAll("world-staging", "world-@environment@");
    edit("staging", { title: "", change: () => {} });
    expect(await run("apply", "shop", "staging", "--auto-approve")).toMatchObject({ status: 0 });
  });
  afterAll(() => rmSync(project.directory, { recursive: true, force: true }));

  it.each(ALLOWED)("is let through when it is %s", async (title, change) => {
    expect(await plan({ title, change })).toMatchObject({ status: 2, open: [] });
  });

  it("is refused when it alters what Terraform would do, whatever it changes", async () => {
    // GIVEN
    const all = mutations(JSON.parse(original) as Json);
    const tried = sampleOf(all, SAMPLE);

    // WHEN
    const missed: object[] = [];
    for (const mutation of tried) {
      const { status, code, stderr, open, error } = await plan(mutation);
      const isRefused = status === 3 && (code === "ChangesNotProved" || code === "StepsNotProved");
      if (!isRefused) missed.push({ title: mutation.title, seed: sampleSeed, status, code, open, stderr, error });
    }

    // THEN
    expect(all.length).toBeGreaterThanOrEqual(60);
    expect(missed).toEqual([]);
  }, 3_600_000);
});

function openOf(report: PromotionReport | undefined): string[] {
  const all = [
    ...(report?.resources ?? []).map((each) => [each.address, each.proof] as const),
    ...[...(report?.steps ?? []), ...(report?.rollbacks ?? [])].map((each) => [each.id, each.proof] as const),
    ...(report?.proof?.missing ?? []).map((each) => [each.name, each.proof] as const),
  ];
  return all.flatMap(([name, proof]) =>
    proof === undefined || proof.class === "PROVEN" ? [] : [`${name}: ${proof.class} ${proof.attributes.join(" ")}`],
  );
}
