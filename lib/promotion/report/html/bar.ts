import { html, type Markup } from "./markup";

/** A part of a bar. */
export interface BarPart {
  /** Class that colours it. */
  readonly look: string;
  readonly share: number;
}

/** A bar of shares, with a sentence that says the same; nothing where all shares are 0. */
export function barMarkup(sentence: string, parts: readonly BarPart[]): Markup | undefined {
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
