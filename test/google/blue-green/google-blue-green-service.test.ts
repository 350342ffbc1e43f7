import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { describe, expect, it } from "@jest/globals";
import { Token } from "cdktf";
import fc from "fast-check";
import { BlueGreenService } from "../../../lib/google/blue-green/blue-green-service";
import type { BlueGreenServiceProps } from "../../../lib/google/blue-green/blue-green-service-props";
import { Duration } from "../../../lib/core/duration";
import { SecretReference } from "../../../lib/core/references";
import { Size } from "../../../lib/core/size";
import { type Color, Rollout } from "../../../lib/manifest/rollout";
import { stackManifest } from "../../../lib/manifest/stack-manifest";
import { schemaMismatches } from "../../storage/google-schema";
import { onlyResource, type SynthesizedStack } from "../../support/synth";
import { TestApp, temporaryDirectory } from "../../support/system-stack";
import { changes, image, STEADY } from "../../aws/blue-green/service";
import { SERVICE, synthesizeService } from "./service";
import { repetitions, sampleSeed } from "../../support/sample";

const EVERYTHING: Partial<BlueGreenServiceProps> = {
  project: "app-ef",
  invokers: { gateway: "serviceAccount:gateway@app-ef.iam.gserviceaccount.com", everybody: "allUsers" },
  ingress: "internal-and-cloud-load-balancing",
  environmentVariables: { LEVEL: "info" },
  secrets: {
    TOKEN: { secret: "token", version: "3" },
    OLD_TOKEN: { secret: "token", version: "2" },
    KEY: SecretReference.google("projects/other/secrets/key"),
  },
  cpu: 4,
  memory: Size.gibibytes(8),
  minInstances: 0,
  maxInstances: 3,
  healthCheckPath: "/up",
  healthCheckInterval: Duration.minutes(1),
  startupTimeout: Duration.seconds(90),
  subnetwork: "apps",
  vpcEgress: "all-traffic",
  deletionProtection: false,
};

/** Names of revisions that Terraform's state remembers, by the resource that holds them. */
type Remembered = Map<string, string>;

/** What an apply leaves in the state: a resource that ignores its input keeps what it had. */
function remembered(stack: SynthesizedStack, before: Remembered = new Map()): Remembered {
  return new Map(
    Object.entries(stack.resource.terraform_data ?? {}).map(([id, { input, lifecycle }]): [string, string] => [
      id,
      (lifecycle === undefined ? undefined : before.get(id)) ?? (input as { name: string }).name,
    ]),
  );
}

/** The service as Terraform sees it after an apply of the stack before. */
function runService(stack: SynthesizedStack, before?: Remembered): Record<string, unknown> {
  const names = remembered(stack, before);
  const service = JSON.stringify(onlyResource(stack, "google_cloud_run_v2_service"));
  return JSON.parse(
    service.replace(/\$\{terraform_data\.([\w-]+)\.output\.name\}/g, (_, id: string) => names.get(id)!),
  );
}
const at = (rollout: Rollout) => runService(synthesizeService({ rollout }));

/** Paths of all values, with the name in place of the position where a list has named entries. */
function paths(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, child]) => {
    const { name, tag } = (Array.isArray(value) ? child : {}) as { name?: string; tag?: string };
    return paths(child, `${path}${path && "."}${name ?? tag ?? key}`);
  });
}

/** Attributes of the service that a step from one phase to another changes, and how. */
function changedAttributes(before: Rollout, after: Rollout): string[] {
  const [was, is] = [new Map(paths(at(before))), new Map(paths(at(after)))];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => was.get(path) !== is.get(path))
    .map((path) => `${was.has(path) ? (is.has(path) ? "~" : "-") : "+"} ${path}`)
    .sort();
}

const block = (sign: string, color: Color): string[] =>
  ["percent", "revision", "tag", "type"].map((name) => `${sign} traffic.${color}.${name}`);
const TEMPLATE = ["~ template.containers.0.env.COLOR.value", "~ template.containers.0.image", "~ template.revision"];
const SHARES = ["~ traffic.blue.percent", "~ traffic.green.percent"];

const PREWARM = STEADY.prewarm("1.1.0");
const CANARY = PREWARM.canary(10);
const CUTOVER = CANARY.canary(50).cutover();
const GREEN = CUTOVER.retire();
const PREWARM_2 = GREEN.prewarm("1.2.0");
const CUTOVER_2 = PREWARM_2.canary(5).cutover();

describe("a service in two colors on Cloud Run", () => {
  const directory = temporaryDirectory();

  it.each<[string, Rollout, Rollout, string[]]>([
    ["prewarm", STEADY, PREWARM, [...TEMPLATE, ...block("+", "green")]],
    ["canary", PREWARM, CANARY, SHARES],
    ["larger canary", CANARY, CANARY.canary(50), SHARES],
    ["cutover", CANARY.canary(50), CUTOVER, SHARES],
    ["cutover without a canary", PREWARM, PREWARM.cutover(), SHARES],
    ["retire", CUTOVER, GREEN, block("-", "blue")],
    ["prewarm of the second cycle", GREEN, PREWARM_2, [...TEMPLATE, ...block("+", "blue")]],
    ["canary of the second cycle", PREWARM_2, PREWARM_2.canary(5), SHARES],
    ["cutover of the second cycle", PREWARM_2.canary(5), CUTOVER_2, SHARES],
    ["retire of the second cycle", CUTOVER_2, CUTOVER_2.retire(), block("-", "green")],
    ["abort of a prewarm", PREWARM, PREWARM.abort(), []],
    ["abort of a canary", CANARY, CANARY.abort(), SHARES],
    ["abort of a cutover", CUTOVER, CUTOVER.abort(), SHARES],
    ["abort in the second cycle", CUTOVER_2, CUTOVER_2.abort(), SHARES],
    ["retire after an abort", CUTOVER.abort(), STEADY, [...TEMPLATE, ...block("-", "green")]],
    [
      "the next prewarm after an abort whose retirement was not applied",
      CUTOVER.abort(),
      CUTOVER.abort().retire().prewarm("1.2.0"),
      ["~ template.containers.0.image", "~ template.revision", "~ traffic.green.revision"],
    ],
  ])("changes nothing with %s but what the phase is about", (_, before, after, expected) => {
    // WHEN
    const changed = changedAttributes(before, after);

    // THEN
    expect(changed).toEqual([...expected].sort());
    // No other resource comes, goes or changes.
    const touched = changes(synthesizeService({ rollout: before }), synthesizeService({ rollout: after })).filter(
      (address) => !address.includes("terraform_data."),
    );
    expect(touched).toHaveLength(expected.length === 0 ? 0 : 1);
  });

  it("comes back to the service that it was after an abort was retired", () => {
    expect(at(CUTOVER.abort().retire())).toEqual(at(STEADY));
  });

  it("names a revision by service, color and release, and reaches each by the tag of its color", () => {
    // WHEN
    const { traffic, template } = at(CANARY);

    // THEN
    const type = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
    expect(traffic).toEqual([
      { type, revision: expect.stringMatching(/^shop-blue-1-0-0-[0-9a-f]{7}$/), percent: 90, tag: "blue" },
      { type, revision: expect.stringMatching(/^shop-green-1-1-0-[0-9a-f]{7}$/), percent: 10, tag: "green" },
    ]);
    expect(template).toMatchObject({
      revision: (traffic as { revision: string }[])[1]!.revision,
      containers: [{ image: image("1.1.0") }],
    });
  });

  // https://github.com/hashicorp/terraform-provider-google/issues/13921
  it("gets a revision of another name when a setting changes without a release", () => {
    // GIVEN
    const revision = (props: Partial<BlueGreenServiceProps>) => {
      const service = runService(synthesizeService(props));
      return (service.template as { revision: string }).revision;
    };
    const names = [
      revision({}),
      revision({ maxInstances: 5 }),
      revision({ memory: Size.gibibytes(1) }),
      revision({ environmentVariables: { LEVEL: "debug" } }),
      revision({ images: { "1.0.0": image("built again") } }),
      revision({
        transform: { service: (config) => ({ ...config, template: { ...config.template, timeout: "5s" } }) },
      }),
    ];

    // THEN
    expect(new Set(names).size).toBe(names.length);
    expect(revision({ invokers: { everybody: "allUsers" }, maxInstances: 10 })).toBe(names[0]);
  });

  it("leaves the live color at its revision when a setting changes together with the release", () => {
    // GIVEN
    const before = synthesizeService({ rollout: STEADY });
    const [live] = runService(before).traffic as { revision: string }[];

    // WHEN
    const state = remembered(before);
    const prewarm = synthesizeService({ rollout: PREWARM, maxInstances: 5 });
    const canary = synthesizeService({ rollout: CANARY, maxInstances: 6 });
    const abort = synthesizeService({ rollout: CANARY.abort(), maxInstances: 6 });
    const retired = synthesizeService({ rollout: CANARY.abort().retire(), maxInstances: 6 });

    // THEN
    const warm = runService(prewarm, state);
    expect((warm.traffic as { revision: string }[])[0]).toEqual(expect.objectContaining(live!));
    expect((warm.template as { revision: string }).revision).toMatch(/^shop-green-1-1-0-/);
    const afterPrewarm = remembered(prewarm, state);
    for (const stack of [canary, abort]) {
      const [blue] = runService(stack, afterPrewarm).traffic as { revision: string }[];
      expect(blue!.revision).toBe(live!.revision);
    }
    // The setting is kept, so the color gets a revision with it.
    const [blue] = runService(retired, afterPrewarm).traffic as { revision: string }[];
    expect(blue!.revision).not.toBe(live!.revision);
    expect(blue!.revision).toBe((runService(retired).template as { revision: string }).revision);
  });

  it("names revisions with 63 characters at most, and leaves out what is readable first", () => {
    const release = `1.0.0-${"r".repeat(60)}`;
    const service = runService(
      synthesizeService({
        serviceName: "s".repeat(49),
        serviceAccountEmail: "app@shop.iam.gserviceaccount.com",
        rollout: Rollout.steady("green", release),
        images: { [release]: image("1.0.0") },
      }),
    );
    expect((service.template as { revision: string }).revision).toMatch(/^s{49}-green-[0-9a-f]{7}$/);
  });

  it.each([
    ["1.2.0-rc.1", "1.2.0-rc-1"],
    ["1.2.0+5", "1.2.0-5"],
  ])("names the revisions of %s and %s differently", (...releases) => {
    const names = releases.map((release) => {
      const images = { [release]: image("the same") };
      return runService(synthesizeService({ rollout: Rollout.steady("blue", release), images })).template;
    });
    expect(names[0]).not.toEqual(names[1]);
  });

  it("shares out all of the traffic on every walk, and changes the template in no step but prewarm and retire", () => {
    // GIVEN walks of any length; a step that the phase does not allow is left out
    const moves = ["prewarm", "canary", "cutover", "retire", "abort"] as const;
    const walks = fc.array(fc.constantFrom(...moves), { maxLength: 12 });
    const releases = ["1.0.0", "1.1.0", "1.2.0"];

    fc.assert(
      fc.property(walks, (walk) => {
        let rollout = STEADY;
        let before = at(rollout);
        for (const move of walk) {
          const next = step(rollout, move, releases);
          if (next === undefined) continue;
          // WHEN
          const after = at(next);
          const traffic = after.traffic as { percent: number; revision: string }[];

          // THEN
          expect(traffic.reduce((sum, { percent }) => sum + percent, 0)).toBe(100);
          const { revision } = after.template as { revision: string };
          expect(traffic.map((target) => target.revision)).toContain(revision);
          if (move !== "prewarm" && move !== "retire") expect(after.template).toEqual(before.template);
          [rollout, before] = [next, after];
        }
      }),
      { numRuns: repetitions(4, 15), seed: sampleSeed },
    );
  });

  it("is closed, protected and without permissions when nothing else is said", () => {
    // WHEN
    const stack = synthesizeService();

    // THEN
    expect(runService(stack)).toMatchObject({ deletion_protection: true, ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY" });
    expect(Object.keys(stack.resource).sort()).toEqual([
      "google_cloud_run_v2_service",
      "google_service_account",
      "terraform_data",
    ]);
    expect(runService(stack).template).toMatchObject({
      service_account: expect.stringContaining("google_service_account.shop_ServiceAccount"),
      scaling: { min_instance_count: 1, max_instance_count: 10 },
      containers: [
        {
          resources: { limits: { cpu: "1", memory: "512Mi" }, cpu_idle: true },
          startup_probe: { http_get: { path: "/health", port: 8080 }, period_seconds: 1, failure_threshold: 60 },
          liveness_probe: { http_get: { path: "/health", port: 8080 }, period_seconds: 10, failure_threshold: 3 },
        },
      ],
    });
  });

  it("reads secrets by reference, and waits until it may read each of them", () => {
    // WHEN
    const stack = synthesizeService(EVERYTHING);

    // THEN one grant for the secret that two variables read
    const grants = stack.resource.google_secret_manager_secret_iam_member!;
    expect(Object.values(grants).map(({ secret_id, project }) => [secret_id, project])).toEqual([
      ["projects/other/secrets/key", undefined],
      ["token", "app-ef"],
    ]);
    expect(runService(stack).depends_on).toEqual(
      Object.keys(grants).map((name) => `google_secret_manager_secret_iam_member.${name}`),
    );
    const [container] = (runService(stack).template as { containers: { env: unknown }[] }).containers;
    expect(container!.env).toEqual([
      { name: "COLOR", value: "blue" },
      { name: "LEVEL", value: "info" },
      { name: "KEY", value_source: { secret_key_ref: { secret: "projects/other/secrets/key", version: "latest" } } },
      { name: "OLD_TOKEN", value_source: { secret_key_ref: { secret: "token", version: "2" } } },
      { name: "TOKEN", value_source: { secret_key_ref: { secret: "token", version: "3" } } },
    ]);
  });

  it("lets whoever is named call it, and runs as the account that it is given", () => {
    // WHEN
    const stack = synthesizeService({ ...EVERYTHING, serviceAccountEmail: "app@app-ef.iam.gserviceaccount.com" });

    // THEN
    const members = Object.values(stack.resource.google_cloud_run_v2_service_iam_member!);
    expect(members.map(({ role, member }) => [role, member])).toEqual([
      ["roles/run.invoker", "allUsers"],
      ["roles/run.invoker", "serviceAccount:gateway@app-ef.iam.gserviceaccount.com"],
    ]);
    expect(stack.resource).not.toHaveProperty("google_service_account");
    expect(runService(stack).template).toMatchObject({
      service_account: "app@app-ef.iam.gserviceaccount.com",
      vpc_access: { egress: "ALL_TRAFFIC", network_interfaces: [{ subnetwork: "apps" }] },
    });
  });

  it("tells the tag's URL of a color, and none for a color that does not exist", () => {
    // GIVEN
    const urls = (rollout: Rollout): (string | undefined)[] => {
      let found: (string | undefined)[] = [];
      synthesizeService({ rollout }, (service) => {
        found = [service.tagUrl("blue"), service.tagUrl("green")];
      });
      return found;
    };

    // THEN
    expect(urls(PREWARM).map((url) => Token.isUnresolved(url))).toEqual([true, true]);
    expect(urls(STEADY)[1]).toBeUndefined();
    expect(urls(GREEN)[0]).toBeUndefined();
  });

  it.each([
    ["nothing", {}],
    ["everything", EVERYTHING],
    ["both colors", { rollout: CANARY }],
  ])("writes what the extract of the provider's schema knows: %s", (_, props) => {
    // WHEN
    const { terraform_data: _builtIn, ...resource } = synthesizeService(props).resource;

    // THEN
    const mismatches = Object.entries(resource).flatMap(([type, blocks]) =>
      Object.values(blocks).flatMap((block) => schemaMismatches(type, block)),
    );
    expect(mismatches).toEqual([]);
  });

  it("has `sterna rollout` wait for the bake time, and for no alarm", () => {
    // GIVEN
    const app = new TestApp(directory);
    const stack = app.stack();
    new GoogleProvider(stack, "google");
    new BlueGreenService(stack, "shop", { ...SERVICE, bakeTime: Duration.minutes(30) });

    // WHEN
    const manifest = stackManifest.parse(app.synthesize("shop-development", "sterna.json"));

    // THEN
    expect(manifest.rollout).toEqual({ bakeSeconds: 1800, alarms: { blue: [], green: [] } });
  });

  it("lets a transform have the last word", () => {
    // WHEN
    const stack = synthesizeService({ transform: { service: { labels: { team: "ef" } } } });

    // THEN
    expect(runService(stack)).toMatchObject({ labels: { team: "ef" }, name: "shop" });
  });
});

/** The rollout after a move; nothing when its phase does not allow it. */
function step(rollout: Rollout, move: string, releases: readonly string[]): Rollout | undefined {
  try {
    switch (move) {
      case "prewarm":
        return rollout.prewarm(releases.find((release) => release !== rollout.releaseOf(rollout.live))!);
      case "canary":
        return rollout.canary((rollout.state.canary ?? 0) + 7);
      case "cutover":
        return rollout.cutover();
      case "retire":
        return rollout.retire();
      default:
        return rollout.abort();
    }
  } catch {
    return undefined;
  }
}
