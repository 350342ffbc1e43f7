import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { findCycle, type OrderedStep, orderSteps } from "../../lib/migrations/migration-graph";

const step = (id: string, after?: string[]): OrderedStep => ({ id, after });
const order = (...sections: OrderedStep[][]) => Object.fromEntries(orderSteps(sections));

test("steps run in the order of the list, across sections", () => {
  expect(order([step("backup")], [step("a"), step("b")], [step("check")])).toEqual({
    backup: [],
    a: ["backup"],
    b: ["a"],
    check: ["b"],
  });
});

test("`after: []` waits for the section before, and for nothing in its own", () => {
  expect(order([step("backup")], [step("a"), step("b", [])], [step("check")])).toEqual({
    backup: [],
    a: ["backup"],
    b: ["backup"],
    check: ["a", "b"],
  });
});

test("a step without `after` waits for all above it, not only for the last of them", () => {
  expect(order([step("a"), step("b", []), step("c")])).toEqual({ a: [], b: [], c: ["a", "b"] });
});

test("a step may name one that is written further down", () => {
  expect(order([step("a", ["b"]), step("b", [])])).toEqual({ a: ["b"], b: [] });
});

test("naming a step of an earlier section does not let a step begin before that section has ended", () => {
  expect(order([step("one"), step("two", [])], [step("a", ["one"])])).toEqual({ one: [], two: [], a: ["one", "two"] });
});

test("a section without steps is as if it were not there", () => {
  expect(order([], [step("a")], [], [step("b")])).toEqual({ a: [], b: ["a"] });
});

/** Sections of steps whose `after` names only steps above, so that no cycle can be. */
const sections = fc
  .array(fc.array(fc.option(fc.array(fc.nat(30), { maxLength: 3 }), { nil: undefined }), { maxLength: 6 }), {
    maxLength: 5,
  })
  .map((drawn) => {
    let count = 0;
    return drawn.map((section) =>
      section.map((picks) => {
        const above = count++;
        const after = picks?.filter((pick) => pick < above).map((pick) => `s${pick}`);
        return { id: `s${above}`, after: after && [...new Set(after)] };
      }),
    );
  });

test("whatever the steps ask for, a section has ended before the next one begins, and there is no cycle", () => {
  fc.assert(
    fc.property(sections, (drawn) => {
      // WHEN
      const dependencies = orderSteps(drawn);
      // THEN
      expect(findCycle(dependencies)).toBeUndefined();
      const earlier: string[] = [];
      for (const section of drawn) {
        for (const { id, after } of section) {
          const awaited = allBefore(id, dependencies);
          for (const other of [...earlier, ...(after ?? [])]) expect(awaited).toContain(other);
        }
        earlier.push(...section.map(({ id }) => id));
      }
    }),
  );
});

test("a list without `after` is a chain", () => {
  fc.assert(
    fc.property(fc.nat(20), (length) => {
      const ids = Array.from({ length }, (_, index) => `s${index}`);
      const expected = ids.map((id, index) => [id, index === 0 ? [] : [ids[index - 1]]]);
      expect([...orderSteps([ids.map((id) => step(id))])]).toEqual(expected);
    }),
  );
});

function allBefore(id: string, dependencies: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const open = [...dependencies.get(id)!];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...dependencies.get(next)!);
  }
  return found;
}

test("a cycle is found and begins and ends with the same step", () => {
  // GIVEN
  const dependencies = new Map([
    ["a", []],
    ["b", ["a", "d"]],
    ["c", ["b"]],
    ["d", ["c"]],
    ["e", ["d"]],
  ]);
  // THEN
  expect(findCycle(dependencies)).toEqual(["b", "d", "c", "b"]);
  expect(findCycle(new Map([["a", ["a"]]]))).toEqual(["a", "a"]);
});

test("a cycle is reported exactly when there is one, and every link of it is real", () => {
  const graphs = fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(graphs, (drawn) => {
      // GIVEN
      const dependencies = new Map(drawn.map((targets, index) => [`s${index}`, targets.map((target) => `s${target}`)]));
      const exists = [...dependencies.keys()].some((id) => allBefore(id, dependencies).has(id));
      // WHEN
      const cycle = findCycle(dependencies);
      // THEN
      expect(cycle !== undefined).toBe(exists);
      for (const [index, id] of (cycle ?? []).slice(1).entries())
        expect(dependencies.get(cycle![index]!)).toContain(id);
      expect(cycle?.at(-1)).toBe(cycle?.[0]);
    }),
  );
});

test("a chain of ten thousand steps is ordered and checked in no time", () => {
  // GIVEN
  const steps = Array.from({ length: 10_000 }, (_, index) => step(`s${index}`));
  const begin = performance.now();
  // WHEN
  const dependencies = orderSteps([steps]);
  // THEN
  expect(findCycle(dependencies)).toBeUndefined();
  expect(performance.now() - begin).toBeLessThan(2_000);
});
