/** What the tests use of the reference parser of CommonMark, which brings no types. */
declare module "commonmark" {
  export interface Node {
    readonly type: string;
    readonly literal: string | null;
  }
  export class Parser {
    parse(markdown: string): { walker(): { next(): { readonly entering: boolean; readonly node: Node } | null } };
  }
}
