import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { COMMAND_LINTS, lintCommands, shellCommands } from "../../../lib/steps/command/command-lint";

const programs = (script: string) => shellCommands(script).map(({ program, words }) => [program, ...words].join(" "));
const codes = (script: string, isVerify = false) => lintCommands(script, "up", isVerify).map(({ code }) => code);

describe("commands of a script", () => {
  test.each([
    ["a; b && c || d & e", ["a", "b", "c", "d", "e"]],
    ["a | b |& c", ["a", "b", "c"]],
    ["curl -f \\\n  http://x # comment; rm -rf /", ["curl -f http://x"]],
    [`echo 'a; b' "c | d" e\\;f`, ["echo a; b c | d e;f"]],
    ["if ! grep -q x file; then FOO=1 sudo /usr/bin/psql -l; fi", ["grep -q x file", "psql -l", "fi"]],
    ['x="$(psql -c "select 1")" run', ["psql -c select 1", "run"]],
    ["echo `whoami` (cd a)", ["whoami", "echo $(…)", "cd a"]],
    ["cat <<EOF\nrm -rf /\nEOF\necho done", ["cat", "echo done"]],
    ["cat <<-'END' | psql\n\trm -rf /\n\tEND\necho done", ["cat", "psql", "echo done"]],
    ["run > log 2>&1 && next", ["run > log 2>&1", "next"]],
    ["cat <<< text; next", ["cat text", "next"]],
    ["a |\n  b", ["a", "b"]],
    ["", []],
  ])("%j", (script, expected) => {
    expect(programs(script)).toEqual(expected);
  });

  test("any text is read to its end", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "$(", ")", '"', "'", "`", "\\", "<<E", "\n", "|", "#", " ", "&") }),
        (script) => {
          expect(Array.isArray(shellCommands(script))).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

test.each([
  ["psql -f a.sql", "PsqlContinuesOnError", "psql -X -v ON_ERROR_STOP=1 -f a.sql"],
  ['count=$(psql -c "select 1")', "PsqlContinuesOnError", 'count=$(psql --set=ON_ERROR_STOP=on -c "select 1")'],
  ["curl http://x/health", "CurlIgnoresHttpErrors", "curl -fsS http://x/health"],
  ["curl -sS http://x/health | jq .", "CurlIgnoresHttpErrors", "curl --fail-with-body http://x | jq ."],
  ["redis-cli DBSIZE", "RedisCliIgnoresErrors", "redis-cli -e DBSIZE"],
  ["source .env.old", "EnvFileSourced", "source lib/functions.sh"],
  [". ./config/prod.env", "EnvFileSourced", ". ./venv/bin/activate"],
  ["git pull origin main", "GitBranchDeployed", "git fetch --tags"],
  ["git checkout main", "GitBranchDeployed", "git checkout --detach v1.0.0"],
  ["git checkout HEAD~1", "GitBranchDeployed", "git checkout --detach 18c7f4b"],
  ["rm -rf /data/old", "RemovesOutsideDirectory", "rm -rf build/old"],
  ['rm -rf "$DIR/old"', "RemovesOutsideDirectory", 'rm -rf "${DIR:?}/old"'],
  ["rm -r ../other", "RemovesOutsideDirectory", "rm -f /tmp/one-file"],
  ["docker-compose up -d", "ComposeVersionOne", "docker compose up -d"],
])("%s is %s, and %s is not", (wrong, code, right) => {
  expect(codes(wrong)).toEqual([code]);
  expect(codes(right)).toEqual([]);
});

test.each([
  ["psql -v ON_ERROR_STOP=1 -Atc 'select * from t' | wc -l", "VerifyCountsLines", "wc -l < file"],
  ["docker logs -f app", "VerifyFollowsLog", "docker logs --since 10m app"],
  ["aws logs tail /ecs/app --follow", "VerifyFollowsLog", "aws logs tail /ecs/app --since 10m"],
])("in a verify %s is %s, and %s is not", (wrong, code, right) => {
  expect(codes(wrong, true)).toEqual([code]);
  expect(codes(right, true)).toEqual([]);
  expect(codes(wrong, false)).toEqual([]);
});

test("what stands in a comment, a text or a here-document is no command", () => {
  expect(codes("# curl http://x\necho 'psql -f a'\ncat <<EOF\nredis-cli DBSIZE\nEOF")).toEqual([]);
});

test("every mistake says what to write instead", () => {
  // GIVEN
  const script =
    "psql; curl x; redis-cli x; source .env; git pull; rm -rf /; docker-compose up; docker logs -f x; ls | wc -l";
  // WHEN
  const findings = lintCommands(script, "verify", true);
  // THEN
  expect(findings.map(({ code }) => code)).toEqual([...COMMAND_LINTS]);
  for (const { message } of findings) expect(message).toMatch(/^`verify`: .+[;:] ?.+/);
});
