import { describe, expect, test } from "@jest/globals";
import { EcsTaskDefinition } from "@cdktf/provider-aws/lib/ecs-task-definition";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Fn } from "cdktf";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Checklist,
  Duration,
  Gate,
  Gates,
  type GatesProps,
  MaintenanceWindow,
  type MaintenanceWindowProps,
  Schedule,
  type StackCheck,
} from "../../lib/index";
import { errorOf, temporaryDirectory, TestApp } from "../support/system-stack";

const directory = temporaryDirectory();

/** A stack with a public listener that speaks HTTP, and with gates. */
function withGates({ waivers, ...given }: GatesProps & { readonly waivers?: readonly object[] }) {
  const waiversFile = join(directory, "waivers.json");
  writeFileSync(waiversFile, JSON.stringify({ waivers: waivers ?? [] }));
  const props = { ...given, waiversFile };
  const app = new TestApp(directory);
  const stack = app.stack();
  stack.addOverride("resource.aws_lb_listener.http", { protocol: "HTTP", load_balancer_arn: "arn:aws:x" });
  new Gates(stack, "gates", props);
  return app;
}

const DEVELOPMENT = { system: "shop", environment: "development" };
const TLS = Checklist.automatic.tlsOnListeners;
const waiver = { gate: "tls-on-listeners", reason: "Behind a TLS proxy", by: "Ada", expires: "2999-12-31" };

describe("a gate at synth", () => {
  test("stops the synthesis with its own code, the address, the path and the waiver to write", () => {
    const error = errorOf(() => withGates({ gates: [TLS] }).synthesize("shop-development"));
    expect(error.code).toBe("ListenerWithoutTls");
    expect(error.message).toMatch(/aws_lb_listener\.http: it listens with HTTP/);
    expect(error.message).toMatch(
      /waivers\.json: \{ "gate": "tls-on-listeners", "system": "shop", "environment": "development", "changes": \["aws_lb_listener\.http"\]/,
    );
    expect(error.message).toMatch(/\[at shop-development\/gates\]$/);
  });

  test("names everything that any of the gates found, not the first only", () => {
    const other: StackCheck = ({ resources }) =>
      resources.map(({ address, path }) => ({ code: "SynthGateRefused", address, path, message: "is not liked" }));
    const gates = [TLS, Gate.synth("own", other, { title: "Nothing at all" })];
    const { message } = errorOf(() => withGates({ gates }).synthesize("shop-development"));
    expect(message).toContain("ListenerWithoutTls: aws_lb_listener.http");
    expect(message).toContain("SynthGateRefused: aws_lb_listener.http: is not liked");
  });

  test.each([
    ["the whole gate", waiver],
    ["the resource", { ...waiver, changes: ["aws_lb_listener.http"] }],
  ])("is passed with a waiver for %s", (_, given) => {
    const { gates } = withGates({ gates: [TLS], waivers: [given] }).synthesize("shop-development", "sterna.json");
    // The command line reads them from the same file.
    expect(gates).not.toHaveProperty("waivers");
  });

  test.each([
    ["for another resource", { ...waiver, changes: ["aws_lb_listener.other"] }, "aws_lb_listener.http"],
    ["that ended", { ...waiver, expires: "2020-01-31" }, "the waiver of Ada ended 2020-01-31T23:59:59.999Z"],
  ])("is not passed with a waiver %s", (_, given, message) => {
    const error = errorOf(() => withGates({ gates: [TLS], waivers: [given] }).synthesize("shop-development"));
    expect(error).toMatchObject({ code: "ListenerWithoutTls", message: expect.stringContaining(message) });
  });

  test("sees what constructs of the AWS provider render, references and encoded containers included", () => {
    // GIVEN
    const app = new TestApp(directory);
    const stack = app.stack();
    new AwsProvider(stack, "aws", { region: "eu-west-1" });
    new EcsTaskDefinition(stack, "task", {
      family: "web",
      containerDefinitions: Fn.jsonencode([{ name: "web", environment: [{ name: "DB_PASSWORD", value: "hunter22" }] }]),
    });
    new Gates(stack, "gates", { gates: [Checklist.automatic.noPlainSecrets] });
    // THEN
    const { code, message } = errorOf(() => app.synthesize("shop-development"));
    expect(code).toBe("PlainSecretInEnvironment");
    expect(message).toContain(
      "aws_ecs_task_definition.task (shop-development/task): the environment variable DB_PASSWORD",
    );
    expect(message).not.toContain("hunter22");
  });
});

describe("gates", () => {
  test("stand in sterna.json for the command line", () => {
    // WHEN
    const windows = [
      new MaintenanceWindow({
        schedule: Schedule.weekly({ on: "Sat", at: "22:00", zone: "Europe/Berlin" }),
        duration: Duration.hours(4),
      }),
    ];
    const gates = [
      Gate.attested("load-test", { title: "Load testing completed" }),
      Gate.restoreDrill(Duration.days(90)),
    ];
    const manifest = withGates({ gates, maintenanceWindows: windows }).synthesize("shop-development", "sterna.json");
    // THEN
    expect(manifest.gates).toEqual({
      gates: [
        {
          id: "load-test",
          kind: "attested",
          phase: "pre",
          title: "Load testing completed",
          evidence: { subject: "attestation", validFor: 30 * 86_400, eachRelease: true },
        },
        {
          id: "restore-drill",
          kind: "attested",
          phase: "pre",
          title: "A backup was restored for practice in the last 90 days",
          evidence: { subject: "restore-drill", validFor: 90 * 86_400, eachRelease: false },
        },
      ],
      windows: [{ schedule: "0 22 * * 6", seconds: 4 * 3600, zone: "Europe/Berlin" }],
    });
  });

  test("may be in several checklists, and are looked at once", () => {
    const gates = [...Checklist.beforeMigration(), Checklist.automatic.stepsReversible, ...Checklist.duringMigration()];
    const manifest = withGates({ gates }).synthesize("shop-development", "sterna.json");
    const ids = manifest.gates.gates.map(({ id }: { id: string }) => id) as string[];
    expect(ids.filter((id) => id === "steps-reversible")).toHaveLength(1);
  });

  test.each<[string, () => Parameters<typeof withGates>[0], string, string]>([
    [
      "two of one id",
      () => ({ gates: [TLS, Gate.attested("tls-on-listeners", { title: "x" })] }),
      "DuplicateGate",
      "tls-on-listeners",
    ],
    [
      "a waiver for none",
      () => ({ gates: [TLS], waivers: [{ ...waiver, ...DEVELOPMENT, gate: "tls" }] }),
      "UnknownGate",
      "there are tls-on-listeners",
    ],
    [
      "a waiver without a reason",
      () => ({ gates: [TLS], waivers: [{ ...waiver, reason: " " }] }),
      "InvalidWaivers",
      "reason",
    ],
    ["a waiver without a name", () => ({ gates: [TLS], waivers: [{ ...waiver, by: "" }] }), "InvalidWaivers", "by"],
    [
      "a waiver without an end",
      () => ({ gates: [TLS], waivers: [{ ...waiver, expires: "never" }] }),
      "InvalidWaivers",
      "2026-12-31",
    ],
    [
      "a waiver of what the engine holds",
      () => ({ gates: Checklist.duringMigration(), waivers: [{ ...waiver, gate: "each-step-verified" }] }),
      "InvalidWaiver",
      "cannot be waived",
    ],
    [
      "single changes where nobody looks at them",
      () => ({ gates: [Gate.attested("a", { title: "x" })], waivers: [{ ...waiver, gate: "a", changes: ["b"] }] }),
      "InvalidWaiver",
      "names changes",
    ],
    [
      "a gate that is called like the proof",
      () => ({ gates: [Gate.attested("proof", { title: "x" })] }),
      "DuplicateGate",
      '"proof"',
    ],
    [
      "a waiver of the proof that names no change",
      () => ({ gates: [], waivers: [{ ...waiver, ...DEVELOPMENT, gate: "proof", release: "1.0.0" }] }),
      "InvalidWaivers",
      "changes: is required",
    ],
    ["an empty title", () => ({ gates: [Gate.attested("a", { title: " " })] }), "InvalidGate", "empty title"],
    ["a name with capitals", () => ({ gates: [Gate.attested("A", { title: "x" })] }), "InvalidIdentifier", '"A"'],
    [
      "evidence that never counts",
      () => ({ gates: [Gate.restoreDrill(Duration.days(0))] }),
      "InvalidGate",
      "0 seconds",
    ],
  ])("refuse %s", (_, props, code, message) => {
    expect(errorOf(() => withGates(props()))).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test("leave waivers alone that are for others", () => {
    const others = [
      { ...waiver, gate: "load-test" },
      { ...waiver, gate: "load-test", system: "wiki", environment: "production" },
      { ...waiver, ...DEVELOPMENT, gate: "proof", release: "9.0.0", changes: ["aws_lb.web"] },
    ];
    expect(errorOf(() => withGates({ gates: [TLS], waivers: others }).synthesize("shop-development")).code).toBe(
      "ListenerWithoutTls",
    );
  });

  test("are declared once for a stack", () => {
    const stack = new TestApp(directory).stack();
    new Gates(stack, "gates", { gates: [TLS] });
    expect(errorOf(() => new Gates(stack, "more", { gates: [] })).code).toBe("DuplicateGate");
  });
});

test("a maintenance window begins by any schedule that is one line of cron", () => {
  const line = (schedule: Schedule) => new MaintenanceWindow({ schedule, duration: Duration.hours(1) }).toJSON();
  expect(line(Schedule.cron("0 22 * * 6"))).toEqual({ schedule: "0 22 * * 6", seconds: 3600, zone: "UTC" });
  expect(line(Schedule.cron("0 22 1 * 6")).schedule).toBe("0 22 1 * 6");
  expect(line(Schedule.aws("cron(0 2 ? * SUN *)"))).toMatchObject({ schedule: "0 2 * * 0" });
});

const hour = Duration.hours(1);
test.each<[code: string, message: string, make: () => MaintenanceWindowProps]>([
  ["ScheduleUnreadable", "0 22 * *", () => ({ schedule: Schedule.cron("0 22 * *"), duration: hour })],
  ["ScheduleUnreadable", "0 25 * * *", () => ({ schedule: Schedule.cron("0 25 * * *"), duration: hour })],
  ["ScheduleNeverFires", "never comes", () => ({ schedule: Schedule.cron("0 0 30 2 *"), duration: hour })],
  [
    "ScheduleZoneUnknown",
    "Mars/X",
    () => ({ schedule: Schedule.cron("0 22 * * 6", { zone: "Mars/X" }), duration: hour }),
  ],
  [
    "InvalidMaintenanceWindow",
    "from 1 minute to 7 days, got 59 seconds",
    () => ({ schedule: Schedule.cron("0 22 * * 6"), duration: Duration.seconds(59) }),
  ],
  [
    "InvalidMaintenanceWindow",
    'Schedule.cron("0 22 * * 6")',
    () => ({ schedule: "0 22 * * 6" as never, duration: hour }),
  ],
  ["ScheduleUntranslatable", "by the clock", () => ({ schedule: Schedule.aws("rate(1 day)"), duration: hour })],
  [
    "ScheduleUntranslatable",
    "at second 30",
    () => ({ schedule: Schedule.onCalendar("*-*-* 02:00:30"), duration: hour }),
  ],
  [
    "ScheduleUntranslatable",
    "one window for each",
    () => ({ schedule: Schedule.onCalendar(["*-*-* 02:00:00", "*-*-* 03:30:00"]), duration: hour }),
  ],
])("a maintenance window that cannot be is refused: %s, %s", (code, message, make) => {
  expect(errorOf(() => new MaintenanceWindow(make()))).toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

test("the critical checklist of R3MES has every line of the guide", () => {
  expect(Checklist.critical().map(({ id, kind }) => `${kind} ${id}`)).toEqual([
    "synth no-plain-secrets",
    "synth cors-explicit",
    "synth tls-on-listeners",
    "synth services-alarmed",
    "synth stateful-backed-up",
    "synth steps-reversible",
    "plan no-stateful-loss",
    "attested restore-drill",
    "attested load-test",
    "attested security-audit",
  ]);
});
