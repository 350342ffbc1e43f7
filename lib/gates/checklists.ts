import { Duration } from "../core/duration";
import { corsExplicit, noPlainSecrets, tlsOnListeners } from "./checks/exposure";
import { servicesAlarmed, statefulBackedUp, stepsReversible } from "./checks/operations";
import { Gate } from "./gate";

const QUARTER = Duration.days(90);

/** Automatic gates, which judge the synthesized stack and the plan. */
const automatic = {
  noPlainSecrets: Gate.synth("no-plain-secrets", noPlainSecrets, {
    title: "No environment variable contains a literal secret",
  }),
  corsExplicit: Gate.synth("cors-explicit", corsExplicit, {
    title: "CORS origins are explicit, and none is localhost",
  }),
  tlsOnListeners: Gate.synth("tls-on-listeners", tlsOnListeners, {
    title: "Every public listener speaks TLS 1.2 or newer",
  }),
  servicesAlarmed: Gate.synth("services-alarmed", servicesAlarmed, {
    title: "Every service has an alarm with an action",
  }),
  statefulBackedUp: Gate.synth("stateful-backed-up", statefulBackedUp, {
    title: "Every resource with data is backed up",
  }),
  stepsReversible: Gate.synth("steps-reversible", stepsReversible, {
    title: "Every step can be undone, or gives a reason",
  }),
  noStatefulLoss: Gate.plan("no-stateful-loss", "no-stateful-loss", {
    title: "No resource with data is destroyed or replaced",
  }),
  noDrift: Gate.plan("no-drift", "no-drift", { title: "Nothing was changed outside of Terraform" }),
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
    title: "The migration was tested in the previous environment",
  }),
  Gate.attested("release-notes-read", { title: "The release notes were read for breaking changes" }),
  Gate.attested("configuration-documented", { title: "The current configuration is documented" }),
  Gate.attested("users-notified", { title: "Users are informed about the downtime" }),
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
    title: "Everything that happens is recorded",
    phase: "during",
  }),
];

const after = [
  Gate.run("health-verified", "the verification section of each migration", {
    title: "Services respond, and the data is complete",
    phase: "post",
  }),
  Gate.attested("critical-workflows-tested", { title: "Critical workflows were tested", phase: "post" }),
  Gate.attested("metrics-watched", { title: "Metrics and alerts were monitored", phase: "post" }),
  Gate.attested("backups-work", { title: "Backups of the new release work", phase: "post" }),
  Gate.attested("documentation-updated", { title: "The documentation is up to date", phase: "post" }),
  Gate.attested("users-told", { title: "Users are informed that the migration is done", phase: "post" }),
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

  /** The automatic gates, one by one. */
  automatic,
} as const;
