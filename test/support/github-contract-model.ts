import type { IncomingMessage, ServerResponse } from "node:http";
import { strToU8, zipSync } from "fflate";
import { LoopbackServer } from "./loopback-server";

/** Who wrote something; a job's token stands for a bot. */
interface Author {
  readonly type: "Bot" | "User";
}

interface Comment {
  readonly id: number;
  body: string;
  readonly user?: Author;
}

interface Issue {
  readonly number: number;
  title: string;
  body: string;
  state: string;
  readonly labels: readonly string[];
  readonly user?: Author;
}

interface Pull {
  readonly number: number;
  readonly title: string;
  readonly merged_at: string | null;
  readonly head: { readonly sha: string; readonly ref: string };
  readonly base: { readonly ref: string };
  /** The commit on the branch that the merge made. */
  readonly merge: string;
}

interface Artifact {
  readonly id: number;
  readonly name: string;
  readonly expired: boolean;
  readonly created_at: string;
  readonly headSha: string;
  readonly workflow: string;
  readonly event: string;
  /** Nothing when the fork is deleted. */
  readonly repository: string | null;
  readonly files: Readonly<Record<string, string>>;
}

const REPOSITORY = "example/shop";

/**
 * A contract model of some operations of GitHub's REST API: it behaves as its documentation says, and nobody has compared
 * it with the real service. Modeled: comments of a pull request, issues by label, the pull requests of a commit and of a
 * branch, artifacts by name, the run of an artifact, the redirect to the store of artifacts, which must get no token.
 *
 * Sources: https://docs.github.com/en/rest: "Issue comments", "Issues", "Commits", "Pull requests", "Actions artifacts",
 * "Workflow runs".
 */
export class GitHubContractModel {
  readonly comments: Comment[] = [];
  readonly issues: Issue[] = [];
  readonly pulls: Pull[] = [];
  readonly artifacts: Artifact[] = [];
  private readonly outages: { readonly method: string; readonly status: number }[] = [];
  /** The token that each request must carry. */
  readonly token = "job-token";
  private server!: LoopbackServer;

  static async start(): Promise<GitHubContractModel> {
    const model = new GitHubContractModel();
    model.server = await LoopbackServer.start((request, response) => model.respond(request, response));
    return model;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  /** The variables that a job gets. */
  variables(change: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      GITHUB_ACTIONS: "true",
      GITHUB_API_URL: this.server.address,
      GITHUB_SERVER_URL: "https://github.example.org",
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_RUN_ID: "77",
      GITHUB_TOKEN: this.token,
      GITHUB_REF: "refs/heads/main",
      GITHUB_REF_NAME: "main",
      ...change,
    };
  }

  /** Answers the next requests of a method with these statuses, whatever they ask for. */
  failAt(method: string, ...statuses: readonly number[]): void {
    this.outages.push(...statuses.map((status) => ({ method, status })));
  }

  addArtifact(artifact: Partial<Artifact> & Pick<Artifact, "name" | "headSha" | "files">): void {
    this.artifacts.push({
      id: this.artifacts.length + 500,
      expired: false,
      created_at: new Date(Date.UTC(2026, 0, 1, 0, 0, this.artifacts.length)).toISOString(),
      workflow: ".github/workflows/sterna-plan.yml",
      event: "pull_request",
      repository: REPOSITORY,
      ...artifact,
    });
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, location, bytes } = await this.answer(request);
    response.writeHead(status, { ...(location && { location }), "content-type": "application/json" });
    response.end(bytes ?? (body === undefined ? "" : JSON.stringify(body)));
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url!, this.server.address);
    if (url.pathname.startsWith("/store/")) return this.download(request, Number(url.pathname.slice("/store/".length)));
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return { status: 401, body: { message: "Bad credentials" } };
    const outage = this.outages.findIndex(({ method }) => method === request.method);
    if (outage >= 0) return { status: this.outages.splice(outage, 1)[0]!.status, body: { message: "try again later" } };
    const path = url.pathname.slice(`/repos/${REPOSITORY}`.length);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Body);
    return (
      this.route(`${request.method} ${path}`, url.searchParams, body) ?? { status: 404, body: { message: "Not Found" } }
    );
  }

  private route(call: string, query: URLSearchParams, body: Body): Answer | undefined {
    const page = <T>(all: readonly T[]) => {
      const size = Number(query.get("per_page") ?? 30);
      const first = (Number(query.get("page") ?? 1) - 1) * size;
      return { status: 200, body: all.slice(first, first + size) };
    };
    const is = (pattern: RegExp) => pattern.exec(call)?.[1];
    let found: string | undefined;
    if (is(/^GET \/issues\/(\d+)\/comments$/)) return page(this.comments);
    if (is(/^POST \/issues\/(\d+)\/comments$/)) return this.addComment(body);
    if ((found = is(/^PATCH \/issues\/comments\/(\d+)$/))) return this.change(this.comments, "id", found, body);
    if (call === "GET /issues") {
      const label = query.get("labels") ?? "";
      return page(this.issues.filter((issue) => issue.state === query.get("state") && issue.labels.includes(label)));
    }
    if (call === "POST /issues") return this.addIssue(body);
    if ((found = is(/^PATCH \/issues\/(\d+)$/))) return this.change(this.issues, "number", found, body);
    if ((found = is(/^GET \/commits\/(\w+)\/pulls$/))) {
      return page(this.pulls.filter(({ merge, head }) => merge === found || head.sha === found).map(withUrl));
    }
    if (call === "GET /pulls") {
      const head = query.get("head");
      return page(this.pulls.filter((pull) => !pull.merged_at && `example:${pull.head.ref}` === head).map(withUrl));
    }
    if (call === "POST /pulls") return this.addPull(body);
    if (call === "GET /actions/artifacts") return this.listArtifacts(query.get("name"), page);
    if ((found = is(/^GET \/actions\/runs\/(\d+)$/))) return this.run(Number(found) - 1000);
    if ((found = is(/^GET \/actions\/artifacts\/(\d+)\/zip$/))) {
      // Another host, as far as a client can tell.
      return { status: 302, location: `${this.server.address.replace("127.0.0.1", "localhost")}/store/${found}` };
    }
    return undefined;
  }

  private addComment({ body = "" }: Body): Answer {
    if (body.length > 65_536) return { status: 422, body: { message: "too long" } };
    this.comments.push({ id: this.comments.length + 1, body, user: { type: "Bot" } });
    return { status: 201, body: { html_url: `https://github.example.org/comment/${this.comments.length}` } };
  }

  private addIssue({ title = "", body = "", labels = [] }: Body): Answer {
    this.issues.push({ number: this.issues.length + 1, title, body, labels, state: "open", user: { type: "Bot" } });
    return { status: 201, body: { html_url: `https://github.example.org/issues/${this.issues.length}` } };
  }

  private addPull({ title = "", head = "", base = "" }: Body): Answer {
    const pull = {
      number: this.pulls.length + 1,
      title,
      merged_at: null,
      merge: "",
      head: { sha: "", ref: head },
      base: { ref: base },
    };
    this.pulls.push(pull);
    return { status: 201, body: withUrl(pull) };
  }

  private change<T extends object>(all: readonly T[], key: keyof T, value: string, change: object): Answer {
    const found = all.find((each) => String(each[key]) === value);
    if (found === undefined) return { status: 404, body: { message: "Not Found" } };
    Object.assign(found, change);
    return { status: 200, body: { html_url: `https://github.example.org/${value}` } };
  }

  private listArtifacts(name: string | null, page: (all: readonly object[]) => Answer): Answer {
    const artifacts = this.artifacts.filter((artifact) => artifact.name === name);
    const answer = artifacts.map(({ id, expired, created_at, headSha }) => {
      return { id, expired, created_at, workflow_run: { id: id + 1000, head_sha: headSha } };
    });
    return { status: 200, body: { total_count: answer.length, artifacts: page(answer.reverse()).body } };
  }

  private run(artifact: number): Answer {
    const { workflow, event, repository } = this.artifacts.find(({ id }) => id === artifact)!;
    const head_repository = repository === null ? null : { full_name: repository };
    return { status: 200, body: { path: workflow, event, head_repository } };
  }

  private download({ headers }: IncomingMessage, artifact: number): Answer {
    if (headers.authorization !== undefined) return { status: 400, body: { message: "a token where none belongs" } };
    const { files } = this.artifacts.find(({ id }) => id === artifact)!;
    const bytes = zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
    return { status: 200, bytes: Buffer.from(bytes) };
  }
}

/** What a request may say. */
interface Body {
  readonly title?: string;
  readonly body?: string;
  readonly labels?: readonly string[];
  readonly head?: string;
  readonly base?: string;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly location?: string;
  readonly bytes?: Buffer;
}

function withUrl<T extends { readonly number: number }>(pull: T): T & { readonly html_url: string } {
  return { ...pull, html_url: `https://github.example.org/pull/${pull.number}` };
}
