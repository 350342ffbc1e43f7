import { describe, expect, it } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App, LocalBackend, TerraformResource, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { BlueGreenStacks, COLORS, Rollout, type Router } from "../../lib/index";
import { temporaryDirectory } from "../support/system-stack";
import { terraform } from "../support/terraform";

const directory = temporaryDirectory();
const stateOf = (stack: string) => join(directory, `${stack}.tfstate`);

/** Something that needs no provider and no server. */
class Data extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly input: unknown,
  ) {
    super(scope, id, { terraformResourceType: "terraform_data" });
  }

  get output(): string {
    return this.getStringAttribute("output");
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { input: this.input };
  }
}

function prepareStack(stack: TerraformStack): void {
  new LocalBackend(stack, { path: stateOf(stack.node.id) });
}

class ShopStack extends TerraformStack {
  readonly server: Data;

  constructor(scope: Construct, id: string, release: string) {
    super(scope, id);
    prepareStack(this);
    this.server = new Data(this, "server", `${id} ${release}`);
  }
}

const router: Router<ShopStack> = {
  route(stack, destinations) {
    const shares = destinations.map(({ stack: { server }, percent }) => ({ server: server.output, percent }));
    new Data(stack, "shares", shares);
  },
};

/** Deploys all stages in their order, and gives what Terraform changed, in order. */
async function deploy(rollout: Rollout): Promise<string[]> {
  const app = new App({ outdir: join(directory, "out") });
  const stacks = new BlueGreenStacks(app, "shop", {
    rollout,
    makeColor: (scope, id, { release }) => new ShopStack(scope, id, release),
    prepareStack,
    router,
  });
  app.synth();
  const changes: string[] = [];
  for (const stack of stacks.deployOrder.stages.flatMap((stage) => stage.stacks)) {
    const folder = join(app.outdir, "stacks", stack);
    if (!existsSync(join(folder, ".terraform"))) {
      expect(await terraform(folder, ["init"])).toMatchObject({ exitCode: 0 });
    }
    const applied = await terraform(folder, ["apply", "-auto-approve", "-json"]);
    expect(applied).toMatchObject({ exitCode: 0 });
    changes.push(...plannedChanges(applied.stdout).map((change) => `${stack}: ${change}`));
    expectNoTrafficToNowhere();
  }
  return changes;
}

interface ApplyLine {
  readonly type: string;
  readonly change?: { readonly action: string; readonly resource: { readonly addr: string } };
}

function plannedChanges(stdout: string): string[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ApplyLine)
    .filter(({ type, change }) => type === "planned_change" && change!.action !== "read")
    .map(({ change }) => `${change!.action} ${change!.resource.addr}`);
}

/** The output of the only resource in the state of a stack; nothing when there is none. */
function appliedOutput(stack: string): unknown {
  if (!existsSync(stateOf(stack))) return undefined;
  const { resources } = JSON.parse(readFileSync(stateOf(stack), "utf8")) as {
    resources: { mode: string; instances: { attributes: { output: { value: unknown } } }[] }[];
  };
  return resources.find(({ mode }) => mode === "managed")?.instances[0]?.attributes.output.value;
}

/** Whatever is applied last: what the router knows is what runs. */
function expectNoTrafficToNowhere(): void {
  const shares = (appliedOutput("shop-router") ?? []) as { server: string }[];
  const running = COLORS.map((color) => appliedOutput(`shop-${color}`));
  for (const { server } of shares) expect(running).toContain(server);
}

const ROUTED = "shop-router: update terraform_data.shares";

describe("a stack in two colors, applied", () => {
  it("goes through an abort and two cycles, each phase with its own changes alone, and never routes to what is not there", async () => {
    // GIVEN
    const steady = Rollout.steady("blue", "1.0.0");
    const first = steady.prewarm("1.1.0");
    const retired = first.canary(10).cutover().retire();
    const second = retired.prewarm("1.2.0");
    const walk: readonly (readonly [Rollout, readonly string[]])[] = [
      [steady, ["shop-blue: create terraform_data.server", "shop-router: create terraform_data.shares"]],
      [first, ["shop-green: create terraform_data.server", ROUTED]],
      [first.canary(10), [ROUTED]],
      [first.canary(10), []],
      [first.canary(10).abort(), [ROUTED]],
      [steady, [ROUTED, "shop-green: delete terraform_data.server"]],
      [first, ["shop-green: create terraform_data.server", ROUTED]],
      [first.canary(10).cutover(), [ROUTED]],
      [retired, [ROUTED, "shop-blue: delete terraform_data.server"]],
      [second, ["shop-blue: create terraform_data.server", ROUTED]],
      [second.canary(50).cutover(), [ROUTED]],
      [second.cutover().retire(), [ROUTED, "shop-green: delete terraform_data.server"]],
    ];

    for (const [rollout, expected] of walk) {
      // WHEN
      const changed = await deploy(rollout);

      // THEN
      expect([rollout.phase, changed]).toEqual([rollout.phase, expected]);
    }
    expect(appliedOutput("shop-router")).toEqual([{ server: "shop-blue 1.2.0", percent: 100 }]);
  }, 90_000);
});
