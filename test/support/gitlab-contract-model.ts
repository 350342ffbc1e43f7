import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A contract model of some operations of GitLab's REST API: it behaves as its documentation says, and nobody has compared
 * it with the real service. Modelled: notes of a merge request, issues by label, the merge requests of a commit and of a
 * branch, the pipelines of a merge request, newest first, their jobs, and one file of a job's artifacts.
 *
 * Sources: https://docs.gitlab.com/api: "Notes", "Issues", "Commits", "Merge requests", "Jobs", "Job artifacts".
 */
export class GitLabContractModel {
  readonly notes: { readonly id: number; body: string }[] = [];
  readonly issues: { iid: number; title: string; description: string; state: string; labels: string }[] = [];
  readonly requests: {
    readonly iid: number;
    readonly state: string;
    readonly target_branch: string;
    readonly source_branch: string;
    readonly commit: string;
  }[] = [];
  readonly pipelines: { readonly id: number; readonly request: number; readonly source: string }[] = [];
  readonly jobs: { readonly id: number; readonly pipeline: number; readonly name: string; readonly review: string }[] =
    [];
  readonly token = "project-token";
  private readonly server = createServer((request, response) => {
    void this.answer(request).then(({ status, body, text }) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(text ?? JSON.stringify(body));
    });
  });

  static async start(): Promise<GitLabContractModel> {
    const model = new GitLabContractModel();
    model.server.listen(0, "127.0.0.1");
    await once(model.server, "listening");
    return model;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }

  /** The variables that a job gets. */
  variables(change: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      GITLAB_CI: "true",
      CI_API_V4_URL: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api/v4`,
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

  private async answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url!, "http://127.0.0.1");
    if (request.headers["private-token"] !== this.token) return { status: 401, body: { message: "401 Unauthorized" } };
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
      return add(this.notes, { id: this.notes.length + 1, body: body.body! });
    if ((found = is(/^PUT \/merge_requests\/\d+\/notes\/(\d+)$/))) {
      return {
        status: 200,
        body: Object.assign(
          this.notes.find(({ id }) => String(id) === found)!,
          body,
        ),
      };
    }
    if (call === "GET /issues") return page(this.issues.filter(({ state }) => state === query.get("state")));
    if (call === "POST /issues") {
      const { title = "", description = "", labels = "" } = body;
      return add(this.issues, { iid: this.issues.length + 1, title, description, labels, state: "opened" });
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
    if ((found = is(/^GET \/jobs\/(\d+)\/artifacts\/sterna-ci\/review\.json$/))) {
      return { status: 200, text: this.jobs.find(({ id }) => String(id) === found)!.review };
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
}

function add<T extends object>(all: T[], element: T): Answer {
  all.push(element);
  return { status: 201, body: "iid" in element ? withUrl(element as T & { readonly iid: number }) : element };
}

function withUrl<T extends { readonly iid: number }>(element: T): T & { readonly web_url: string } {
  return { ...element, web_url: `https://gitlab.example.org/${element.iid}` };
}
