import { strFromU8, unzipSync } from "fflate";
import { z } from "zod";
import { SternaError } from "../../core/errors";
import { REVIEW_ARTIFACT } from "../pipeline";
import { WORKFLOWS } from "../github/jobs";
import { ForgeApi, PAGE } from "./api";
import { type Forge, type Proposal, type Remote, remoteOf, reviewMissing, variable } from "./forge";

const LABEL = "sterna";
const REVIEW_FILE = "review.json";

const posted = z.looseObject({ html_url: z.string() });
const user = z.looseObject({ type: z.string() }).nullish();
const comments = z.array(z.looseObject({ id: z.number(), body: z.string().nullish(), user }));
const issues = z.array(
  z.looseObject({ number: z.number(), body: z.string().nullish(), user, pull_request: z.unknown().optional() }),
);
const pulls = z.array(
  z.looseObject({
    number: z.number(),
    html_url: z.string(),
    merged_at: z.string().nullish(),
    head: z.looseObject({ sha: z.string(), ref: z.string() }),
    base: z.looseObject({ ref: z.string() }),
  }),
);
const artifacts = z.looseObject({
  artifacts: z.array(
    z.looseObject({
      id: z.number(),
      expired: z.boolean(),
      created_at: z.string().nullish(),
      workflow_run: z.looseObject({ id: z.number(), head_sha: z.string() }).nullish(),
    }),
  ),
});
const workflowRun = z.looseObject({
  path: z.string(),
  event: z.string(),
  /** Null if it was deleted. */
  head_repository: z.looseObject({ full_name: z.string() }).nullish(),
});

/** A job on GitHub Actions. Its token is in GITHUB_TOKEN. */
export class GitHub implements Forge {
  readonly run: string;
  private readonly api: ForgeApi;
  private readonly repository: string;

  constructor(private readonly variables: NodeJS.ProcessEnv) {
    this.repository = variable(variables, "GITHUB_REPOSITORY");
    this.run = `${variable(variables, "GITHUB_SERVER_URL")}/${this.repository}/actions/runs/${variable(variables, "GITHUB_RUN_ID")}`;
    this.api = new ForgeApi(`${variable(variables, "GITHUB_API_URL")}/repos/${this.repository}`, {
      authorization: `Bearer ${variable(variables, "GITHUB_TOKEN")}`,
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
      "user-agent": "sterna",
    });
  }

  async comment(mark: string, body: string): Promise<string> {
    const number = /^refs\/pull\/(\d+)\//.exec(variable(this.variables, "GITHUB_REF"))?.[1];
    if (number === undefined)
      throw new SternaError("ForgeUnknown", "this job is not of a pull request: there is nothing to comment on");
    const found = await this.api.find(`/issues/${number}/comments`, comments, {}, begins(mark));
    const request = found
      ? ([`/issues/comments/${found.id}`, "PATCH"] as const)
      : ([`/issues/${number}/comments`, "POST"] as const);
    const [path, method] = request;
    return (await this.api.json(path, posted, { method, body: { body: `${mark}\n${body}` } })).html_url;
  }

  async openIssue(mark: string, title: string, body: string): Promise<string> {
    const found = await this.findIssue(mark);
    const text = { title, body: `${mark}\n${body}` };
    const answer = found
      ? await this.api.json(`/issues/${found.number}`, posted, { method: "PATCH", body: text })
      : await this.api.json("/issues", posted, { method: "POST", body: { ...text, labels: [LABEL] } });
    return answer.html_url;
  }

  async closeIssue(mark: string): Promise<string | undefined> {
    const found = await this.findIssue(mark);
    if (found === undefined) return undefined;
    const body = { state: "closed", state_reason: "completed" };
    return (await this.api.json(`/issues/${found.number}`, posted, { method: "PATCH", body })).html_url;
  }

  /**
   * Every kind of merge creates a new commit. So the pull request is found by the commit
   * (https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit), and the artifact by
   * the reviewed head.
   */
  async review(stack: string): Promise<string> {
    const [commit, branch] = [variable(this.variables, "GITHUB_SHA"), variable(this.variables, "GITHUB_REF_NAME")];
    const isMerged = ({ merged_at, base }: z.output<typeof pulls>[number]) => !!merged_at && base.ref === branch;
    const pull = await this.api.find(`/commits/${commit}/pulls`, pulls, {}, isMerged);
    if (pull === undefined) throw reviewMissing(stack, `commit ${commit} came by no pull request`);
    const ofHead = (await this.artifactsOf(stack))
      .filter(({ expired, workflow_run }) => !expired && workflow_run?.head_sha === pull.head.sha)
      .sort((one, other) => (other.created_at ?? "").localeCompare(one.created_at ?? ""));
    for (const { id, workflow_run } of ofHead) {
      // Another workflow may store an artifact under the same name, in this repository or in a fork.
      const run = await this.api.json(`/actions/runs/${workflow_run!.id}`, workflowRun);
      const isOwn = run.path.split("@")[0] === WORKFLOWS.plan && run.event === "pull_request";
      if (!isOwn || run.head_repository?.full_name !== this.repository) continue;
      const file = unzipSync(await this.api.bytes(`/actions/artifacts/${id}/zip`))[REVIEW_FILE];
      if (file !== undefined) return strFromU8(file);
    }
    throw reviewMissing(stack, `#${pull.number} has none of ${pull.head.sha}, or no longer`);
  }

  async propose({ branch, title, body }: Proposal): Promise<string> {
    const base = variable(this.variables, "GITHUB_REF_NAME");
    const owner = this.repository.split("/")[0]!;
    const query = { state: "open", head: `${owner}:${branch}` };
    const found = await this.api.find("/pulls", pulls, query, ({ head }) => head.ref === branch);
    if (found !== undefined) return found.html_url;
    return (await this.api.json("/pulls", posted, { method: "POST", body: { title, body, head: branch, base } }))
      .html_url;
  }

  get remote(): Remote {
    const server = variable(this.variables, "GITHUB_SERVER_URL");
    return remoteOf(server, this.repository, "x-access-token", variable(this.variables, "GITHUB_TOKEN"));
  }

  /** All of them: there may be any number of others between a plan and its merge. */
  private async artifactsOf(stack: string): Promise<z.output<typeof artifacts>["artifacts"]> {
    const all: z.output<typeof artifacts>["artifacts"] = [];
    for (let page = 1; ; page++) {
      const query = { name: `${REVIEW_ARTIFACT}${stack}`, per_page: String(PAGE), page: String(page) };
      const found = await this.api.json("/actions/artifacts", artifacts, { query });
      all.push(...found.artifacts);
      if (found.artifacts.length < PAGE) return all;
    }
  }

  private findIssue(mark: string) {
    const isWanted = (issue: z.output<typeof issues>[number]) =>
      issue.pull_request === undefined && begins(mark)(issue);
    return this.api.find("/issues", issues, { state: "open", labels: LABEL }, isWanted);
  }
}

/** Only posts by a job: another user who posted the same mark first could later edit what a job writes there. */
function begins(mark: string): (posted: Posted) => boolean {
  return ({ body, user }) => user?.type === "Bot" && (body?.startsWith(mark) ?? false);
}

interface Posted {
  readonly body?: string | null | undefined;
  readonly user?: z.output<typeof user>;
}
