import type { IConstruct } from "constructs";
import { type Acknowledgements, validateAcknowledgements } from "../core/acknowledge";
import type { ErrorCode } from "../core/error-codes";
import { isUnresolved } from "../core/tokens";
import type { AcknowledgedRotation, RotationStrategy } from "./rotation-strategy";
import { type RotationSettings, rotationSettings } from "../rotator/settings";
import { z } from "zod";

/** Throws a `ValidationError` at a construct. */
export type Refuse = (code: ErrorCode, message: string) => void;

/** Options of the rotating secrets on both clouds. */
export interface RotatingSecretBaseProps {
  /**
   * The initial value, if it comes from elsewhere: a reference to an ephemeral or sensitive variable, never the value.
   * It is written once and appears neither in the plan nor in the state. Needs Terraform 1.11.
   * @default - the first rotation sets it: right after the secret is created, or 15 minutes later in Google Secret
   * Manager
   */
  readonly initialValue?: string;

  /**
   * Why Terraform may destroy the secret. Without a reason for `DestroyWithoutReason`, every plan that would destroy it
   * fails (`prevent_destroy`).
   * @default - the secret cannot be destroyed
   */
  readonly acknowledge?: Acknowledgements<"DestroyWithoutReason">;

  /**
   * Former paths of this construct in its stack: its resources are kept instead of recreated.
   * @default - it was never moved
   */
  readonly previously?: readonly string[];
}

/** The options that are validated here. */
type KeptSecret = Pick<RotatingSecretBaseProps, "initialValue" | "acknowledge"> & { readonly adopt?: object };

/** Refuses what would expose or lose a secret. */
export function validateKeptSecret(
  { initialValue, acknowledge, adopt }: KeptSecret,
  refuse: Refuse,
  construct: IConstruct,
): void {
  if (initialValue !== undefined && !isUnresolved(initialValue)) {
    refuse(
      "LiteralSecretValue",
      "initialValue is written out: it would stand in the synthesized JSON. Write the reference of a TerraformVariable " +
        "with sensitive: true, such as variable.stringValue",
    );
  }
  validateAcknowledgements(acknowledge, ["DestroyWithoutReason"], construct);
  if (adopt !== undefined && initialValue !== undefined) {
    refuse(
      "InitialValueOfAdopted",
      "a secret that is adopted has a value; initialValue would replace it. Leave it out.",
    );
  }
}

/** What can be acknowledged for each strategy. */
const ACKNOWLEDGED: Readonly<Record<RotationSettings["strategy"], readonly AcknowledgedRotation[]>> = {
  postgresAlternatingUsers: ["PlaintextWithoutReason"],
  postgresSingleUser: ["PlaintextWithoutReason", "OutageNotAccepted"],
  redisAcl: ["PlaintextWithoutReason", "RotationNotDurable"],
  randomValue: [],
};

/** Refuses settings that the rotator would refuse. */
export function validateRotationSettings(
  { settings, acknowledge }: RotationStrategy,
  refuse: Refuse,
  construct: IConstruct,
): void {
  if (settings.strategy === "custom") return;
  validateAcknowledgements(acknowledge, ACKNOWLEDGED[settings.strategy], construct, "strategy");
  const { issues = [] } = rotationSettings.safeParse(settings).error ?? {};
  const values: Readonly<Record<PropertyKey, unknown>> = { ...settings };
  // The rotator checks what only Terraform knows.
  const known = issues.filter(({ path: [key] }) => key === undefined || !isUnresolved(values[key]));
  if (known.length > 0) refuse("RotationSettingsInvalid", z.prettifyError({ issues: known }));
}
