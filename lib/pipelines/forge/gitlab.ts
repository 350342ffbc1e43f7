import { strFromU8 } from "fflate";
import { z } from "zod";
import { fromTop, REVIEW } from "../pipeline";
import { ForgeApi } from "./api";
import { type Forge, type Proposal, type Remote, remoteOf, reviewMissing, variable } from "./forge";
import { planJobName } from "../gitlab-files";

const LABEL = "sterna";

const posted = z.looseObject({ web_url: z.string() });
const note = z.looseObject({ id: z.number(), body: z.string() });
const user = z.looseObject({ id: z.number() });
const notes = z.array(note.extend({ author: user }));
const issues = z.array(z.looseObject({ iid: z.number(), description: z.string().nullish() }));
const mergeRequests = z.array(
  z.looseObject({
    iid: z.number(),
    state: z.string(),
    target_branch: z.string(),
    web_url: z.string(),
    sha: z.string().nullish(),
  }),
);
const pipelines = z.array(
  z.looseObject({
    id: z.number(),
    project_id: z.number().nullish(),
    source: z.string().nullish(),
    ref: z.string().nullish(),
    sha: z.string().nullish(),
  }),
);
const jobs = z.array(z.looseObject({ id: z.number(), name: z.string(), artifacts_file: z.unknown().optional() }));

/**
 * A job on GitLab CI. A project access token with the scope `api` is in STERNA_GITLAB_TOKEN: the job's own token cannot
 * access merge requests (https://gitlab.com/gitlab-org/gitlab/-/issues/545150).
 */
export class GitLab implements Forge {
  readonly run: string;
  private readonly api: ForgeApi;
  private readonly server: ForgeApi;
  private readonly project: string;

  constructor(private readonly variables: NodeJS.ProcessEnv) {
    this.run = variable(variables, "CI_JOB_URL");
    this.project = variable(variables, "CI_PROJECT_ID");
    const address = variable(variables, "CI_API_V4_URL");
    const headers = {
      authorization: `Bearer ${variable(variables, "STERNA_GITLAB_TOKEN")}`,
      "user-agent": "sterna",
    };
    this.server = new ForgeApi(address, headers);
    this.api = new ForgeApi(`${address}/projects/${encodeURIComponent(this.project)}`, headers);
  }

  async comment(mark: string, body: string): Promise<string> {
    const request = `/merge_requests/${variable(this.variables, "CI_MERGE_REQUEST_IID")}`;
    // Another user who posted the same mark first could later edit what a job writes there.
    const own = await this.server.json("/user", user);
    const isWanted = ({ body: text, author }: z.output<typeof notes>[number]) =>
      author.id === own.id && text.startsWith(mark);
    const found = await this.api.find(`${request}/notes`, notes, {}, isWanted);
    const text = { body: `${mark}\n${body}` };
    const { id } = found
      ? await this.api.json(`${request}/notes/${found.id}`, note, { method: "PUT", body: text })
      : await this.api.json(`${request}/notes`, note, { method: "POST", body: text });
    return `${variable(this.variables, "CI_PROJECT_URL")}/-${request}#note_${id}`;
  }

  async openIssue(mark: string, title: string, body: string): Promise<string> {
    const found = await this.findIssue(mark);
    const text = { title, description: `${mark}\n${body}` };
    const answer = found
      ? await this.api.json(`/issues/${found.iid}`, posted, { method: "PUT", body: text })
      : await this.api.json("/issues", posted, { method: "POST", body: { ...text, labels: LABEL } });
    return answer.web_url;
  }

  async closeIssue(mark: string): Promise<string | undefined> {
    const found = await this.findIssue(mark);
    if (found === undefined) return undefined;
    const request = { method: "PUT", body: { state_event: "close" } } as const;
    return (await this.api.json(`/issues/${found.iid}`, posted, request)).web_url;
  }

  /** The last pipeline of the merge request, which was required for the merge. */
  async review(stack: string): Promise<string> {
    const [commit, branch] = [variable(this.variables, "CI_COMMIT_SHA"), variable(this.variables, "CI_COMMIT_BRANCH")];
    const isMerged = (each: z.output<typeof mergeRequests>[number]) =>
      each.state === "merged" && each.target_branch === branch;
    const request = await this.api.find(`/repository/commits/${commit}/merge_requests`, mergeRequests, {}, isMerged);
    if (request === undefined) throw reviewMissing(stack, `commit ${commit} came by no merge request`);
    // A fork has its own pipelines, with jobs that may have the same names.
    const ofRequest = ({ source, project_id }: z.output<typeof pipelines>[number]) =>
      source === "merge_request_event" && String(project_id ?? this.project) === this.project;
    const pipeline = await this.api.find(`/merge_requests/${request.iid}/pipelines`, pipelines, {}, ofRequest);
    // For merged results, the commit of the pipeline is one that was never pushed.
    if (pipeline?.ref?.endsWith("/head") && request.sha && pipeline.sha !== request.sha) {
      throw reviewMissing(stack, `the last pipeline of !${request.iid} is not of ${request.sha}, which was merged`);
    }
    const job =
      pipeline &&
      (await this.api.find(`/pipelines/${pipeline.id}/jobs`, jobs, {}, ({ name, artifacts_file }) => {
        return name === planJobName(stack) && !!artifacts_file;
      }));
    if (job === undefined) throw reviewMissing(stack, `the last pipeline of !${request.iid} has none, or no longer`);
    const path = fromTop({ directory: this.variables.STERNA_DIRECTORY || "." }, REVIEW);
    return strFromU8(await this.api.bytes(`/jobs/${job.id}/artifacts/${path}`));
  }

  async propose({ branch, title, body }: Proposal): Promise<string> {
    const target = variable(this.variables, "CI_COMMIT_BRANCH");
    const query = { state: "opened", source_branch: branch, target_branch: target };
    const found = await this.api.find("/merge_requests", mergeRequests, query, () => true);
    if (found !== undefined) return found.web_url;
    const request = { title, description: body, source_branch: branch, target_branch: target };
    return (await this.api.json("/merge_requests", posted, { method: "POST", body: request })).web_url;
  }

  get remote(): Remote {
    const [server, path] = [variable(this.variables, "CI_SERVER_URL"), variable(this.variables, "CI_PROJECT_PATH")];
    return remoteOf(server, path, "oauth2", variable(this.variables, "STERNA_GITLAB_TOKEN"));
  }

  private findIssue(mark: string) {
    const query = { state: "opened", labels: LABEL, scope: "created_by_me" };
    return this.api.find("/issues", issues, query, ({ description }) => description?.startsWith(mark) ?? false);
  }
}
