import type { Construct } from "constructs";
import type { Acknowledgements } from "../../core/acknowledge";
import { findLiteralSecrets, findSecretsInScript, type LiteralSecret } from "../../core/literal-secrets";
import type { TextInput } from "../../core/references";
import type { z } from "zod";
import { Step, type StepProps } from "../../migrations/migration";
import type { TypedStepProgram } from "../../migrations/step-program";
import { type AcknowledgeableFinding, judgeFindings } from "../judge-findings";
import { type CommandLint, lintCommands } from "./command-lint";
import { toCheck, toChecks, type Verification, requireWayBack } from "../verification";
import { commandProgram } from "./program";

/** Properties of a `CommandStep`. */
export interface CommandStepProps extends StepProps {
  /** Script that makes the change, or from a file: `Script.fromFile("scripts/convert.sh")`. It must be repeatable. */
  readonly up: string;

  /**
   * Script that undoes the change, even if it was only partly applied.
   * @default - none; `irreversible` must then give the reason
   */
  readonly down?: string;

  /** Scripts with their expected output. Trailing line breaks are ignored. */
  readonly verify: readonly Verification[];

  /**
   * A script that tells whether the change already exists. The step is then adopted instead of run.
   * @default - the step runs unless it is in the ledger
   */
  readonly probe?: Verification;

  /**
   * Program that runs the scripts, with its arguments.
   * @default ["bash", "-euo", "pipefail"]
   */
  readonly interpreter?: readonly string[];

  /**
   * Working directory, absolute or relative to the stack's folder.
   * @default - the stack's folder, where Terraform runs
   */
  readonly directory?: TextInput;

  /**
   * Variables for the scripts. A secret is a reference: `SecretReference.environment("APP_EF_DATABASE_URL")`.
   * @default - only what every program needs, such as PATH
   */
  readonly environmentVariables?: Readonly<Record<string, TextInput>>;

  /**
   * Reasons why findings are right here, by code. They become warnings.
   * @default - a finding is an error
   */
  readonly acknowledge?: Acknowledgements<CommandLint | "LiteralSecretValue">;
}

/** Runs a script at least once: after a crash between its end and the row in the ledger, it runs again. */
export class CommandStep extends Step {
  /**
   * @throws ValidationError what `Step` throws, `StepNotReversible`, `StepReversibleAndIrreversible`, `StepNotVerified`,
   * `NothingToAcknowledge`, `LiteralSecretValue`, and the codes of `COMMAND_LINTS`
   */
  constructor(scope: Construct, id: string, props: CommandStepProps) {
    super(scope, id, props, (step): TypedStepProgram<typeof commandProgram> => ({
      schema: commandProgram,
      program: toCommandProgram(step, props),
    }));
  }
}

/** The password of a URL cannot be acknowledged: `compileProgram` refuses it in every text of a step. */
function secretFinding({
  code,
  message,
}: LiteralSecret): Omit<AcknowledgeableFinding<"LiteralSecretValue">, "refused">[] {
  return code === "LiteralSecretValue" ? [{ code, message }] : [];
}

const SHELLS = new Set(["sh", "bash", "dash", "ksh", "zsh"]);

/**
 * A script in the form that the engine expects.
 *
 * @throws ValidationError `StepNotReversible`, `StepReversibleAndIrreversible`, `StepNotVerified`, `NothingToAcknowledge`,
 * `LiteralSecretValue`, and the codes of `COMMAND_LINTS`
 */
export function toCommandProgram(
  step: Step,
  props: Omit<CommandStepProps, keyof StepProps>,
): z.input<typeof commandProgram> {
  const { up, down, verify, probe, interpreter, directory, environmentVariables: environment, acknowledge } = props;
  requireWayBack(step, down);
  const checks = toChecks(step, verify);
  const probing = probe && toCheck(step, probe);
  const program = interpreter?.[0] ?? "bash";
  const questions = [...checks, ...(probing ? [probing] : [])];
  const findings = SHELLS.has(program.slice(program.lastIndexOf("/") + 1))
    ? [
        ...lintCommands(up, "up", false),
        ...lintCommands(down ?? "", "down", false),
        ...questions.flatMap(({ query }) => lintCommands(query, "verify", true)),
      ]
    : [];
  const secrets = [
    ...findLiteralSecrets(environment ?? {}, "environmentVariables"),
    ...findSecretsInScript(up, "up"),
    ...findSecretsInScript(down ?? "", "down"),
    ...questions.flatMap(({ query }) => findSecretsInScript(query, "verify")),
  ];
  judgeFindings(
    step,
    [...findings, ...secrets.flatMap(secretFinding)].map((finding) => ({ ...finding, refused: true })),
    acknowledge,
  );
  return {
    kind: "command",
    interpreter: interpreter && [...interpreter],
    directory,
    environment,
    up,
    down,
    verify: checks,
    probe: probing,
  };
}
