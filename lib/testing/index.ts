/** Helpers for tests of your own stacks, in Jest, Vitest or `node:test`: they need no test framework and no Terraform. */

export { type SynthesizedStack, type SynthesizedStep, synthesizeStack } from "./synthesize-stack";
