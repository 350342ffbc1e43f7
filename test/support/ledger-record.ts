import type { StepRecord } from "../../lib/manifest/step-record";

/** A complete row, with everything that could be mangled on its way. */
export function record(id: string, overrides: Partial<StepRecord> = {}): StepRecord {
  return {
    id,
    system: "shop",
    environment: "staging",
    release: "1.0.0",
    title: 'Zürich 北 🚀 "quoted" \\ back\u0000slash',
    phase: "migrate",
    program: {
      kind: "sql",
      database: { env: "X" },
      transaction: true,
      up: "select '\u0000'",
      verify: [{ query: "q", expected: "" }],
    },
    variables: { BUCKET: "a b" },
    after: [],
    onRetry: "resume",
    onStop: "stop",
    onDestroy: "rollback",
    status: "applied",
    checksum: "c".repeat(64),
    partial: false,
    attempt: 1,
    startedAt: "2026-01-01T00:00:00.000Z",
    ...overrides,
  };
}
