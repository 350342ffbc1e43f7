import type { ErrorCode } from "../core/error-codes";
import { isUnresolved } from "../core/tokens";
import type { RotationStrategy } from "./rotation-strategy";
import { rotationSettings } from "../rotator/settings";
import { z } from "zod";

/** Throws a `ValidationError` at a construct. */
export type Refuse = (code: ErrorCode, message: string) => void;

/** What rotating secrets of any cloud have in common. */
export interface KeptSecretProps {
  /** @default - none */
  readonly initialValue?: string;
  /** @default - none */
  readonly allowDestroy?: string;
  /** @default - none */
  readonly adopt?: string;
}

/** Refuses what would give a secret away, or lose one. */
export function validateKeptSecret({ initialValue, allowDestroy, adopt }: KeptSecretProps, refuse: Refuse): void {
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
