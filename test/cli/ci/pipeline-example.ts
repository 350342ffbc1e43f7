import type { Pipeline } from "../../../lib/pipelines/pipeline";

/** Two systems, one of them in all environments, as a pipeline. */
export function examplePipeline(change: Partial<Pipeline> = {}): Pipeline {
  const before = { development: [], staging: ["development"], "eu-production": ["development", "staging"] };
  const stack = (system: string, environment: keyof typeof before) => ({
    stack: `${system}-${environment}`,
    system,
    environment,
    before: before[environment],
  });
  return {
    stacks: [
      stack("shop", "development"),
      stack("shop", "staging"),
      stack("shop", "eu-production"),
      stack("app-ef", "development"),
      stack("app-ef", "staging"),
    ],
    directory: ".",
    branch: "main",
    schedule: "17 3 * * *",
    clouds: ["aws", "google"],
    node: "22",
    terraform: "1.14.0",
    ...change,
  };
}
