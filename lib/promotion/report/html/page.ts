import { createHash } from "node:crypto";
import { html, Markup, type Content } from "../markup";

/** A page without its frame. */
export interface Page {
  readonly title: string;
  /** Below the title, in the banner. */
  readonly banner: Content;
  /** What can be jumped to: id of the section, and its name. */
  readonly contents: readonly (readonly [id: string, name: string])[];
  readonly main: Content;
  readonly footer: Content;
}

/**
 * A whole page in one file. It asks for nothing: styles and script are inline, and the content security policy allows
 * these two, by their digests, and nothing else.
 */
export function renderPage({ title, banner, contents, main, footer }: Page): string {
  const policy = [
    "default-src 'none'",
    `style-src '${digestOf(STYLE)}'`,
    `script-src '${digestOf(SCRIPT)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="generator" content="Sterna" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        ${new Markup(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="banner">
          <h1>${title}</h1>
          ${banner}
        </header>
        <nav aria-label="Sections">
          <ul>
            ${contents.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}
          </ul>
        </nav>
        <main id="main" tabindex="-1">
          <div class="tools" hidden>
            <label for="filter">Filter</label
            ><input id="filter" type="search" autocomplete="off" spellcheck="false" /><button type="button" id="unfold">
              Unfold all</button
            ><button type="button" id="fold">Fold all</button><output for="filter" id="matches"></output>
          </div>
          ${main}
        </main>
        <footer>${footer}</footer>
        ${new Markup(`<script>${SCRIPT}</script>`)}
      </body>
    </html> `;
  return page.text;
}

function digestOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** A time of UTC to the second, as a machine can read it too. */
export function timeMarkup(time: string): Markup {
  return html`<time datetime="${time}">${time.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")}</time>`;
}

/** Colors meet WCAG 2.2 AA (4.5 : 1 for text) in both schemes; no information is conveyed by color alone. */
const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #d5dae1; --text: #1b222c; --faint: #556070; --link: #0b57b5;
  --add: #17692f; --change: #7d4e00; --destroy: #b3261e; --calm: #556070;
  --add-tint: #e3f4e7; --change-tint: #fbf0d9; --destroy-tint: #fce8e6; --calm-tint: #eceff3;
  --blue: #1f6fd6; --green: #2c8a4b;
  --code: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151c; --card: #19202a; --line: #34404f; --text: #e6eaf0; --faint: #a3afbf; --link: #8cbcff;
    --add: #7fd797; --change: #f0c36d; --destroy: #ff9d94; --calm: #a3afbf;
    --add-tint: #14301d; --change-tint: #33280f; --destroy-tint: #3a1a18; --calm-tint: #232c38;
    --blue: #5a9cf2; --green: #57b878;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 76rem; padding: 1.25rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.125rem; margin: 0 0 .75rem; }
h3 { font-size: 1rem; margin: 0 0 .25rem; }
p { margin: .25rem 0; }
p.destroy { padding: .15rem .5rem; border-radius: .3rem; }
a { color: var(--link); }
code { font-family: var(--code); font-size: .875em; }
ul, ol { margin: 0; padding: 0; list-style: none; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: .2rem; }
main:focus { outline: none; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--card); z-index: 1; }
.hidden-text { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.faint, footer { color: var(--faint); }
.verdict { display: inline-block; padding: .3rem .75rem; border-radius: .4rem; font-weight: 600; margin: .25rem 0; }
nav ul { display: flex; flex-wrap: wrap; gap: .35rem; padding: .75rem 0; }
nav a { display: inline-block; padding: .15rem .6rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--card);
  text-decoration: none; font-size: .9rem; }
nav a:hover { text-decoration: underline; }
.tools { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-bottom: 1rem; }
.tools input { flex: 0 1 20rem; min-width: 8rem; }
.tools input, .tools button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--faint);
  border-radius: .4rem; padding: .25rem .75rem; min-height: 2rem; }
.tools button { cursor: pointer; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.25rem; margin: 0 0 1.25rem;
  scroll-margin-top: 1rem; }
section.refused { border-color: var(--destroy); }
.lanes { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: 1.75rem; }
.lane { position: relative; border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; min-width: 0; }
.lane[aria-current] { border-color: var(--link); box-shadow: inset 0 0 0 1px var(--link); }
.lane + .lane::before { content: ""; position: absolute; left: -1.2rem; top: 1.35rem; width: .5rem; height: .5rem;
  border: solid var(--faint); border-width: 2px 2px 0 0; transform: rotate(45deg); }
.lane .release { font-size: 1.25rem; font-weight: 600; }
.facts { margin: .5rem 0 0; display: grid; grid-template-columns: max-content 1fr; gap: .1rem .75rem; font-size: .9rem; }
.facts dt { color: var(--faint); } .facts dd { margin: 0; min-width: 0; }
.tag { display: inline-block; font-size: .8125rem; line-height: 1.4; padding: 0 .5rem; border-radius: .3rem; }
.add { color: var(--add); background: var(--add-tint); }
.change { color: var(--change); background: var(--change-tint); }
.destroy { color: var(--destroy); background: var(--destroy-tint); }
.calm { color: var(--calm); background: var(--calm-tint); }
.bar { display: block; width: 100%; height: .625rem; border-radius: .3rem; margin: .5rem 0 .25rem; background: var(--calm-tint); }
.bar .blue { fill: var(--blue); } .bar .green { fill: var(--green); }
.bar + p, .bar + ul { font-size: .9rem; }
.lane > details { margin-top: .5rem; }
.bar .done { fill: var(--add); } .bar .wait { fill: var(--change); } .bar .bad { fill: var(--destroy); }
.swatch { display: inline-block; width: .7rem; height: .7rem; border-radius: .15rem; margin-right: .4rem; }
.swatch.blue { background: var(--blue); } .swatch.green { background: var(--green); }
.entry { border-top: 1px solid var(--line); padding: .4rem 0; }
.long .entry { content-visibility: auto; contain-intrinsic-block-size: auto 2.5rem; }
.entry:first-child { border-top: 0; }
.row { display: grid; grid-template-columns: 1.5rem minmax(0, 1fr) fit-content(60%); gap: 0 .6rem; align-items: baseline; }
summary { cursor: pointer; border-radius: .3rem; }
summary.row { list-style: none; grid-template-columns: 1.5rem minmax(0, 1fr) fit-content(60%) 1rem; }
summary.row::-webkit-details-marker { display: none; }
summary.row::after { content: "▸" / ""; color: var(--faint); text-align: right; }
details[open] > summary.row::after { content: "▾" / ""; }
summary.row:hover { background: var(--calm-tint); }
.sign { font-family: var(--code); text-align: center; border-radius: .3rem; font-weight: 700; }
.tags { display: flex; flex-wrap: wrap; gap: .25rem; justify-content: flex-end; }
.place { color: var(--faint); margin-right: .35rem; }
.title { display: block; color: var(--faint); font-size: .9rem; }
.details { margin: .35rem 0 .5rem 2.1rem; font-size: .9rem; }
.details li { padding: .1rem 0; }
.details code { white-space: pre-wrap; }
.before { color: var(--destroy); } .after { color: var(--add); }
.arrow { color: var(--faint); padding: 0 .35rem; }
.long > summary { padding: .25rem 0; }
footer { font-size: .875rem; padding: .5rem 0 2rem; }
@media (max-width: 40rem) {
  body { padding: .75rem; }
  section { padding: .75rem; }
  .lanes { gap: 1.5rem; }
  .lane + .lane::before { left: 50%; top: -1.1rem; transform: rotate(135deg); }
  .row { grid-template-columns: 1.5rem minmax(0, 1fr); }
  summary.row { grid-template-columns: 1.5rem minmax(0, 1fr) 1rem; }
  .tags { grid-column: 2; grid-row: 2; justify-content: flex-start; }
  summary.row::after { grid-column: 3; grid-row: 1; }
  .details { margin-left: .5rem; }
}
@media print {
  :root { --page: #fff; --card: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, .tools, .skip { display: none; }
  section { border: 0; padding: 0; break-inside: auto; }
  .entry, .long .entry { break-inside: avoid; content-visibility: visible; }
  details::details-content { content-visibility: visible; block-size: auto; }
  summary.row::after { content: ""; }
}
@media (forced-colors: active) {
  .bar rect { forced-color-adjust: none; } .swatch { forced-color-adjust: none; }
  .tag, .verdict { border: 1px solid; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`;

/** The page works without it; it filters, folds, and unfolds everything for print. */
const SCRIPT = `
"use strict";
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const tools = document.querySelector(".tools");
  const filter = document.getElementById("filter");
  const matches = document.getElementById("matches");
  const entries = all(".entry");
  const folds = all("details");
  if (folds.length === 0) return;
  tools.hidden = false;
  let texts;
  let timer;
  const apply = () => {
    const wanted = filter.value.trim().toLowerCase();
    texts ??= entries.map((entry) => entry.textContent.toLowerCase());
    let shown = 0;
    entries.forEach((entry, index) => {
      const hit = texts[index].includes(wanted);
      entry.hidden = !hit;
      if (hit) shown++;
    });
    if (wanted !== "") for (const list of all("details.long")) list.open = true;
    matches.textContent = wanted === "" ? "" : shown + " of " + entries.length;
  };
  filter.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 120);
  });
  const setAll = (open) => {
    for (const fold of folds) fold.open = open;
  };
  document.getElementById("unfold").addEventListener("click", () => setAll(true));
  document.getElementById("fold").addEventListener("click", () => setAll(false));
  let before = [];
  addEventListener("beforeprint", () => {
    before = folds.filter((fold) => !fold.open);
    setAll(true);
  });
  addEventListener("afterprint", () => {
    for (const fold of before) fold.open = false;
  });
})();
`;
