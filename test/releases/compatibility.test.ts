import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { CompatibilityMatrix, type CompatibilityRow } from "../../lib/index";
import { shortestPath } from "../../lib/releases/compatibility-matrix";
import { describePath, requireMove, requirePath, stopsOf } from "../../lib/releases/upgrade-advice";
import { errorOf } from "../support/system-stack";

/** "Compatibility Matrix" of the guide of Argus. */
const ARGUS: readonly CompatibilityRow[] = [
  { from: "1.0.x", to: "1.1.x", migrationRequired: false, downtime: "none", rollback: "yes" },
  { from: "1.x", to: "2.0.x", migrationRequired: true, downtime: "yes", rollback: "limited" },
  { from: "2.0.x", to: "2.1.x", migrationRequired: true, downtime: "minimal", rollback: "yes" },
  { from: "2.1.x", to: "3.0.x", migrationRequired: true, downtime: "yes", rollback: "no" },
];
const ARGUS_RELEASES = ["1.0.0", "1.0.4", "1.1.0", "2.0.0", "2.0.1", "2.1.0", "3.0.0"];

/** "Migration Support Matrix" and "Version History" of the guide of app_ef. */
const APP_EF: readonly CompatibilityRow[] = [
  { from: "0.1.0-beta", to: "1.0.x", migrationRequired: true, downtime: "yes", rollback: "yes", support: "full" },
  { from: "1.0.x", to: "1.1.x", migrationRequired: true, downtime: "yes", rollback: "yes", planned: true },
];

test.each([
  ["1.0.0", "1.1.0", "1.0.0 → 1.1.0"],
  ["1.0.0", "2.0.1", "1.0.0 → 2.0.1 (migration, downtime, limited way back)"],
  ["1.0.0", "2.1.0", "1.0.0 → 2.0.1 (migration, downtime, limited way back) → 2.1.0 (migration, minimal downtime)"],
  [
    "1.1.0",
    "3.0.0",
    "1.1.0 → 2.0.1 (migration, downtime, limited way back) → 2.1.0 (migration, minimal downtime) → 3.0.0 (migration, downtime, no way back)",
  ],
  ["2.0.0", "2.0.1", "2.0.0 → 2.0.1"],
  ["3.0.0", "3.0.0", "nothing"],
])("Argus gets from %s to %s by the fewest stops", (from, to, path) => {
  const matrix = new CompatibilityMatrix(ARGUS);
  expect(describePath(requirePath(matrix, "argus", ARGUS_RELEASES, from, to))).toBe(path);
});

test("the stops on the way are named, newest first among equals", () => {
  const moves = requirePath(new CompatibilityMatrix(ARGUS), "argus", ARGUS_RELEASES, "1.0.0", "3.0.0");
  expect(stopsOf(moves)).toEqual(["2.0.1", "2.1.0"]);
});

test("a move past a required stop is refused with the path to take instead", () => {
  const matrix = new CompatibilityMatrix(ARGUS);
  const error = errorOf(() => requireMove(matrix, "argus", ARGUS_RELEASES, "1.1.0", "2.1.0", "production runs 1.1.0"));
  expect(error.code).toBe("RequiredStopSkipped");
  expect(error.message).toContain("1.1.0 → 2.0.1 (migration, downtime, limited way back) → 2.1.0");
});

test("where there is no path, both sides of the gap are the proof", () => {
  // GIVEN a release that no row leads to
  const error = errorOf(() =>
    requirePath(new CompatibilityMatrix(ARGUS), "argus", [...ARGUS_RELEASES, "4.0.0", "4.0.1"], "2.0.0", "4.0.1"),
  );
  // THEN
  expect(error.code).toBe("NoUpgradePath");
  expect(error.message).toContain("2.0.0 leads to 2.0.1, 2.1.0, 3.0.0");
  expect(error.message).toContain("4.0.1 is reached from 4.0.0");
});

test("app_ef gets from the beta to 1.0, and not yet to the planned 1.1", () => {
  const matrix = new CompatibilityMatrix(APP_EF);
  const releases = ["0.1.0-beta", "1.0.0", "1.1.0"];
  expect(matrix.move("0.1.0-beta", "1.0.0")).toMatchObject({ support: "full", migrationRequired: true });
  expect(errorOf(() => requirePath(matrix, "app-ef", releases, "1.0.0", "1.1.0"))).toMatchObject({
    code: "NoUpgradePath",
    message: expect.stringContaining("only planned"),
  });
});

test("app_ef's matrix of storage backends is searched like one of releases", () => {
  // GIVEN the rows that are no releases; JSON → PostgreSQL is planned
  const rows = [
    ["filesystem", "s3"],
    ["filesystem", "gcs"],
    ["s3", "gcs"],
  ];
  const edge = (from: string, to: string) => (rows.some(([a, b]) => a === from && b === to) ? "manual" : undefined);
  const places = ["filesystem", "s3", "gcs", "json", "postgresql"];
  // THEN
  expect(shortestPath(places, "filesystem", "gcs", edge)).toMatchObject({ found: true, moves: [{ to: "gcs" }] });
  expect(shortestPath(places, "json", "postgresql", edge)).toEqual({
    found: false,
    reachable: ["json"],
    leading: ["postgresql"],
  });
});

test("a patch needs no row, unless the matrix says that it does", () => {
  expect(new CompatibilityMatrix(ARGUS).move("3.0.0", "3.0.1")).toMatchObject({ migrationRequired: false });
  expect(new CompatibilityMatrix(ARGUS, { patchesImplied: false }).move("3.0.0", "3.0.1")).toBeUndefined();
  expect(new CompatibilityMatrix(ARGUS).move("3.0.1", "3.0.0")).toBeUndefined();
});

test("the prereleases of a release are in the range of its minor", () => {
  expect(new CompatibilityMatrix(ARGUS).move("1.1.0-rc.1", "2.0.0-rc.1")).toMatchObject({ downtime: "yes" });
  expect(new CompatibilityMatrix(ARGUS).move("1.1.0", "3.0.0-rc.1")).toBeUndefined();
});

test("what needs no migration is known over several moves", () => {
  const matrix = new CompatibilityMatrix(ARGUS);
  expect(matrix.needsNoMigration(ARGUS_RELEASES, "1.0.0", "1.1.0")).toBe(true);
  expect(matrix.needsNoMigration(ARGUS_RELEASES, "1.0.0", "2.0.0")).toBe(false);
});

test.each([
  [[], "at least one row"],
  [[{ ...ARGUS[0]!, from: "one" }], "rows.0.from: must be a semver range"],
  [[{ ...ARGUS[0]!, downtime: "little" as never }], "rows.0.downtime"],
])("a matrix that is none is refused", (rows, message) => {
  expect(errorOf(() => new CompatibilityMatrix(rows))).toMatchObject({
    code: "InvalidCompatibility",
    message: expect.stringContaining(message),
  });
});

/** A graph over numbered places, as a table of which move is possible and what it costs. */
const graph = fc.array(fc.array(fc.option(fc.nat(3), { nil: undefined }), { minLength: 6, maxLength: 6 }), {
  minLength: 6,
  maxLength: 6,
});
const PLACES = ["0", "1", "2", "3", "4", "5"];

test("no other path is cheaper, and where none is found none exists", () => {
  fc.assert(
    fc.property(graph, (table) => {
      const edge = (from: string, to: string) => table[Number(from)]![Number(to)];
      const search = shortestPath(PLACES, "0", "5", edge, (cost) => [cost]);
      const all = allPaths(edge, ["0"], "5");
      if (!search.found) {
        expect(all).toEqual([]);
        // The proof: nothing leads out of what is reachable, nor into what leads to the end.
        for (const from of search.reachable) {
          for (const to of PLACES) if (edge(from, to) !== undefined) expect(search.reachable).toContain(to);
        }
        expect(search.reachable).not.toContain("5");
        expect(search.leading.filter((place) => search.reachable.includes(place))).toEqual([]);
        return;
      }
      const price = (path: readonly string[]) =>
        path.slice(1).reduce((sum, to, index) => sum + 100 + edge(path[index]!, to)!, 0);
      const found = ["0", ...search.moves.map(({ to }) => to)];
      expect(all).toContainEqual(found);
      expect(price(found)).toBe(Math.min(...all.map(price)));
    }),
  );
});

function allPaths(
  edge: (from: string, to: string) => unknown,
  path: readonly string[],
  end: string,
): (readonly string[])[] {
  if (path.at(-1) === end) return [path];
  return PLACES.filter((place) => !path.includes(place) && edge(path.at(-1)!, place) !== undefined).flatMap((place) =>
    allPaths(edge, [...path, place], end),
  );
}
