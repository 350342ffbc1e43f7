import { createHash } from "node:crypto";
import { html, Markup, type Content } from "./markup";
import { SCRIPT } from "./script";
import { STYLE } from "./style";

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
