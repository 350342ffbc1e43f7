import { strFromU8 } from "fflate";
import { z } from "zod";
import { REVIEW } from "../pipeline";
import { ForgeApi } from "./api";
import type { Forge, Proposal, Remote } from "./forge";
import { remoteOf, reviewMissing, variable } from "./job-variables";
import { planJobName } from "../gitlab/names";

const LABEL = "sterna";

const posted = z.looseObject({ web_url: z.string() });
const note = z.looseObject({ id: z.number(), body: z.string() });
const notes = z.array(note);
const issues = z.array(z.looseObject({ iid: z.number(), description: z.string().nullish() }));
const mergeRequests = z.array(
  z.looseObject({ iid: z.number(), state: z.string(), target_branch: z.string(), web_url: z.string() }),
);
const pipelines = z.array(z.looseObject({ id: z.number(), source: z.string().nullish() }));
const jobs = z.array(z.looseObject({ id: z.number(), name: z.string(), artifacts_file: z.unknown().optional() }));

/**
 * A job of GitLab CI. A project access token with the scope `api` stands in STERNA_GITLAB_TOKEN: the job's own may not use
 * merge requests (https://gitlab.com/gitlab-org/gitlab/-/issues/545150).
 */
export class GitLab implements Forge {
  readonly run: string;
  private readonly api: ForgeApi;

  constructor(private readonly variables: NodeJS.ProcessEnv) {
    this.run = variable(variables, "CI_JOB_URL");
    const project = encodeURIComponent(variable(variables, "CI_PROJECT_ID"));
    this.api = new ForgeApi(`${variable(variables, "CI_API_V4_URL")}/projects/${project}`, {
      "private-token": variable(variables, "STERNA_GITLAB_TOKEN"),
      "user-agent": "sterna",
    });
  }

  async comment(mark: string, body: string): Promise<string> {
    const request = `/merge_requests/${variable(this.variables, "CI_MERGE_REQUEST_IID")}`;
    const found = await this.api.find(`${request}/notes`, notes, {}, (each) => each.body.startsWith(mark));
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

  /** The last pipeline of the merge request: what the merge would have been refused without. */
  async review(stack: string): Promise<string> {
    const [commit, branch] = [variable(this.variables, "CI_COMMIT_SHA"), variable(this.variables, "CI_COMMIT_BRANCH")];
    const isMerged = (each: z.output<typeof mergeRequests>[number]) =>
      each.state === "merged" && each.target_branch === branch;
    const request = await this.api.find(`/repository/commits/${commit}/merge_requests`, mergeRequests, {}, isMerged);
    if (request === undefined) throw reviewMissing(stack, `commit ${commit} came by no merge request`);
    const ofRequest = ({ source }: z.output<typeof pipelines>[number]) => source === "merge_request_event";
    const pipeline = await this.api.find(`/merge_requests/${request.iid}/pipelines`, pipelines, {}, ofRequest);
    const job =
      pipeline &&
      (await this.api.find(`/pipelines/${pipeline.id}/jobs`, jobs, {}, ({ name, artifacts_file }) => {
        return name === planJobName(stack) && !!artifacts_file;
      }));
    if (job === undefined) throw reviewMissing(stack, `the last pipeline of !${request.iid} has none, or no longer`);
    return strFromU8(await this.api.bytes(`/jobs/${job.id}/artifacts/${REVIEW}`));
  }

  async propose({ branch, title, body }: Proposal): Promise<string> {
    const target = variable(this.variables, "CI_DEFAULT_BRANCH");
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
    const query = { state: "opened", labels: LABEL };
    return this.api.find("/issues", issues, query, ({ description }) => description?.startsWith(mark) ?? false);
  }
}
