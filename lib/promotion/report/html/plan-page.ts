import type { PromotionReport } from "../../promotion-report";
import { titleOf } from "../headline";
import { outlineOf } from "../outline";
import { html, type Markup } from "./markup";
import { renderPage } from "./page";
import { sectionMarkup, tag } from "./sections";
import { timeMarkup } from "./time";

/** A report as one page that needs nothing but a browser. */
export function renderHtml(report: PromotionReport): string {
  const { headline, sections } = outlineOf(report);
  const { verdict, extent, proof } = headline;
  return renderPage({
    title: titleOf(headline),
    banner: html`<p class="verdict ${verdict.tone}">${verdict.text}</p>
      <p>${extent}</p>
      ${proof !== undefined && html`<p>Compared with ${proof.environment}: ${proof.text}</p>`}`,
    contents: [
      ["environments", "Environments"],
      ...sections.map(({ id, title, entries }) => [id, `${title} (${entries.length.toLocaleString("en")})`] as const),
    ],
    main: [lanesMarkup(report), ...sections.map(sectionMarkup)],
    footer: html`<p>
      Planned at ${timeMarkup(report.plannedAt)} by Sterna ${report.versions.sterna} with Terraform
      ${report.versions.terraform}. Sensitive values are not part of this page.
    </p>`,
  });
}

function lanesMarkup({ chain, environment, system }: PromotionReport): Markup {
  const lanes = chain.map((lane) => {
    const content = html`<h3>${lane.environment} ${lane.protected && tag("change", "protected")}</h3>
      <p>
        <span class="release">${lane.release}</span> ${lane.environment === environment && tag("calm", "this plan")}
      </p>
      <p class="faint">
        ${lane.applied === undefined ? "no apply on record" : `${lane.applied} applied`}
        ${lane.appliedAt !== undefined && timeMarkup(lane.appliedAt)}
      </p>`;
    return lane.environment === environment
      ? html`<li class="lane" aria-current="true">${content}</li>`
      : html`<li class="lane">${content}</li>`;
  });
  return html`<section id="environments" aria-labelledby="environments-title">
    <h2 id="environments-title">${system} in its environments</h2>
    <ol class="lanes">
      ${lanes}
    </ol>
  </section> `;
}
