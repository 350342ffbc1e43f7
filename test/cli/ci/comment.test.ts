import { describe, expect, it } from "@jest/globals";
import { fitComment, markOf } from "../../../lib/pipelines/forge/forge-jobs";
import { COMMENT_LIMIT } from "../../../lib/promotion/report/markdown";

const RUN = "https://github.example.org/run/1";

describe("a comment on a pull request", () => {
  it("says which run wrote it", () => {
    expect(fitComment("### report\n", markOf("plan of shop"), RUN)).toBe(`### report\n\n[Run](${RUN})\n`);
  });

  it("is cut at a line, with its blocks closed, where a report fills all of the room", () => {
    // GIVEN
    const report = `### report\n<details><summary>x</summary>\n\n\`\`\`diff\n${"+ line\n".repeat(12_000)}`;
    const mark = markOf("plan of shop-staging");

    // WHEN
    const text = fitComment(report.slice(0, COMMENT_LIMIT), mark, RUN);

    // THEN
    const posted = `${mark}\n${text}`;
    expect(posted.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(posted.length).toBeGreaterThan(COMMENT_LIMIT - 20);
    expect(posted).toContain("\n+ line\n```\n\n</details>\n\nThe rest did not fit");
  });

  it("is found again by a first line that no subject can end or break", () => {
    expect(markOf("plan of shop")).toBe("<!-- sterna: plan of shop -->");
    expect(markOf("a --> <b>\n")).toBe("<!-- sterna: a ___ _b__ -->");
  });
});
