import { beforeEach, describe, expect, it } from "@jest/globals";
import { PlanMemory, type PlannedStep } from "../../lib/provider/plan-memory";

const step = (id: string, overrides: Partial<PlannedStep> = {}): PlannedStep => ({
  system: "shop",
  id,
  applied: true,
  checksum: `checksum of ${id}`,
  ...overrides,
});

describe("the memory of a plan", () => {
  let memory: PlanMemory;
  beforeEach(() => {
    memory = new PlanMemory();
  });

  const renamed = expect.objectContaining({ code: "AppliedStepRenamed" });
  const duplicate = expect.objectContaining({ code: "DuplicateStep" });
  const errorOf = (work: () => void): unknown => {
    try {
      work();
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it("refuses a step that is destroyed and created, whichever comes first", () => {
    // GIVEN
    memory.creates(step("a"));
    const other = new PlanMemory();
    other.destroys(step("a"));

    // THEN
    expect(errorOf(() => memory.destroys(step("a")))).toEqual(renamed);
    expect(errorOf(() => other.creates(step("a")))).toEqual(renamed);
  });

  it("refuses a program that gets another name, and says which", () => {
    // GIVEN
    memory.destroys(step("old", { checksum: "same" }));

    // WHEN
    const error = errorOf(() => memory.creates(step("new", { checksum: "same" })));

    // THEN
    expect(error).toEqual(renamed);
    expect((error as Error).message).toContain('"old" is destroyed and the same program is created as "new"');
  });

  it("lets steps without an effect share a program: two releases check the same URL", () => {
    memory.destroys(step("healthy-2", { checksum: undefined }));
    memory.creates(step("healthy-1", { checksum: undefined }));
  });

  it("tells the steps of two systems apart", () => {
    memory.destroys(step("create-schema", { checksum: "same" }));
    memory.creates(step("create-schema", { system: "warehouse", checksum: "same" }));
  });

  it("lets a failed step be created while its old object is destroyed, whichever comes first", () => {
    // GIVEN
    const failed = step("a", { applied: false });
    const other = new PlanMemory();

    // THEN
    memory.creates(failed);
    memory.destroys(failed);
    other.destroys(failed);
    other.creates(failed);
  });

  it("refuses a step that two resources create", () => {
    memory.creates(step("a"));
    expect(errorOf(() => memory.creates(step("a", { checksum: "another" })))).toEqual(duplicate);
  });

  it("refuses to destroy one of two objects of a step while the other stays, whichever comes first", () => {
    // GIVEN
    memory.keeps(step("a"));
    const other = new PlanMemory();
    other.destroys(step("a"));

    // THEN
    expect(errorOf(() => memory.destroys(step("a")))).toEqual(duplicate);
    expect(errorOf(() => other.keeps(step("a")))).toEqual(duplicate);
  });

  it("knows which steps another object stands for: those that this process worked on", () => {
    memory.works({ system: "shop", id: "a" });
    expect(memory.isSuperseded(step("a"))).toBe(true);
    expect(memory.isSuperseded(step("b"))).toBe(false);
    expect(memory.isSuperseded(step("a", { system: "warehouse" }))).toBe(false);
  });

  it("announces ten rollbacks, not fifty", () => {
    // WHEN
    const announced = Array.from({ length: 50 }, (_, index) => {
      memory.destroys(step(`s${index}`));
      return memory.announcesRollback();
    });

    // THEN
    expect(announced.filter(Boolean)).toHaveLength(10);
  });
});
