import type { PromotionReport, ProofClass } from "../../promotion-report";
import { html, type Markup } from "../markup";
import { titleOf, outlineOf } from "../outline";
import { type Detail, type Entry, type Section, type Tone } from "../entry";
import { valueText } from "../text";
import { renderPage, timeMarkup } from "./page";

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

/** Entries above which a list is folded as a whole. */
const LONG_LIST = 100;

const PROOF_TONES: Readonly<Record<ProofClass, Tone>> = {
  PROVEN: "add",
  DIFFERS: "destroy",
  "ONLY-HERE": "change",
  MISSING: "change",
};

/** One section with all its entries. */
function sectionMarkup({ id, title, ordered, entries }: Section): Markup {
  const items = entries.map((entry, index) => entryMarkup(entry, ordered ? index + 1 : undefined));
  const list = ordered
    ? html`<ol>
        ${items}
      </ol>`
    : html`<ul>
        ${items}
      </ul>`;
  const count = entries.length.toLocaleString("en");
  const body =
    entries.length > LONG_LIST
      ? html`<details class="long">
          <summary>Show all ${count}</summary>
          ${list}
        </details>`
      : list;
  const look = id === "refusals" || id === "open-gates" ? "refused" : "plain";
  return html`<section id="${id}" class="${look}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title} <span class="faint">(${count})</span></h2>
    ${body}
  </section> `;
}

/** A word on a tinted ground. */
export function tag(tone: Tone, text: string): Markup {
  return html`<span class="tag ${tone}">${text}</span>`;
}

function entryMarkup(entry: Entry, place: number | undefined): Markup {
  const row = rowMarkup(entry, place);
  const all = entry.details;
  if (all.length === 0) return html`<li class="entry"><div class="row">${row}</div></li>`;
  const details = html`<ul class="details">
    ${all.map(detailMarkup)}
  </ul>`;
  const summary = html`<summary class="row">${row}</summary>`;
  return entry.important
    ? html`<li class="entry"><details open>${summary}${details}</details></li>`
    : html`<li class="entry"><details>${summary}${details}</details></li>`;
}

function rowMarkup({ name, title, action, tone, sign, proof }: Entry, place: number | undefined): Markup {
  const number = place !== undefined && html`<span class="place">${place}.</span>`;
  const label = title !== undefined && html`<span class="title">${title}</span>`;
  const tags = [action !== "" && tag(tone, action), proof !== undefined && tag(PROOF_TONES[proof], proof)];
  return html`<span class="sign ${tone}" aria-hidden="true">${sign}</span
    ><span>${number}<code>${name}</code>${label}</span><span class="tags">${tags}</span>`;
}

function detailMarkup(detail: Detail): Markup {
  if (detail.kind === "note") return html`<li>${detail.text}</li>`;
  if (detail.kind === "code") return html`<li><code>${detail.text}</code></li>`;
  const { path, before, after, forcesReplacement } = detail.change;
  const why = forcesReplacement && html` ${tag("destroy", "forces replacement")}`;
  const name = html`<code>${path === "" ? "value" : path}</code>`;
  const was = html`<code class="before">${valueText(before)}</code>`;
  const is = html`<code class="after">${valueText(after)}</code>`;
  if (before.kind === "absent") return html`<li>${name}: ${is}${why}</li>`;
  if (after.kind === "absent") return html`<li>${name}: ${was} is removed${why}</li>`;
  return html`<li>
    ${name}: ${was}<span class="arrow" aria-hidden="true">→</span><span class="hidden-text">becomes</span>${is}${why}
  </li>`;
}
