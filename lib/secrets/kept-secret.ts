import type { ErrorCode } from "../core/error-codes";
import { isUnresolved } from "../core/tokens";
import type { RotationStrategy } from "./rotation-strategy";
import { rotationSettings } from "../rotator/settings";
import { z } from "zod";

/** Throws a `ValidationError` at a construct. */
export type Refuse = (code: ErrorCode, message: string) => void;

/** What the rotating secrets of both clouds take. */
export interface RotatedSecretProps {
  /**
   * The first value, where it comes from elsewhere: a reference to an ephemeral or sensitive variable, never the value.
   * It is written once and stands neither in the plan nor in the state. Needs Terraform 1.11.
   * @default - the first rotation makes it: right after the secret, or 15 minutes later in Google Secret Manager
   */
  readonly initialValue?: string;

  /**
   * Why Terraform may destroy the secret. Without it every plan that would do so fails (`prevent_destroy`).
   * @default - the secret cannot be destroyed
   */
  readonly allowDestroy?: string;

  /**
   * Former paths of this construct inside its stack: what Terraform made for it there is kept.
   * @default - it was always here
   */
  readonly previously?: readonly string[];
}

/** What is taken over is checked with the rest. */
type KeptSecret = Pick<RotatedSecretProps, "initialValue" | "allowDestroy"> & { readonly adopt?: string };

/** Refuses what would give a secret away, or lose one. */
export function validateKeptSecret({ initialValue, allowDestroy, adopt }: KeptSecret, refuse: Refuse): void {
  if (initialValue !== undefined && !isUnresolved(initialValue)) {
    refuse(
      "LiteralSecretValue",
      "initialValue is written out: it would stand in the synthesized JSON. Write the reference of a TerraformVariable " +
        "with sensitive: true, such as variable.stringValue",
    );
  }
  if (allowDestroy !== undefined && !allowDestroy.trim()) {
    refuse("DestroyWithoutReason", "allowDestroy is empty. Say why the secret may be destroyed, or leave it out.");
  }
  if (adopt !== undefined && initialValue !== undefined) {
    refuse(
      "InitialValueOfAdopted",
      "a secret that is adopted has a value; initialValue would replace it. Leave it out.",
    );
  }
}

/** Refuses settings that the rotator would refuse. */
export function validateRotationSettings({ settings }: RotationStrategy, refuse: Refuse): void {
  if (settings.strategy === "custom") return;
  if ("tls" in settings && "waived" in settings.tls && !settings.tls.waived.trim()) {
    refuse("PlaintextWithoutReason", "allowPlaintext is empty. Say why the connection needs no TLS, or leave it out.");
  }
  const { issues = [] } = rotationSettings.safeParse(settings).error ?? {};
  const values: Readonly<Record<PropertyKey, unknown>> = { ...settings };
  // What Terraform alone knows is checked by the rotator.
  const known = issues.filter(({ path: [key] }) => key === undefined || !isUnresolved(values[key]));
  if (known.length > 0) refuse("RotationSettingsInvalid", z.prettifyError({ issues: known }));
}
