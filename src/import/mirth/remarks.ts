/** Remarks between slashes and stars, as JavaScript and SQL have them. */

/** Without them; one that does not end is left. Linear, whatever the text. */
export function withoutBlocks(text: string): string {
  const kept: string[] = [];
  let at = 0;
  for (;;) {
    const from = text.indexOf('/*', at);
    const to = from < 0 ? -1 : text.indexOf('*/', from + 2);
    if (to < 0) return [...kept, text.slice(at)].join(' ');
    kept.push(text.slice(at, from));
    at = to + 2;
  }
}
