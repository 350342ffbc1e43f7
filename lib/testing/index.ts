/** Helpers for tests of your own stacks, in Jest, Vitest or `node:test`: they need no test framework and no Terraform. */

export type { Fault } from "./aws/faults";
export type { Call } from "./aws/proxy";
export { type AwsStandIn, type AwsStandInProvider, startAwsStandIn } from "./aws/stand-in";
export { expectResource, expectStep, type MatcherResult, matchers } from "./matchers";
export type { PostgresBinaries } from "./postgres/binaries";
export { type DatabasesOptions, type DatabasesServer, startDatabases, stopDatabases } from "./postgres/development";
export { type PostgresOptions, type PostgresServer, startPostgres } from "./postgres/server";
export { expectReversible, TestRun, type TestRunOptions } from "./run-migration";
export { type PlannedStep, planOf, stepsOf } from "./steps-of";
export { type SynthesizedStack, type SynthesizedStep, synthesizeStack } from "./synthesize-stack";
