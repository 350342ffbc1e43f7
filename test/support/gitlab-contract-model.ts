import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path/posix";
import { LoopbackServer } from "./loopback-server";

/**
 * A contract model of some operations of GitLab's REST API: it behaves as its documentation says, and nobody has compared
 * it with the real service. Modeled: notes of a merge request, issues by label, the merge requests of a commit and of a
 * branch, the pipelines of a merge request, newest first, their jobs, and one file of a job's artifacts, which may be kept
 * in a store of another host, which must get no token.
 *
 * Sources: https://docs.gitlab.com/api: "Notes", "Issues", "Commits", "Merge requests", "Jobs", "Job artifacts".
 */
export class GitLabContractModel {
  readonly notes: { readonly id: number; body: string; readonly author: Author }[] = [];
  readonly issues: {
    iid: number;
    title: string;
    description: string;
    state: string;
    labels: string;
    readonly author: Author;
  }[] = [];
  readonly requests: {
    readonly iid: number;
    readonly state: string;
    readonly target_branch: string;
    readonly source_branch: string;
    readonly commit: string;
    /** Head of the source branch. */
    readonly sha?: string;
  }[] = [];
  readonly pipelines: {
    readonly id: number;
    readonly request: number;
    readonly source: string;
    readonly project_id?: number;
    readonly ref?: string;
    readonly sha?: string;
  }[] = [];
  readonly jobs: {
    readonly id: number;
    readonly pipeline: number;
    readonly name: string;
    readonly review: string;
    /** Folder of the project, from the top of the repository. */
    readonly directory?: string;
  }[] = [];
  readonly token = "project-token";
  private server!: LoopbackServer;

  static async start(): Promise<GitLabContractModel> {
    const model = new GitLabContractModel();
    model.server = await LoopbackServer.start((request, response) => model.respond(request, response));
    return model;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  /** The variables that a job gets. */
  variables(change: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      GITLAB_CI: "true",
      CI_API_V4_URL: `${this.server.address}/api/v4`,
      CI_SERVER_URL: "https://gitlab.example.org",
      CI_PROJECT_ID: "42",
      CI_PROJECT_URL: "https://gitlab.example.org/example/shop",
      CI_JOB_URL: "https://gitlab.example.org/example/shop/-/jobs/1",
      CI_COMMIT_BRANCH: "main",
      CI_DEFAULT_BRANCH: "main",
      STERNA_GITLAB_TOKEN: this.token,
      ...change,
    };
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, text, location } = await this.answer(request);
    response.writeHead(status, { ...(location && { location }), "content-type": "application/json" });
    response.end(text ?? JSON.stringify(body));
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url!, "http://127.0.0.1");
    if (url.pathname.startsWith("/store/")) return this.download(request, url.pathname.slice("/store/".length));
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      return { status: 401, body: { message: "401 Unauthorized" } };
    }
    if (url.pathname === "/api/v4/user") return { status: 200, body: SELF };
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>);
    const path = url.pathname.slice("/api/v4/projects/42".length);
    return this.route(`${request.method} ${path}`, url.searchParams, body) ?? { status: 404, body: {} };
  }

  private route(call: string, query: URLSearchParams, body: Record<string, string>): Answer | undefined {
    const page = (all: readonly unknown[]): Answer => {
      const size = Number(query.get("per_page") ?? 20);
      const first = (Number(query.get("page") ?? 1) - 1) * size;
      return { status: 200, body: all.slice(first, first + size) };
    };
    const is = (pattern: RegExp) => pattern.exec(call)?.[1];
    let found: string | undefined;
    if (is(/^GET \/merge_requests\/(\d+)\/notes$/)) return page(this.notes);
    if (is(/^POST \/merge_requests\/(\d+)\/notes$/))
      return add(this.notes, { id: this.notes.length + 1, body: body.body!, author: SELF });
    if ((found = is(/^PUT \/merge_requests\/\d+\/notes\/(\d+)$/))) {
      const note = this.notes.find(({ id }) => String(id) === found)!;
      if (note.author.id !== SELF.id) return { status: 403, body: { message: "403 Forbidden" } };
      return { status: 200, body: Object.assign(note, body) };
    }
    if (call === "GET /issues") {
      const isMine = ({ author }: { readonly author: Author }) => author.id === SELF.id;
      const shown = query.get("scope") === "created_by_me" ? this.issues.filter(isMine) : this.issues;
      return page(shown.filter(({ state }) => state === query.get("state")));
    }
    if (call === "POST /issues") {
      const { title = "", description = "", labels = "" } = body;
      return add(this.issues, {
        iid: this.issues.length + 1,
        title,
        description,
        labels,
        state: "opened",
        author: SELF,
      });
    }
    if ((found = is(/^PUT \/issues\/(\d+)$/))) return this.changeIssue(Number(found), body);
    if ((found = is(/^GET \/repository\/commits\/(\w+)\/merge_requests$/))) {
      return page(this.requests.filter(({ commit }) => commit === found).map(withUrl));
    }
    if ((found = is(/^GET \/merge_requests\/(\d+)\/pipelines$/))) {
      return page(this.pipelines.filter(({ request }) => String(request) === found));
    }
    if ((found = is(/^GET \/pipelines\/(\d+)\/jobs$/))) {
      const jobs = this.jobs.filter(({ pipeline }) => String(pipeline) === found);
      return page(jobs.map(({ id, name }) => ({ id, name, artifacts_file: { filename: "artifacts.zip" } })));
    }
    const [, wanted, path] = /^GET \/jobs\/(\d+)\/artifacts\/(.+)$/.exec(call) ?? [];
    const job = this.jobs.find(({ id }) => String(id) === wanted);
    if (job !== undefined && path === join(job.directory ?? "", "sterna-ci/review.json")) {
      // Another host, as far as a client can tell.
      return { status: 302, location: `${this.server.address.replace("127.0.0.1", "localhost")}/store/${wanted}` };
    }
    if (call === "GET /merge_requests") {
      const branch = query.get("source_branch");
      return page(
        this.requests.filter((each) => each.state === query.get("state") && each.source_branch === branch).map(withUrl),
      );
    }
    if (call === "POST /merge_requests") {
      const { source_branch = "", target_branch = "" } = body;
      const request = { iid: 100, state: "opened", commit: "", source_branch, target_branch };
      this.requests.push(request);
      return { status: 201, body: withUrl(request) };
    }
    return undefined;
  }

  private download({ headers }: IncomingMessage, job: string): Answer {
    if (headers.authorization !== undefined || headers["private-token"] !== undefined) {
      return { status: 400, body: { message: "a token where none belongs" } };
    }
    return { status: 200, text: this.jobs.find(({ id }) => String(id) === job)!.review };
  }

  private changeIssue(iid: number, { state_event, ...change }: Record<string, string>): Answer {
    const issue = this.issues.find((each) => each.iid === iid)!;
    Object.assign(issue, change, state_event === "close" ? { state: "closed" } : {});
    return { status: 200, body: withUrl(issue) };
  }
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
  readonly location?: string;
}

interface Author {
  readonly id: number;
}

/** The account of the token. */
const SELF: Author = { id: 1 };

function add<T extends object>(all: T[], element: T): Answer {
  all.push(element);
  return { status: 201, body: "iid" in element ? withUrl(element as T & { readonly iid: number }) : element };
}

function withUrl<T extends { readonly iid: number }>(element: T): T & { readonly web_url: string } {
  return { ...element, web_url: `https://gitlab.example.org/${element.iid}` };
}
