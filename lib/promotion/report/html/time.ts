import { html, type Markup } from "./markup";

/** A time of UTC to the second, as a machine can read it too. */
export function timeMarkup(time: string): Markup {
  return html`<time datetime="${time}">${time.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")}</time>`;
}
