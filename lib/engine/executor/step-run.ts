import { EngineError } from "../engine-error";
import type { StepContext } from "../kinds/step-kind";
import { resolveText } from "../resolve-text";
import type { StepDefinition } from "../step-record";
import type { Text } from "../text";
import { Redactor } from "./redactor";

export interface StepRunOptions {
  /** Aborted when Terraform is interrupted. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (message: string) => void;
}

/** One run of a step: resolves its texts, watches its time, keeps its secrets out of what is said. */
export class StepRun implements StepContext {
  readonly stepId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  private readonly redactor = new Redactor();
  private readonly timer = new AbortController();
  private timeout?: NodeJS.Timeout;

  constructor(
    private readonly definition: StepDefinition,
    private readonly options: StepRunOptions = {},
  ) {
    this.stepId = definition.id;
    this.variables = definition.variables;
    this.signal = options.signal ? AbortSignal.any([options.signal, this.timer.signal]) : this.timer.signal;
  }

  /** Starts the clock of the step's timeout: waiting for somebody else's lock does not count. */
  start(): void {
    const seconds = this.definition.timeout;
    if (seconds === undefined) return;
    this.timeout = setTimeout(() => this.timer.abort(), seconds * 1000);
  }

  stop(): void {
    clearTimeout(this.timeout);
  }

  resolve(value: Text): string {
    const resolved = resolveText(value, this.variables, `step "${this.stepId}"`);
    if (typeof value !== "string" && "env" in value) this.redactor.learn(resolved);
    return resolved;
  }

  progress(message: string): void {
    this.options.onProgress?.(this.redactor.redact(message));
  }

  /** The same context for a program that was recorded with other variables. */
  withVariables(variables: Readonly<Record<string, string>>): StepContext {
    return Object.create(this, {
      variables: { value: variables },
      resolve: {
        value: (text: Text) => {
          const resolved = resolveText(text, variables, `step "${this.stepId}"`);
          if (typeof text !== "string" && "env" in text) this.redactor.learn(resolved);
          return resolved;
        },
      },
    }) as StepContext;
  }

  /** Why the step stopped, without secrets. An aborted step says so, whatever error the abort caused inside it. */
  explain(error: unknown): EngineError {
    if (this.timer.signal.aborted) {
      return new EngineError("StepTimedOut", `stopped after its timeout of ${this.definition.timeout} seconds`);
    }
    if (this.signal.aborted) return new EngineError("StepInterrupted", "stopped because Terraform was interrupted");
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof EngineError ? error.code : "StepFailed";
    return new EngineError(code, this.redactor.redact(message), { cause: error });
  }
}
