import { Duration } from "../core/duration";
import { corsExplicit, noPlainSecrets, tlsOnListeners } from "./checks/exposure";
import { servicesAlarmed, statefulBackedUp, stepsReversible } from "./checks/operations";
import { Gate } from "./gate";

const QUARTER = Duration.days(90);

/** Gates that need nobody: they look at what is synthesized, and at the plan. */
const automatic = {
  noPlainSecrets: Gate.synth("no-plain-secrets", noPlainSecrets, {
    title: "No secret stands in an environment variable",
  }),
  corsExplicit: Gate.synth("cors-explicit", corsExplicit, {
    title: "Origins are written out, and none is localhost",
  }),
  tlsOnListeners: Gate.synth("tls-on-listeners", tlsOnListeners, {
    title: "Every public listener speaks TLS 1.2 or newer",
  }),
  servicesAlarmed: Gate.synth("services-alarmed", servicesAlarmed, {
    title: "Every service has an alarm with an action",
  }),
  statefulBackedUp: Gate.synth("stateful-backed-up", statefulBackedUp, {
    title: "Everything that keeps data is backed up",
  }),
  stepsReversible: Gate.synth("steps-reversible", stepsReversible, {
    title: "Every step has a way back, or a reason why it has none",
  }),
  noStatefulLoss: Gate.plan("no-stateful-loss", "no-stateful-loss", {
    title: "Nothing that keeps data is destroyed or replaced",
  }),
  noDrift: Gate.plan("no-drift", "no-drift", { title: "Nothing was changed past Terraform" }),
} as const;

const critical = [
  automatic.noPlainSecrets,
  automatic.corsExplicit,
  automatic.tlsOnListeners,
  automatic.servicesAlarmed,
  automatic.statefulBackedUp,
  automatic.stepsReversible,
  automatic.noStatefulLoss,
  Gate.restoreDrill(QUARTER),
  Gate.attested("load-test", { title: "Load testing completed", validFor: QUARTER }),
  Gate.attested("security-audit", { title: "Security audit passed", validFor: QUARTER }),
];

const before = [
  automatic.stepsReversible,
  Gate.run("complete-backup", "the backup section of each migration, which is read back before the first step", {
    title: "A complete backup exists",
  }),
  Gate.run("proved-before", "the ledger of the environment before, which must hold each step with the same checksum", {
    title: "The migration was tested in the environment before",
  }),
  Gate.attested("release-notes-read", { title: "The release notes were read for breaking changes" }),
  Gate.attested("configuration-documented", { title: "The current configuration is documented" }),
  Gate.attested("users-notified", { title: "Users know of the downtime" }),
];

const during = [
  Gate.run("backup-verified", "the archive step, which compares what it wrote with its manifest", {
    title: "The backup is intact",
    phase: "during",
  }),
  Gate.run(
    "each-step-verified",
    "each step's verify query, whose answer must be the expected one before the next begins",
    {
      title: "Each step is verified before the next",
      phase: "during",
    },
  ),
  Gate.run("issues-recorded", "the ledger, the log of each step, and the record of the apply", {
    title: "What happens is written down",
    phase: "during",
  }),
];

const after = [
  Gate.run("health-verified", "the verification section of each migration", {
    title: "Services answer, and the data is whole",
    phase: "post",
  }),
  Gate.attested("critical-workflows-tested", { title: "Critical workflows were tested", phase: "post" }),
  Gate.attested("metrics-watched", { title: "Metrics and alerts were watched", phase: "post" }),
  Gate.attested("backups-work", { title: "Backups of the new release work", phase: "post" }),
  Gate.attested("documentation-updated", { title: "The documentation is up to date", phase: "post" }),
  Gate.attested("users-told", { title: "Users know that it is done", phase: "post" }),
];

/** Ready lists of gates. */
export const Checklist = {
  /** What has to hold for production: secrets, CORS, TLS, alarms, backups, a way back, a load test, an audit. */
  critical: (): readonly Gate[] => critical,

  /** What has to hold before a migration. */
  beforeMigration: (): readonly Gate[] => before,

  /** What holds while a migration runs. The engine sees to all of it. */
  duringMigration: (): readonly Gate[] => during,

  /** What has to hold before a migrated release moves on to the next environment. */
  afterMigration: (): readonly Gate[] => after,

  /** Single gates that need nobody. */
  automatic,
} as const;
