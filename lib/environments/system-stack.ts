import { TerraformStack, App, type IStackSynthesizer, type ISynthesisSession } from "cdktf";
import type { Construct, IConstruct } from "constructs";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkProps } from "../core/check-props";
import { attempt, collect, report, SternaError, ValidationError } from "../core/errors";
import { IDENTIFIER_RULE, isIdentifier } from "../core/names";
import { canonicalJson } from "../manifest/checksum";
import type { GatesData } from "../manifest/gate-data";
import { mergeRolloutRules, type RolloutRules, type Rollout } from "../manifest/rollout";
import { type StackManifest, OLDEST_TERRAFORM, STACK_MANIFEST_FILE } from "../manifest/stack-manifest";
import type { CompatibilityMatrix } from "../releases/compatibility-matrix";
import { type Release, Releases } from "../releases/release";
import { requirePath } from "../releases/upgrade-advice";
import { Backend } from "./backend";
import type { Environment } from "./environment";
import type { Ledger } from "./ledger";
import {
  PROVIDER_PLATFORMS,
  type ProviderPlatform,
  qualifySources,
  type RequiredProviders,
  deliverProvider,
  linkProviders,
  providerMirrors,
} from "./provider-delivery";
import { requireTerraformVersion } from "./require-terraform";
import { StackPlace } from "./stack-place";
import { sternaPackage } from "../core/sterna-package";
import { DataSternaLedger, ledgerCheck, SternaProvider, STERNA_PROVIDER_SOURCE } from "./sterna-provider";

/** Properties of a `SystemStack`. */
export interface SystemStackProps {
  /** Name of the system, such as `app-ef`: lower-case letters, digits and hyphens, beginning with a letter. */
  readonly system: string;

  /** Where the system runs. */
  readonly environment: Environment;

  /** All releases of the system, in any order. */
  readonly releases: readonly Release[];

  /** Version of the release that the environment is pinned to: `pins.of(system, environment)`. */
  readonly release: string;

  /**
   * Between which releases the system may move in one step. A pin without a legal path to it is refused, and so is a
   * migration that skips a required stop.
   * @default - every release leads to every newer one
   */
  readonly compatibility?: CompatibilityMatrix;

  /**
   * State of the rollout if the system has two colors: `pins.rolloutOf(system, environment)`. A contracting step is
   * refused while a color runs a release that needs what it removes.
   * @default - the system has no colors
   */
  readonly rollout?: Rollout;

  /** Where applied steps are recorded. */
  readonly ledger: Ledger;

  /**
   * Ledger of the previous environment: a step that is not applied there is refused at plan.
   * @default - with `Ledger.file`, the ledger of the stack of the previous environment; none in the first environment
   */
  readonly previousLedger?: Ledger;

  /**
   * Where Terraform stores the state.
   * @default Backend.local()
   */
  readonly backend?: Backend;

  /**
   * Directory with unpacked providers, such as one created by `terraform providers mirror`, to link into the stack. It
   * contains `registry.terraform.io`.
   * @default - STERNA_PROVIDER_MIRROR, then the usual directories of Terraform and system images
   */
  readonly providerMirror?: string;

  /**
   * Platforms that will run Terraform.
   * @default - Linux and macOS, each on amd64 and arm64
   */
  readonly platforms?: readonly ProviderPlatform[];

  /**
   * Zip of Sterna's Terraform provider.
   * @default - the one in this package
   */
  readonly providerPackage?: string;
}

/** Inspects a stack as it is rendered: the JSON that Terraform will read, as an object. */
export type Inspection = (rendered: Readonly<Record<string, unknown>>) => void;

/** One system in one environment: a Terraform stack named `<system>-<environment>`. */
export class SystemStack extends TerraformStack {
  /**
   * The stack that a construct is part of.
   *
   * @throws ValidationError `StackMissing`
   */
  static override of(construct: IConstruct): SystemStack {
    const stack = construct.node.scopes.reverse().find((scope) => scope instanceof SystemStack);
    if (stack !== undefined) return stack;
    throw new ValidationError("StackMissing", "make this construct inside of a SystemStack", construct);
  }

  readonly system: string;
  readonly environment: Environment;

  /** All releases of the system, oldest first. */
  readonly releases: Releases;

  /** The release that the environment is pinned to. */
  readonly release: Release;

  /** Between which releases the system may move in one step; absent when not specified. */
  readonly compatibility: CompatibilityMatrix | undefined;

  /** State of the rollout. Absent if the system has no colors. */
  readonly rollout: Rollout | undefined;

  /** Platforms that will run Terraform. */
  readonly platforms: readonly ProviderPlatform[];

  /** Mirror to link providers from. If absent, only the usual directories are searched. */
  readonly providerMirror: string | undefined;

  /** Zip of Sterna's Terraform provider. */
  readonly providerPackage: string;

  /**
   * Where the stack is written to.
   *
   * @internal
   */
  readonly place: StackPlace;

  /** The ledger in which a step must be applied before it may run here, as JSON. Absent in the first environment. */
  readonly proof: string | undefined;

  /**
   * Providers of the synthesized stack, with full source addresses.
   *
   * @internal
   */
  requiredProviders: RequiredProviders = {};

  private readonly preparations: (() => void)[] = [];
  private readonly inspections: Inspection[] = [];
  private readonly description: StackManifest;
  private gates: GatesData | undefined;
  private readonly history: { readonly removed: string[]; readonly outOfOrder: string[] } = {
    removed: [],
    outOfOrder: [],
  };
  private rolloutRules: RolloutRules | undefined;
  private readonly steps: string[] = [];

  /**
   * @throws ValidationError `InvalidIdentifier`, `UnknownRelease` with the known ones, `PlannedRelease`, `DuplicateRelease`,
   * `ProofNotConfigured`, `NoUpgradePath`
   */
  constructor(scope: Construct, props: SystemStackProps) {
    checkProps(scope, "SystemStackProps", props);
    const { system, environment } = props;
    const id = `${system}-${environment.name}`;
    super(scope, id);
    this.system = system;
    this.environment = environment;
    this.compatibility = props.compatibility;
    this.rollout = props.rollout;
    this.place = new StackPlace(this, id);
    const { releases, release, proof } = collect(this, () => this.check(props));
    this.releases = releases;
    this.release = release;
    this.proof = proof;
    this.platforms = props.platforms ?? PROVIDER_PLATFORMS;
    this.providerMirror = props.providerMirror;
    const { root, version } = sternaPackage();
    this.providerPackage =
      props.providerPackage ?? join(root, "dist", "engine", `terraform-provider-sterna_${version}.zip`);
    const ledger = canonicalJson(props.ledger.configuration(this.place, id));
    this.description = {
      stack: id,
      system,
      environment: environment.name,
      order: environment.order,
      previous: environment.previous?.name,
      protected: environment.protected,
      release: this.release.version,
      releases: this.releases.versions,
      ledger,
      ...(this.compatibility === undefined ? {} : { compatibility: this.compatibility.toJSON() }),
    };
    const backend = props.backend ?? Backend.local();
    backend.bind(this, this.place);
    requireTerraformVersion(this, OLDEST_TERRAFORM, "the ledger is compared in a `check` block");
    if (backend.requiredVersion !== undefined) {
      requireTerraformVersion(this, backend.requiredVersion, "the backend locks its state with `use_lockfile`");
    }
    new SternaProvider(this, "sterna", { ledger, environment: environment.name });
    const recorded = new DataSternaLedger(this, "ledger", { system, expected: this.steps });
    this.addOverride("check.ledger", ledgerCheck(recorded, system, environment.name));
    this.synthesizer = new SystemSynthesizer(this, this.synthesizer);
  }

  /**
   * The content of `sterna.json` for the stack.
   *
   * @internal
   */
  get manifest(): StackManifest {
    return {
      ...this.description,
      ...(this.gates === undefined ? {} : { gates: this.gates }),
      ...(this.history.removed.length + this.history.outOfOrder.length === 0 ? {} : { history: this.history }),
      ...(this.rolloutRules === undefined ? {} : { rollout: this.rolloutRules }),
    };
  }

  /** Variables of the system in this environment. */
  get variables(): Readonly<Record<string, string>> {
    return this.environment.variablesOf(this.system);
  }

  /**
   * Runs `work` after construction and before rendering; again if the stack is rendered again.
   *
   * @internal
   */
  addPreparation(work: () => void): void {
    this.preparations.push(work);
  }

  /**
   * Writes the gates of the stack into `sterna.json`.
   *
   * @throws SternaError `DuplicateGate` when the stack has gates already
   * @internal
   */
  declareGates(gates: GatesData): void {
    if (this.gates !== undefined) {
      throw new SternaError("DuplicateGate", "the stack has gates already; list all of them in one Gates");
    }
    this.gates = gates;
  }

  /**
   * Adds conditions for the next phase of a rollout to `sterna.json`.
   *
   * @internal
   */
  declareRollout(rules: RolloutRules): void {
    this.rolloutRules = mergeRolloutRules(this.rolloutRules, rules);
  }

  /**
   * Allows removing applied steps of a release that stays, and running steps after later ones.
   *
   * @internal
   */
  allowHistory(removed: readonly string[], outOfOrder: readonly string[]): void {
    this.history.removed.push(...removed);
    this.history.outOfOrder.push(...outOfOrder);
  }

  /**
   * Inspects the rendered stack, each time that it is rendered.
   *
   * @internal
   */
  addInspection(inspect: Inspection): void {
    this.inspections.push(inspect);
  }

  /**
   * Makes the stack's check expect a step in the ledger.
   *
   * @internal
   */
  expectStep(id: string): void {
    this.steps.push(id);
  }

  override toTerraform(): Record<string, unknown> {
    for (const work of this.preparations) work();
    const rendered = super.toTerraform() as { terraform: { required_providers: RequiredProviders } };
    this.requiredProviders = qualifySources(rendered.terraform.required_providers);
    const complete = { ...rendered, terraform: { ...rendered.terraform, required_providers: this.requiredProviders } };
    for (const inspect of this.inspections) inspect(complete);
    return complete;
  }

  private check({ system, ledger, previousLedger, ...props }: SystemStackProps) {
    if (!isIdentifier(system)) {
      report(this, "InvalidIdentifier", `a system cannot be called "${system}": use ${IDENTIFIER_RULE}`);
    }
    const proof = attempt(this, () => this.findProof(previousLedger, ledger));
    const releases = new Releases(system, props.releases);
    const pinned = attempt(this, () => releases.pinned(props.release));
    if (pinned !== undefined) attempt(this, () => this.requireReachable(releases, pinned));
    // If the pin is invalid, the steps of all migrations are created, so that their mistakes are found too.
    return { proof, releases, release: pinned ?? [...releases].at(-1)! };
  }

  private requireReachable(releases: Releases, release: Release): void {
    const { compatibility } = this;
    if (compatibility === undefined) return;
    const possible = [...releases].filter(({ planned }) => !planned).map(({ version }) => version);
    requirePath(compatibility, this.system, possible, releases.oldest.version, release.version);
  }

  private findProof(proof: Ledger | undefined, ledger: Ledger): string | undefined {
    const { previous } = this.environment;
    if (previous === undefined) return undefined;
    if (proof === undefined && !ledger.knowsOtherStacks) {
      throw new ValidationError(
        "ProofNotConfigured",
        `a step runs in ${this.environment.name} only when ${previous.name} has proved it, and the ledger of ` +
          `${previous.name} is not given; write previousLedger: with the ledger of ${previous.name}, such as ` +
          `Ledger.postgres({ url: SecretReference.environment("…") }) or Ledger.s3({ bucketName: "…" })`,
        this,
      );
    }
    const previousStack = `${this.system}-${previous.name}`;
    return canonicalJson({
      environment: previous.name,
      ledger: (proof ?? ledger).configuration(this.place, previousStack),
    });
  }
}

/** Adds what Terraform and the command line need to a stack's folder: the provider and `sterna.json`. */
class SystemSynthesizer implements IStackSynthesizer {
  constructor(
    private readonly stack: SystemStack,
    private readonly inner: IStackSynthesizer,
  ) {}

  synthesize(session: ISynthesisSession): void {
    this.refuseHcl();
    const zip = this.requireProvider();
    this.inner.synthesize(session);
    const { place, platforms, providerMirror } = this.stack;
    const mirror = place.file("terraform.d", "plugins");
    deliverProvider(zip, mirror, sternaPackage().version, platforms);
    const others = Object.entries(this.stack.requiredProviders).filter(
      ([, { source }]) => source !== STERNA_PROVIDER_SOURCE,
    );
    linkProviders(Object.fromEntries(others), providerMirrors(providerMirror), mirror, platforms);
    writeFileSync(place.file(STACK_MANIFEST_FILE), `${JSON.stringify(this.stack.manifest, null, 2)}\n`);
    this.closeTree();
  }

  /**
   * The files are written: anything that code behind a forgotten `await` adds from now on would be dropped silently.
   */
  private closeTree(): void {
    const { stack } = this;
    const refuse = (): never => {
      throw new ValidationError(
        "MadeAfterSynth",
        "something is added after app.synth(), so it would be in no plan. Make everything before app.synth(); is an `await` missing?",
        stack,
      );
    };
    Object.defineProperty(stack.node, "locked", { configurable: true, get: refuse });
    // Only this stack is closed: later stacks may still be under construction.
    Object.defineProperty(App.of(stack).node, "addChild", { configurable: true, value: refuse });
  }

  // The provider's blocks and the overrides exist in JSON only. HCL would silently omit them.
  private refuseHcl(): void {
    const asked = process.env.SYNTH_HCL_OUTPUT;
    if (!App.of(this.stack).hclOutput && asked !== "true" && asked !== "1") return;
    throw new ValidationError(
      "HclOutputUnsupported",
      "Sterna synthesizes JSON; unset SYNTH_HCL_OUTPUT, or leave hclOutput of the App and --hcl of cdktf synth out",
      this.stack,
    );
  }

  private requireProvider(): string {
    const zip = this.stack.providerPackage;
    if (existsSync(zip)) return zip;
    throw new ValidationError(
      "ProviderNotBuilt",
      `the Terraform provider ${zip} is missing; run \`npm run build\``,
      this.stack,
    );
  }
}
