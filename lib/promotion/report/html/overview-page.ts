import { html, type Markup } from "../markup";
import { counted } from "../outline";
import { type Tone } from "../entry";
import {
  countSteps,
  rolloutSentence,
  stepsSentence,
  type EnvironmentOverview,
  type Overview,
  type ReportedApply,
  type ReportedRollout,
  type ReportedStepState,
} from "../overview";
import { renderPage, timeMarkup } from "./page";
import { tag } from "./plan-page";

const STATE_LOOKS = new Map<string, readonly [sign: string, tone: Tone]>([
  ["applied", ["✓", "add"]],
  ["pending", ["·", "calm"]],
  ["running", ["…", "change"]],
  ["undoing", ["↺", "change"]],
  ["failed", ["✗", "destroy"]],
  ["leftover", ["!", "destroy"]],
]);

/** All systems in all their environments, as one page that needs nothing but a browser. */
export function renderOverviewHtml({ systems, madeAt, sterna }: Overview): string {
  const environments = systems.reduce((sum, system) => sum + system.environments.length, 0);
  return renderPage({
    title: "What runs where",
    banner: html`<p>
      ${counted(systems.length, "system")}, ${counted(environments, "environment")}. Read at ${timeMarkup(madeAt)}.
    </p>`,
    contents: systems.map(({ system }, index) => [`system-${index}`, system] as const),
    main: systems.map(systemMarkup),
    footer: html`<p>Made by Sterna ${sterna} from pins, ledgers and records.</p>`,
  });
}

function systemMarkup({ system, environments }: Overview["systems"][number], index: number): Markup {
  const id = `system-${index}`;
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${system}</h2>
    <ol class="lanes">
      ${environments.map(laneMarkup)}
    </ol>
  </section>`;
}

function laneMarkup(lane: EnvironmentOverview): Markup {
  const { environment, release, applied, steps, unreadable, rollout, backups, applies } = lane;
  const { applied: done, waiting, wrong } = countSteps(steps);
  const parts = [
    { look: "done", share: done },
    { look: "wait", share: waiting },
    { look: "bad", share: wrong },
  ];
  return html`<li class="lane">
    <h3>${environment} ${lane.protected && tag("change", "protected")}</h3>
    <p><span class="release">${release}</span> ${pinTag(release, applied)}</p>
    ${unreadable.map((reason) => html`<p class="destroy">Cannot be read: ${reason}</p>`)}
    ${rollout !== undefined && rolloutMarkup(rollout)} ${barMarkup(stepsSentence(steps), parts)}
    <p>${stepsSentence(steps)}</p>
    ${backups.map(
      ({ name, next, schedule }) =>
        html`<dl class="facts">
          <dt>Next backup</dt>
          <dd>${next === undefined ? "unknown" : timeMarkup(next)}</dd>
          <dt>Schedule</dt>
          <dd>${schedule}</dd>
          <dt>Plan</dt>
          <dd><code>${name}</code></dd>
        </dl>`,
    )}
    ${steps.length > 0 && foldMarkup(`Steps (${steps.length})`, steps.map(stepMarkup))}
    ${applies.length > 0 && foldMarkup(`Last applies (${applies.length})`, applies.map(applyMarkup))}
  </li>`;
}

function pinTag(release: string, applied: string | undefined): Markup {
  if (applied === undefined) return tag("calm", "no apply on record");
  return applied === release ? tag("add", "applied") : tag("change", `pinned; ${applied} is applied`);
}

function rolloutMarkup(rollout: ReportedRollout): Markup {
  const parts = rollout.colors.map(({ color, weight }) => ({ look: color, share: weight }));
  return html`${barMarkup(rolloutSentence(rollout), parts)}
    <ul>
      ${rollout.colors.map(
        ({ color, weight, release }) =>
          html`<li>
            <span class="swatch ${color}" aria-hidden="true"></span>${color}: ${weight} % of the traffic, ${release}
            ${color === rollout.live && tag("add", "live")}
          </li>`,
      )}
      <li class="faint">
        phase: ${rollout.phase}${rollout.since !== undefined && html`, since ${timeMarkup(rollout.since)}`}
      </li>
    </ul>`;
}

function foldMarkup(title: string, items: readonly Markup[]): Markup {
  return html`<details>
    <summary>${title}</summary>
    <ul>
      ${items}
    </ul>
  </details>`;
}

function stepMarkup({ id, title, release, state, appliedAt, error }: ReportedStepState): Markup {
  const [sign, tone] = STATE_LOOKS.get(state) ?? ["?", "change"];
  return html`<li class="entry">
    <div class="row">
      <span class="sign ${tone}" aria-hidden="true">${sign}</span>
      <span
        ><code>${id}</code><span class="title">${title}</span
        ><span class="title">${release}, ${state}${appliedAt !== undefined && html` ${timeMarkup(appliedAt)}`}</span
        >${error !== undefined && html`<span class="destroy">${error}</span>`}</span
      >
    </div>
  </li>`;
}

function applyMarkup({ finishedAt, release, result, by, add, change, destroy, steps }: ReportedApply): Markup {
  return html`<li class="entry">
    ${timeMarkup(finishedAt)} ${tag(result === "applied" ? "add" : "destroy", result)}
    <span class="title"
      >${release} by ${by}: ${add} added, ${change} changed, ${destroy} destroyed, ${counted(steps, "step")}</span
    >
  </li>`;
}

/** A part of a bar. */
export interface BarPart {
  /** Class that colors it. */
  readonly look: string;
  readonly share: number;
}

/** A bar of shares, with a sentence that says the same; nothing where all shares are 0. */
function barMarkup(sentence: string, parts: readonly BarPart[]): Markup | undefined {
  const total = parts.reduce((sum, { share }) => sum + share, 0);
  if (total === 0) return undefined;
  let from = 0;
  const rectangles = parts.map(({ look, share }) => {
    const width = (share / total) * 100;
    const rectangle = html`<rect class="${look}" x="${from}" y="0" width="${width}" height="10"></rect>`;
    from += width;
    return share > 0 && rectangle;
  });
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${sentence}">
    ${rectangles}
  </svg>`;
}
