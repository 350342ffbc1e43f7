import type { ProgramInput } from "./program";
import { stepDefinition, type StepDefinition } from "../../lib/manifest/step-record";

function step(program: ProgramInput, rest: Partial<StepDefinition>): StepDefinition {
  return stepDefinition.parse({
    id: "s1",
    system: "shop",
    environment: "staging",
    release: "1.0.0",
    title: "A step",
    phase: "migrate",
    program,
    variables: {},
    after: [],
    onRetry: "resume",
    onDestroy: "rollback",
    ...rest,
  });
}

/** Steps for tests of locks: what they change is for the test to look at. */
export const lockStep = {
  sql: (
    up: string,
    { database = "", ...rest }: Partial<StepDefinition> & { readonly database?: string } = {},
  ): StepDefinition =>
    step(
      {
        kind: "sql",
        database: database === "" ? { env: "UNUSED" } : database,
        up,
        down: "select 1",
        verify: [{ query: "select 1", expected: "1" }],
      },
      rest,
    ),

  command: (up: string, rest: Partial<StepDefinition> = {}): StepDefinition =>
    step(
      { kind: "command", environment: {}, up, down: "true", verify: [{ query: "echo yes", expected: "yes" }] },
      rest,
    ),
};
