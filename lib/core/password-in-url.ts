const URL_WITH_PASSWORD = /[a-z][a-z0-9+.-]*:\/\/[^\s:@/'"]*:(?<password>[^\s@/'"]+)@/gi;

/** `$PASSWORD` and `${PASSWORD}` in a script: looked up when it runs, so nothing is written down. */
const REFERENCE = /^\$(\w+|\{\w+\})$/;

/** Whether a URL with a password in it, such as `postgresql://user:secret@host/`, stands anywhere in the text. */
export function holdsPassword(text: string): boolean {
  return [...text.matchAll(URL_WITH_PASSWORD)].some((url) => !REFERENCE.test(url.groups!.password!));
}
