const Sequencer = require("@jest/test-sequencer").default;

/** Suites that take a minute or longer, the longest first. One that begins last keeps all others waiting. */
const LONGEST = [
  "e2e/blue-green.test.ts",
  "e2e/canary.test.ts",
  "e2e/engine/terraform-rules.test.ts",
  "e2e/engine/lifecycle.test.ts",
  "e2e/app-ef.test.ts",
  "e2e/storage.test.ts",
  "e2e/sql-migrations.test.ts",
  "e2e/engine/faults.test.ts",
  "e2e/backup-timer.test.ts",
  "e2e/package/first-project.test.ts",
  "docs/code-blocks.test.ts",
  "e2e/rotating-secret.test.ts",
  "e2e/cdktf-deploy.test.ts",
  "e2e/cli/proof.test.ts",
  "e2e/chaos.test.ts",
  "e2e/cli/promotion.test.ts",
  "e2e/engine/refusals.test.ts",
  "e2e/engine/orphans.test.ts",
  "e2e/cli/ci.test.ts",
  "rotator/rotations-in-a-row.test.ts",
  "e2e/cli/records.test.ts",
  "e2e/cli/proof-attacks.test.ts",
  "e2e/bucket-changes.test.ts",
  "e2e/package/installed.test.ts",
  "e2e/package/types.test.ts",
  "e2e/proof-mutations.test.ts",
  "e2e/ledgers/lost-sessions.test.ts",
  "rotator/kill-minus-9.test.ts",
  "e2e/cli/adopt.test.ts",
  "e2e/engine/corners.test.ts",
];

/** Jest knows how long a suite takes only after it ran, which in a fresh clone none did. */
class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const index = LONGEST.findIndex((name) => path.endsWith(`/test/${name}`));
      return index < 0 ? LONGEST.length : index;
    };
    return super.sort(tests).sort((a, b) => place(a) - place(b));
  }
}

module.exports = LongestFirst;
