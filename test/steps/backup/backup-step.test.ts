import { expect, test } from "@jest/globals";
import {
  BackupStep,
  type BackupPlanProps,
  type BackupStepProps,
  EnvironmentChain,
  Ledger,
  Migration,
  SecretReference,
  Size,
  variable,
  type SystemStackProps,
} from "../../../lib/index";
import { errorOf, programOf, stepsOf, temporaryDirectory, TestApp } from "../../support/system-stack";

const directory = temporaryDirectory();
const environment = new EnvironmentChain([
  { name: "development", variables: { shop: { BACKUPS: "/srv/backup" } } },
]).get("development");

const URL = SecretReference.environment("SHOP_DATABASE_URL");
const PLAN: BackupPlanProps = {
  parts: [
    { kind: "postgres", id: "database", url: URL },
    { kind: "env-file", id: "variables", path: ".env", key: SecretReference.environment("BACKUP_KEY") },
  ],
  destination: { directory: variable("BACKUPS") },
};

function stackWith(props: BackupStepProps, stackProps: Partial<SystemStackProps> = {}) {
  const stack = new TestApp(directory).stack({ environment, ...stackProps });
  new Migration(stack, "first", {
    from: "0.1.0",
    to: "1.0.0",
    backup: (m) => {
      new BackupStep(m, "back-up", props);
    },
    steps: () => undefined,
  });
  return stack;
}

test("a BackupStep becomes a program that names the release it saves, and keeps its backup", () => {
  // WHEN
  const stack = stackWith({ plan: { ...PLAN, requiredFreeSpace: Size.gibibytes(2) } });
  // THEN
  expect(programOf(stack, "back-up")).toMatchObject({
    kind: "backup",
    release: "0.1.0",
    down: "keep",
    plan: {
      parts: [
        { kind: "postgres", id: "database", url: { env: "SHOP_DATABASE_URL" }, digests: true },
        { kind: "env-file", path: ".env", key: { env: "BACKUP_KEY" } },
      ],
      destination: { directory: { variable: "BACKUPS" } },
      retention: { days: 30, atLeast: 3 },
      requiredFreeBytes: 2 * 1024 ** 3,
    },
  });
  expect(stepsOf(stack)["back-up"]).toMatchObject({ on_destroy: "keep", variables: { BACKUPS: "/srv/backup" } });
});

test.each([
  ["keep", "keep"],
  ["rollback", "restore"],
  ["refuse", "keep"],
] as const)("a BackupStep with onDestroy: %s has a down that does %s", (onDestroy, down) => {
  const stack = stackWith({ plan: PLAN, onDestroy });
  expect(stepsOf(stack)["back-up"]!.on_destroy).toBe(onDestroy);
  expect(programOf(stack, "back-up")).toMatchObject({ down });
});

test("a BackupStep may name a plan file", () => {
  expect(programOf(stackWith({ planFile: "/etc/sterna/shop.json" }), "back-up")).toMatchObject({
    planFile: "/etc/sterna/shop.json",
  });
});

const invalid: [string, BackupStepProps, string][] = [
  ["neither a plan nor a file", {}, "InvalidStep"],
  ["both a plan and a file", { plan: PLAN, planFile: "plan.json" }, "InvalidStep"],
  ["no part", { plan: { ...PLAN, parts: [] } }, "InvalidStep"],
  ["two parts of one id", { plan: { ...PLAN, parts: [PLAN.parts[0]!, PLAN.parts[0]!] } }, "InvalidBackupPlan"],
  ["no destination", { plan: { ...PLAN, destination: {} } }, "InvalidStep"],
  [
    "a bucket that deletes too early",
    { plan: { ...PLAN, destination: { bucket: { name: "shop-backups", expirationDays: 30 } } } },
    "RetentionContradiction",
  ],
  [
    "a literal key",
    { plan: { ...PLAN, parts: [{ kind: "env-file", id: "variables", path: ".env", key: "c2VjcmV0" as never }] } },
    "PropertyMistyped",
  ],
  [
    "a key that would be written to the state",
    {
      plan: {
        ...PLAN,
        parts: [{ kind: "env-file", id: "variables", path: ".env", key: variable("BACKUPS") as never }],
      },
    },
    "PropertyMissing",
  ],
  [
    "a URL with a password",
    { plan: { ...PLAN, parts: [{ kind: "postgres", id: "database", url: "postgresql://a:secret-word@h/d" }] } },
    "LiteralPassword",
  ],
  [
    "a compression that pg_dump does not know",
    { plan: { ...PLAN, parts: [{ kind: "postgres", id: "database", url: URL, compression: "bzip2" }] } },
    "InvalidStep",
  ],
  ["no job", { plan: { ...PLAN, parts: [{ kind: "postgres", id: "database", url: URL, jobs: 0 }] } }, "InvalidStep"],
];

test.each(invalid)("a BackupStep with %s is refused", (_what, props, code) => {
  expect(errorOf(() => stackWith(props)).code).toBe(code);
});

test("a restore over the database of the ledger is refused, and a backup of it is not", () => {
  // GIVEN
  const ledger = Ledger.postgres({ url: URL });
  // THEN
  expect(errorOf(() => stackWith({ plan: PLAN, onDestroy: "rollback" }, { ledger })).code).toBe(
    "RestoreReplacesLedger",
  );
  expect(() => stackWith({ plan: PLAN }, { ledger })).not.toThrow();
  const elsewhere = Ledger.postgres({ url: SecretReference.environment("LEDGER_URL") });
  expect(() => stackWith({ plan: PLAN, onDestroy: "rollback" }, { ledger: elsewhere })).not.toThrow();
});
