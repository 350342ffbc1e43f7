import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Forge } from "../../../lib/pipelines/forge/forge";
import { forgeOf } from "../../../lib/pipelines/forge/forge-jobs";
import { GitHubContractModel } from "../../support/github-contract-model";
import { GitLabContractModel } from "../../support/gitlab-contract-model";

const MARK = "<!-- sterna: plan of shop-staging -->";
const HEAD = "a".repeat(40);
const MERGE = "b".repeat(40);

describe("a job that is of no service", () => {
  it("is told where the command works", () => {
    expect(() => forgeOf({})).toThrow(expect.objectContaining({ code: "ForgeUnknown" }));
    expect(() => forgeOf({ GITHUB_ACTIONS: "true" })).toThrow(/GITHUB_REPOSITORY is not set/);
  });
});

describe("a job of GitHub Actions", () => {
  let github: GitHubContractModel;
  let forge: Forge;
  const job = (change: Record<string, string> = {}) => forgeOf(github.variables({ GITHUB_SHA: MERGE, ...change }));
  beforeEach(async () => {
    github = await GitHubContractModel.start();
    forge = job({ GITHUB_REF: "refs/pull/7/merge" });
  });
  afterEach(() => github.stop());
  it("replaces its comment, also when a hundred others came after it", async () => {
    // GIVEN
    for (let id = 1; id <= 120; id++) github.comments.push({ id, body: `comment ${id} on ${MARK}` });
    await forge.comment(MARK, "first");
    for (let id = 200; id <= 320; id++) github.comments.push({ id, body: "another" });

    // WHEN
    await forge.comment(MARK, "second");
    await forge.comment("<!-- sterna: plan of shop-production -->", "other");

    // THEN
    const own = github.comments.filter(({ body }) => body.startsWith("<!--"));
    expect(own.map(({ body }) => body)).toEqual([`${MARK}\nsecond`, "<!-- sterna: plan of shop-production -->\nother"]);
  });

  it("leaves alone what somebody wrote under its mark, who could edit it afterwards", async () => {
    // GIVEN
    const theirs = { body: `${MARK}\nlooks good`, user: { type: "User" } as const };
    github.comments.push({ id: 1, ...theirs });
    github.issues.push({ number: 1, title: "", state: "open", labels: ["sterna"], ...theirs });

    // WHEN
    await forge.comment(MARK, "plan");
    await forge.openIssue(MARK, "Drift", "drift");

    // THEN
    expect(github.comments.map(({ body }) => body)).toEqual([theirs.body, `${MARK}\nplan`]);
    expect(github.issues.map(({ body }) => body)).toEqual([theirs.body, `${MARK}\ndrift`]);
  });

  it("keeps one issue open, closes it, and opens another one later", async () => {
    // WHEN
    expect(await forge.closeIssue(MARK)).toBeUndefined();
    await forge.openIssue(MARK, "Drift", "first");
    await forge.openIssue(MARK, "Drift", "second");
    await forge.closeIssue(MARK);
    await forge.openIssue(MARK, "Drift", "third");

    // THEN
    expect(github.issues).toMatchObject([
      { state: "closed", body: `${MARK}\nsecond`, labels: ["sterna"] },
      { state: "open", body: `${MARK}\nthird` },
    ]);
  });

  it("opens one pull request for a branch", async () => {
    const proposal = { branch: "sterna/promote-shop-staging-1.0.0", title: "Promote", body: "" };

    const [first, second] = [await job().propose(proposal), await job().propose(proposal)];

    expect(first).toBe(second);
    expect(github.pulls).toHaveLength(1);
  });

  it("hands git the token by variables, never by arguments", () => {
    const { url, variables } = forge.remote;

    expect(url).toBe("https://github.example.org/example/shop.git");
    expect(variables.GIT_CONFIG_KEY_0).toBe("http.https://github.example.org/.extraheader");
    const [, header] = /^AUTHORIZATION: basic (.+)$/.exec(variables.GIT_CONFIG_VALUE_0!)!;
    expect(Buffer.from(header!, "base64").toString()).toBe(`x-access-token:${github.token}`);
  });

  it("asks again when GitHub has trouble, three times in all", async () => {
    github.failAt("GET", 429);
    await forge.comment(MARK, "plan");
    expect(github.comments.map(({ body }) => body)).toEqual([`${MARK}\nplan`]);

    github.failAt("GET", 503, 503, 503);
    await expect(forge.comment(MARK, "plan")).rejects.toThrow(/503/);
  }, 15_000);

  it("sends nothing twice that may have arrived", async () => {
    // The list of comments is answered, and the new comment is not.
    github.failAt("POST", 502);

    await expect(forge.comment(MARK, "plan")).rejects.toThrow(/502/);

    expect(github.comments).toEqual([]);
  });

  it("says what GitHub answered, and never the token", async () => {
    const wrong = job({ GITHUB_TOKEN: "wrong-token", GITHUB_REF: "refs/pull/7/merge" });

    const failure = await wrong.comment(MARK, "x").catch((error: Error) => error);

    expect(failure).toMatchObject({ code: "ForgeFailed", message: expect.stringContaining("401") });
    expect(String(failure)).not.toContain("wrong-token");
  });

  describe("that applies", () => {
    const name = "sterna-review-shop-staging";
    const merged = (change: object = {}) =>
      github.pulls.push({
        number: 7,
        title: "",
        merged_at: "2026-01-01T00:00:00Z",
        head: { sha: HEAD, ref: "change" },
        base: { ref: "main" },
        merge: MERGE,
        ...change,
      });
    const artifact = (text: string, change: object = {}) =>
      github.addArtifact({ name, headSha: HEAD, files: { "review.json": text }, ...change });

    it("finds the last review of the head that was merged", async () => {
      merged();
      artifact("older");
      artifact("newest");
      artifact("of another head", { headSha: "c".repeat(40) });

      expect(await job().review("shop-staging")).toBe("newest");
    });

    it("finds it also when hundreds of other pull requests were planned since", async () => {
      merged();
      artifact("reviewed");
      for (let count = 0; count < 120; count++) artifact("other", { headSha: "c".repeat(40) });

      expect(await job().review("shop-staging")).toBe("reviewed");
    });

    it.each<[string, () => void, RegExp]>([
      ["no pull request", () => artifact("x"), /came by no pull request/],
      ["a pull request that is open", () => (merged({ merged_at: null }), artifact("x")), /came by no pull request/],
      [
        "a pull request to another branch",
        () => (merged({ base: { ref: "release" } }), artifact("x")),
        /came by no pull request/,
      ],
      ["no plan", () => merged(), /#7 has none of a{40}/],
      ["an expired plan", () => (merged(), artifact("x", { expired: true })), /#7 has none/],
      [
        "a file of another workflow",
        () => (merged(), artifact("x", { workflow: ".github/workflows/evil.yml" })),
        /#7 has none/,
      ],
      ["a file of a push", () => (merged(), artifact("x", { event: "push" })), /#7 has none/],
      ["a file of a fork", () => (merged(), artifact("x", { repository: "mallory/shop" })), /#7 has none/],
      ["a file of a fork that is gone", () => (merged(), artifact("x", { repository: null })), /#7 has none/],
    ])("refuses a commit with %s", async (_name, given, reason) => {
      given();

      await expect(job().review("shop-staging")).rejects.toMatchObject({
        code: "ReviewMissing",
        name: "RefusedError",
        message: expect.stringMatching(reason),
      });
    });
  });
});

describe("a job of GitLab CI", () => {
  let gitlab: GitLabContractModel;
  const job = (change: Record<string, string> = {}) => forgeOf(gitlab.variables({ CI_COMMIT_SHA: MERGE, ...change }));
  beforeAll(async () => {
    gitlab = await GitLabContractModel.start();
  });
  afterAll(() => gitlab.stop());

  it("replaces its note, and keeps one issue open", async () => {
    // GIVEN
    const somebody = { author: { id: 2 } };
    // Who could edit it afterwards.
    gitlab.notes.push({ id: 0, body: `${MARK}\nlooks good`, ...somebody });
    gitlab.issues.push({
      iid: 0,
      title: "",
      description: `${MARK}\nno drift`,
      state: "opened",
      labels: "sterna",
      ...somebody,
    });
    for (let id = 1; id < 120; id++) gitlab.notes.push({ id, body: "another", ...somebody });

    // WHEN
    const forge = job({ CI_MERGE_REQUEST_IID: "7" });
    const url = await forge.comment(MARK, "first");
    await forge.comment(MARK, "second");
    await forge.openIssue(MARK, "Drift", "first");
    await forge.openIssue(MARK, "Drift", "second");
    await forge.closeIssue(MARK);

    // THEN
    expect(url).toBe("https://gitlab.example.org/example/shop/-/merge_requests/7#note_121");
    expect(gitlab.notes.filter(({ body }) => body.startsWith(MARK))).toMatchObject([
      { id: 0, body: `${MARK}\nlooks good` },
      { id: 121, body: `${MARK}\nsecond` },
    ]);
    expect(gitlab.issues).toMatchObject([
      { description: `${MARK}\nno drift`, state: "opened" },
      { description: `${MARK}\nsecond`, state: "closed", labels: "sterna" },
    ]);
  });

  it("finds the review in the last pipeline of the merge request", async () => {
    // GIVEN
    gitlab.requests.push({ iid: 7, state: "merged", target_branch: "main", source_branch: "change", commit: MERGE });
    gitlab.pipelines.push({ id: 3, request: 7, source: "push" }, { id: 2, request: 7, source: "merge_request_event" });
    gitlab.jobs.push({ id: 21, pipeline: 2, name: "sterna-plan-shop-production", review: "of production" });
    gitlab.jobs.push({ id: 22, pipeline: 2, name: "sterna-plan-shop-staging", review: "of staging" });

    // THEN
    expect(await job().review("shop-staging")).toBe("of staging");
    await expect(job().review("cart-staging")).rejects.toMatchObject({ code: "ReviewMissing" });
    await expect(job({ CI_COMMIT_SHA: HEAD }).review("shop-staging")).rejects.toMatchObject({ code: "ReviewMissing" });
  });

  it("finds the review of a project below the top of the repository", async () => {
    // GIVEN
    const commit = "d".repeat(40);
    const request = { iid: 8, state: "merged", target_branch: "main", source_branch: "other", commit };
    gitlab.requests.push(request);
    gitlab.pipelines.push({ id: 4, request: 8, source: "merge_request_event", project_id: 42 });
    gitlab.jobs.push({
      ...{ id: 41, pipeline: 4, name: "sterna-plan-shop-staging" },
      ...{ directory: "infrastructure/shop", review: "from below" },
    });

    // WHEN
    const below = job({ CI_COMMIT_SHA: commit, STERNA_DIRECTORY: "infrastructure/shop" });

    // THEN
    expect(await below.review("shop-staging")).toBe("from below");
  });

  it.each([
    ["takes a review of the head that was merged", "refs/merge-requests/10/head", HEAD, true],
    ["takes a review of merged results", "refs/merge-requests/10/merge", "f".repeat(40), true],
    ["takes no review of an earlier head", "refs/merge-requests/10/head", "f".repeat(40), false],
  ])("%s", async (_name, ref, sha, isTaken) => {
    // GIVEN
    const commit = "1".repeat(40);
    for (const list of [gitlab.requests, gitlab.pipelines, gitlab.jobs]) list.length = 0;
    const branches = { target_branch: "main", source_branch: "head" };
    gitlab.requests.push({ iid: 10, state: "merged", ...branches, commit, sha: HEAD });
    gitlab.pipelines.push({ id: 6, request: 10, source: "merge_request_event", ref, sha });
    gitlab.jobs.push({ id: 61, pipeline: 6, name: "sterna-plan-shop-staging", review: "reviewed" });

    // WHEN
    const review = await job({ CI_COMMIT_SHA: commit })
      .review("shop-staging")
      .catch((error: { code: string }) => error.code);

    // THEN
    expect(review).toBe(isTaken ? "reviewed" : "ReviewMissing");
  });

  it("takes no review from a pipeline of a fork", async () => {
    // GIVEN
    const commit = "e".repeat(40);
    gitlab.requests.push({ iid: 9, state: "merged", target_branch: "main", source_branch: "fork", commit });
    gitlab.pipelines.push({ id: 5, request: 9, source: "merge_request_event", project_id: 666 });
    gitlab.jobs.push({ id: 51, pipeline: 5, name: "sterna-plan-shop-staging", review: "of a fork" });

    // THEN
    await expect(job({ CI_COMMIT_SHA: commit }).review("shop-staging")).rejects.toMatchObject({
      code: "ReviewMissing",
    });
  });

  it("says so when something answers that is not GitLab", async () => {
    const portal = createServer((_request, response) => response.end("<html>Please log in</html>"));
    await once(portal.listen(0, "127.0.0.1"), "listening");
    const address = `http://127.0.0.1:${(portal.address() as AddressInfo).port}`;

    const failure = await job({ CI_API_V4_URL: address })
      .review("shop-staging")
      .catch((error: Error) => error);
    portal.close();

    expect(failure).toMatchObject({ code: "ForgeFailed", message: expect.stringContaining("Please log in") });
  });

  it("opens one merge request for a branch", async () => {
    const proposal = { branch: "sterna/promote-shop-staging-1.0.0", title: "Promote", body: "" };

    const [first, second] = [await job().propose(proposal), await job().propose(proposal)];

    expect(first).toBe(second);
    expect(gitlab.requests.filter(({ source_branch }) => source_branch === proposal.branch)).toHaveLength(1);
  });
});
