import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { App, TerraformStack } from "cdktf";
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PROPS_TABLE } from "../../lib/core/props-table";
import { startAwsStandIn, type AwsStandIn } from "../../lib/testing/aws/stand-in";
import { SUBJECTS, type Effect, type Subject } from "../support/option-changes";
import { changesOf, PlannedState, type KeptResource, type PlannedChange } from "../support/planned-state";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { isFull } from "../support/sample";

type Block = Record<string, unknown>;
type Blocks = Record<string, Record<string, Block>>;
type Configuration = Block & { resource: Blocks; data?: Blocks; moved?: Block[]; import?: Block[] };

const TABLE = new Map(
  PROPS_TABLE.split("\n").map((line) => [
    line.slice(0, line.indexOf(" ")),
    Object.keys(JSON.parse(line.slice(line.indexOf(" ") + 1)) as object).map((key) => key.replace(/\?$/, "")),
  ]),
);

/** A sample, which takes a minute less: each option is in one of them. */
const SAMPLES = 4;
const CHOSEN = SUBJECTS.map((subject, index) => {
  const isChosen = (position: number) => isFull || (position + index) % SAMPLES === 0;
  const options = Object.entries(subject.options).filter((_, position) => isChosen(position));
  return { ...subject, options: Object.fromEntries(options) };
});

test("what a change replaces, deletes or is refused for is on the page about it", () => {
  const page = readFileSync(join(repositoryRoot, "docs/changing-options.md"), "utf8");
  const rows = page.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    return cells.length > 4 ? [cells.slice(1, 4).join(" | ")] : [];
  });
  expect(rows.filter((row) => row.startsWith("`")).sort()).toEqual(
    SUBJECTS.flatMap(({ name, options }) =>
      Object.entries(options).flatMap(([option, [, effect]]) =>
        typeof effect === "string" ? [] : [`\`${name}\` | \`${option}\` | ${effect.join(", ")}`],
      ),
    ).sort(),
  );
});

test.each(SUBJECTS.filter(({ props }) => props !== undefined))(
  "every option of $name is changed",
  ({ props, options }) => {
    expect(Object.keys(options).sort()).toEqual([...TABLE.get(props!)!].sort());
  },
);

/** One construct in one state of its options, under names of its own. */
interface Copy {
  readonly prefix: string;
  readonly subject: Subject;
  readonly option?: string;
  readonly configuration: Configuration;
}

requires(
  "terraform",
  "aws_provider",
  "moto_server",
)("a change of one option, planned by the real AWS provider on the state of what it planned before", () => {
  let aws: AwsStandIn;
  let directory: string;
  const changes = new Map<string, readonly PlannedChange[]>();
  const guarded = new Set<string>();

  beforeAll(async () => {
    aws = await startAwsStandIn();
    await createVault("Kept");
    directory = scratchDirectory("option-changes");
    const terraform = new PlannedState(directory, aws.environment);
    const before = CHOSEN.map((subject) => copy(subject));
    const configuration = merge(before);
    await terraform.plan({ terraform: configuration.terraform, provider: configuration.provider }, []).catch(() => {});
    const initialized = await terraform.run("init");
    if (initialized.exitCode !== 0) throw new Error(initialized.stderr);
    const state = await terraform.made(configuration);
    const after = CHOSEN.flatMap((subject) => Object.keys(subject.options).map((option) => copy(subject, option)));
    const kept = [...before, ...after].flatMap(({ prefix, subject }) => stateOf(state, subject, prefix));
    const plan = await terraform.plan(merge([...before, ...after]), kept);
    for (const change of changesOf(plan)) {
      const prefix = change.name.slice(0, change.name.indexOf("--"));
      changes.set(prefix, [...(changes.get(prefix) ?? []), change]);
    }
  }, 300_000);

  afterAll(async () => {
    await aws?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test("changes nothing while no option changes", () => {
    expect(CHOSEN.flatMap((subject) => effectOf(prefixOf(subject)))).toEqual(CHOSEN.map(() => "nothing"));
    // The placeholder of a secret, which is sensitive in the state.
    const learned = CHOSEN.flatMap((subject) => changes.get(prefixOf(subject)) ?? []);
    const open = learned.filter(({ change }) => change.actions.join() !== "no-op").map(({ type }) => type);
    expect(open).toEqual(["aws_secretsmanager_secret_version"]);
  });

  describe.each(CHOSEN)("of $name:", (subject) => {
    test.each(Object.entries(subject.options))("%s", (option, [, effect]) => {
      expect(effectOf(prefixOf(subject, option))).toEqual(effect);
    });
  });

  /** The provider reads an existing vault while it plans. */
  async function createVault(name: string): Promise<void> {
    const authorization = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/backup/aws4_request";
    const body = JSON.stringify({ BackupVaultTags: {} });
    await fetch(`${aws.endpoint}/backup-vaults/${name}`, { method: "PUT", headers: { authorization }, body });
  }

  function effectOf(prefix: string): Effect {
    const own = (changes.get(prefix) ?? []).filter((each) => each.change.actions.join() !== "no-op" && !isNoise(each));
    const gone = own.flatMap(({ type, address, change: { actions } }) => {
      // What the constructs keep in the state for themselves.
      if (!actions.includes("delete") || type === "terraform_data") return [];
      if (actions.length === 1) return [`deletes ${type}` as const];
      return [guarded.has(address) ? (`refuses ${type}` as const) : (`replaces ${type}` as const)];
    });
    // A plan that is refused does nothing else.
    const refused = gone.filter((line) => line.startsWith("refuses"));
    if (gone.length > 0) return [...new Set(refused.length > 0 ? refused : gone)].sort();
    return own.length > 0 ? "applied" : "nothing";
  }

  /** A made-up state leaves out what only the service knows, which the provider then plans to learn. */
  function isNoise({ type, name, change }: PlannedChange): boolean {
    const [prefix, ...rest] = name.split("--");
    const before = `${prefix!.split("-")[0]}-before`;
    const same = changes.get(before)?.find((each) => each.type === type && each.name === [before, ...rest].join("--"));
    const text = (each: PlannedChange["change"]) => JSON.stringify(each).replaceAll(prefix!, before);
    return change.actions.join() === "update" && same !== undefined && text(same.change) === text(change);
  }

  function copy(subject: Subject, option?: string): Copy {
    const outdir = join(directory, `out-${prefixOf(subject, option)}`);
    const app = new App({ outdir });
    const stack = new TerraformStack(app, "it");
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    const changed =
      option === undefined ? {} : { [option]: subject.options[option]![0], ...subject.together?.[option] };
    subject.declare(stack, { ...subject.before, ...changed } as never);
    app.synth();
    const assets = join(outdir, "stacks/it/assets");
    if (existsSync(assets)) cpSync(assets, join(directory, "assets"), { recursive: true });
    const text = readFileSync(join(outdir, "stacks/it/cdk.tf.json"), "utf8");
    const prefix = prefixOf(subject, option);
    return { prefix, subject, ...(option && { option }), configuration: renamed(text, prefix) };
  }

  /** The configuration with a prefix on every resource, and without what stops a plan. */
  function renamed(text: string, prefix: string): Configuration {
    const { resource, data = {}, ...rest } = JSON.parse(text) as Configuration;
    const names = [resource, data].flatMap((blocks) =>
      Object.entries(blocks).flatMap(([type, named]) => Object.keys(named).map((name) => [type, name] as const)),
    );
    const rename = <T>(value: T): T =>
      JSON.parse(
        names.reduce(
          (json, [type, name]) =>
            json.replaceAll(new RegExp(`\\b${type}\\.${name}(?![\\w-])`, "g"), `${type}.${prefix}--${name}`),
          JSON.stringify(value),
        ),
      ) as T;
    const prefixed = (blocks: Blocks): Blocks =>
      Object.fromEntries(
        Object.entries(rename(blocks)).map(([type, named]) => [
          type,
          Object.fromEntries(Object.entries(named).map(([name, block]) => [`${prefix}--${name}`, block])),
        ]),
      );
    const resources = prefixed(resource);
    for (const [type, named] of Object.entries(resources)) {
      for (const [name, block] of Object.entries(named)) {
        const { prevent_destroy: isGuarded, ...lifecycle } = (block["lifecycle"] ?? {}) as Block;
        if (isGuarded === true) guarded.add(`${type}.${name}`);
        if (Object.keys(lifecycle).length > 0) block["lifecycle"] = lifecycle;
        else delete block["lifecycle"];
      }
    }
    return { ...rename(rest), resource: resources, data: prefixed(data) };
  }
});

const prefixOf = ({ name }: Subject, option = "before"): string => `${name}-${option}`;

function merge(copies: readonly Copy[]): Configuration {
  const [first] = copies.map(({ configuration }) => configuration);
  const merged = (blocks: readonly Blocks[]): Blocks => {
    const all: Blocks = {};
    for (const each of blocks)
      for (const [type, named] of Object.entries(each)) Object.assign((all[type] ??= {}), named);
    return all;
  };
  const configurations = copies.map(({ configuration }) => configuration);
  return {
    terraform: { required_providers: (first!["terraform"] as Block)["required_providers"] },
    provider: first!["provider"],
    variable: { first: { type: "string", default: "first", sensitive: true, ephemeral: true } },
    resource: merged(configurations.map(({ resource }) => resource)),
    data: merged(configurations.map(({ data = {} }) => data)),
  };
}

/** The state of the construct before the change, under the names of a copy. */
function stateOf(state: readonly KeptResource[], subject: Subject, prefix: string): KeptResource[] {
  const before = `${prefixOf(subject)}--`;
  return state
    .filter(({ name }) => name.startsWith(before))
    .map((resource) => ({ ...resource, name: `${prefix}--${resource.name.slice(before.length)}` }));
}
