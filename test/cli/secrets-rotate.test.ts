import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchDirectory } from "../support/repository";
import { runCli } from "./run-cli";

describe("sterna secrets rotate", () => {
  let directory: string;

  beforeAll(() => {
    directory = scratchDirectory("secrets-rotate");
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const rotate = (...args: string[]) => runCli(directory, ["secrets", "rotate", "database", ...args]);

  it("needs settings", async () => {
    const { status, stderr } = await rotate();
    expect([status, stderr]).toEqual([1, expect.stringContaining("--settings")]);
  });

  it("says which file it cannot read", async () => {
    const { status, stderr } = await rotate("--settings", "missing.json");
    expect([status, stderr]).toEqual([1, expect.stringMatching(/FileUnreadable.*missing\.json/s)]);
  });

  it("says what is wrong with settings, and asks nobody", async () => {
    // GIVEN
    writeFileSync(
      join(directory, "rotation.json"),
      JSON.stringify({ strategy: "randomValue", shape: "hex", bytes: 4 }),
    );

    // WHEN
    const { status, stdout } = await rotate("--settings", "rotation.json", "--json");

    // THEN
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect([status, error.code]).toEqual([1, "RotationSettingsInvalid"]);
    expect(error.message).toMatch(/>=16[\s\S]*bytes/);
  });
});
