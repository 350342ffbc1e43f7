import { describe, expect, test } from "@jest/globals";
import {
  BucketTransfer,
  type BucketTransferProps,
  Migration,
  ObjectPlace,
  type SystemStack,
  variable,
  EnvironmentChain,
} from "../../../lib/index";
import { errorOf, programOf, stepsOf, temporaryDirectory, TestApp } from "../../support/system-stack";

const directory = temporaryDirectory();
const environment = new EnvironmentChain([
  { name: "development", variables: { shop: { DATA: "/srv/data", BUCKET: "shop-dev" } } },
]).get("development");

const FROM = ObjectPlace.directory(variable("DATA"));
const TO = ObjectPlace.s3(variable("BUCKET"), { prefix: "data/" });
const restart = {
  up: "docker compose up -d --force-recreate backend",
  down: "docker compose up -d --force-recreate backend",
  verify: [{ query: "docker compose exec -T backend printenv STORAGE_BACKEND", expected: "s3" }],
};
const cutover = {
  freeze: [{ command: { ...restart, up: "docker compose stop backend", down: "docker compose start backend" } }],
  switch: [
    { envFile: { from: ".env", to: ".env.s3", set: { STORAGE_BACKEND: "s3" } } },
    { command: restart },
    { http: { url: "http://127.0.0.1:8000/api/health" } },
  ],
};

function stackWith(props: Partial<BucketTransferProps> = {}): SystemStack {
  const stack = new TestApp(directory).stack({ environment });
  new Migration(stack, "first", {
    from: "0.1.0",
    to: "1.0.0",
    acknowledge: { MigrationWithoutBackup: "-" },
    steps: (m) => {
      new BucketTransfer(m, "files", { source: FROM, destination: TO, ...props });
    },
  });
  return stack;
}

describe("BucketTransfer", () => {
  test("makes a step for each phase, each after the one before", () => {
    // WHEN
    const steps = stepsOf(stackWith({ cutover: cutover, retire: true }));
    // THEN
    expect(
      ["bulk", "delta", "cutover", "retire"].map((name) => {
        const { id, phase, after, on_retry } = steps[`files-${name}`]!;
        return [id, phase, after, on_retry];
      }),
    ).toEqual([
      ["files-bulk", "expand", [], "resume"],
      ["files-delta", "migrate", ["files-bulk"], "resume"],
      ["files-cutover", "migrate", ["files-delta"], "compensate"],
      ["files-retire", "contract", ["files-cutover"], "resume"],
    ]);
    expect(steps["files-bulk"]!.variables).toEqual({ DATA: "/srv/data", BUCKET: "shop-dev" });
  });

  test("copies and compares only, unless told how the application moves", () => {
    expect(Object.keys(stepsOf(stackWith()))).toEqual(["files-bulk", "files-delta"]);
  });

  test("leaves the first copy to a managed service, and then replaces what that left behind", () => {
    // WHEN
    const stack = stackWith({ bulk: "managed" });
    // THEN
    expect(Object.keys(stepsOf(stack))).toEqual(["files-delta"]);
    expect(programOf(stack, "files-delta")).toMatchObject({ bulk: "managed", onConflict: "replace" });
  });

  test("refuses and keeps what could be lost, unless told otherwise", () => {
    expect(programOf(stackWith(), "files-delta")).toEqual({
      kind: "transfer",
      transfer: "files",
      phase: "delta",
      from: { store: "directory", path: { variable: "DATA" } },
      to: { store: "s3", bucket: { variable: "BUCKET" }, prefix: "data/" },
      only: [],
      except: [],
      batchDepth: 0,
      bulk: "engine",
      symlinks: "refuse",
      tags: "refuse",
      versions: "refuse",
      onConflict: "refuse",
      freeze: [],
      switch: [],
    });
  });

  test("has the actions of its cutover in the cutover alone, as their steps have them", () => {
    // WHEN
    const stack = stackWith({ cutover: cutover });
    // THEN
    expect(programOf(stack, "files-delta")).toMatchObject({ freeze: [], switch: [] });
    const { freeze, switch: actions } = programOf(stack, "files-cutover");
    expect(freeze).toMatchObject([{ kind: "command", up: "docker compose stop backend" }]);
    expect(actions).toMatchObject([
      { kind: "env", to: ".env.s3" },
      { kind: "command", verify: restart.verify },
      { kind: "http", status: 200 },
    ]);
  });

  test.each<[string, Partial<BucketTransferProps>, string, RegExp]>([
    ["a target that is the source", { source: TO }, "TransferIntoItself", /give the target another bucket/],
    [
      "a target inside of the source",
      { source: ObjectPlace.s3(variable("BUCKET")) },
      "TransferIntoItself",
      /hold the same objects/,
    ],
    [
      "a directory inside of the other",
      { source: ObjectPlace.directory("/srv/data/"), destination: ObjectPlace.directory("/srv/data/new") },
      "TransferIntoItself",
      /hold the same/,
    ],
    ["tags that nobody can keep", { objectTags: "carry" }, "TransferLosesTags", /from directory to s3/],
    ["to empty a source that is in use", { retire: true }, "InvalidTransfer", /there is no `cutover`/],
    ["a cutover that switches nothing", { cutover: { switch: [] } }, "InvalidTransfer", /`cutover.switch` is empty/],
    ["a prefix that is no folder", { destination: ObjectPlace.s3("b", { prefix: "data" }) }, "InvalidStep", /prefix/],
    ["a scope that is no folder", { only: ["alpha"] }, "InvalidStep", /only/],
    ["too deep batches", { batchDepth: 9 }, "InvalidStep", /batchDepth/],
    [
      "a switch that cannot be undone",
      { cutover: { switch: [{ command: { ...restart, down: undefined } }] } },
      "StepNotReversible",
      /write `down`/,
    ],
    [
      "a script that hides its failure",
      { cutover: { switch: [{ command: { ...restart, up: "curl http://127.0.0.1/switch" } }] } },
      "CurlIgnoresHttpErrors",
      /curl/,
    ],
  ])("refuses %s", (_what, props, code, message) => {
    // WHEN
    const error = errorOf(() => stackWith(props));
    // THEN
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test("takes two prefixes of one bucket, and two directories whose names begin alike", () => {
    for (const [from, to] of [
      [ObjectPlace.s3("b", { prefix: "old/" }), ObjectPlace.s3("b", { prefix: "new/" })],
      [ObjectPlace.directory("/srv/data"), ObjectPlace.directory("/srv/data2")],
      [ObjectPlace.s3("b"), ObjectPlace.gcs("b")],
    ] as const) {
      expect(() => stackWith({ source: from, destination: to })).not.toThrow();
    }
  });
});
