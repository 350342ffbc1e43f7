import type { Construct } from "constructs";
import type { Duration } from "../../core/duration";
import type { TextInput } from "../../core/references";
import { Step, type StepProps } from "../../migrations/migration";
import type { TypedStepProgram } from "../../migrations/step-program";
import { toChecks, type Verification } from "../verification";
import { httpProgram } from "./program";

/** Properties of an `HttpStep`. */
export interface HttpStepProps extends Omit<StepProps, "irreversible"> {
  /** URL to request, with the method GET. */
  readonly url: TextInput;

  /**
   * Expected status code, 100 to 599.
   * @default 200
   */
  readonly status?: number;

  /**
   * JSON pointers into the response (RFC 6901) with the expected values.
   * @default - only the status is checked
   */
  readonly verify?: readonly Verification[];

  /**
   * Number of attempts before the step fails, 1 to 1000.
   * @default 10
   */
  readonly attempts?: number;

  /**
   * Time between two attempts.
   * @default Duration.seconds(3)
   */
  readonly interval?: Duration;
}

/** Waits until a URL returns the expected response. Changes nothing, so there is nothing to undo. */
export class HttpStep extends Step {
  /** @throws ValidationError what `Step` throws */
  constructor(scope: Construct, id: string, props: HttpStepProps) {
    const { url, status, verify, attempts, interval } = props;
    super(scope, id, props, (step): TypedStepProgram<typeof httpProgram> => ({
      schema: httpProgram,
      program: {
        kind: "http",
        url,
        status,
        verify: verify === undefined ? [] : toChecks(step, verify),
        attempts,
        interval: interval?.toSeconds({ integral: false }),
      },
    }));
  }
}
