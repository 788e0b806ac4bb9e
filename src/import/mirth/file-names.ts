/** Names of files: patterns by which Mirth chose them, and names that it made, as Suture says them. */

export interface Match {
  /** `*` stands for any letters, everything else for itself, whatever its case. */
  readonly match: string;
  /** It takes more than Mirth did. */
  readonly wider: boolean;
}

/** No name is longer, and a pattern that is was made to be slow. */
const LONGEST = 255;

/** `undefined`: it cannot be said so. */
export function matchOf(text: string, isRegex: boolean): Match | undefined {
  if (text.length > LONGEST) return undefined;
  if (isRegex) return ofRegex(text);
  const given = text.split(',').map((each) => each.trim());
  const names = new Set(given.filter((each) => each !== '').map((each) => each.toLowerCase()));
  if (names.size > 1 || text.includes('?')) return undefined;
  return { match: given.find((each) => each !== '') ?? '*', wider: false };
}

const TOKEN =
  /(?:\\[dwDW]|\[[^\][]*\]|\.)(?:[+*]\??|\{[\d,]+\})|\\[dw]|\[[^\][]*\]|\\[^A-Za-z0-9]|[\w-]+|[\s\S]/g;

/** A regular expression of letters, points and runs of anything. */
function ofRegex(text: string): Match | undefined {
  let match = '';
  let wider = false;
  const plain = text
    .replace(/^\(\?i\)/, '')
    .replace(/^\^/, '')
    .replace(/(?<!\\)\$$/, '');
  for (const [token] of plain.matchAll(TOKEN)) {
    if (/^\.[+*]\??$/.test(token)) match += '*';
    else if (/^[\w-]+$/.test(token)) match += token;
    else if (/^\\[^A-Za-z0-9]$/.test(token)) match += token.slice(1);
    else if (token === '.' || (/^[\\[.]/.test(token) && token.length > 1)) {
      match += '*';
      wider = true;
    } else return undefined;
  }
  return match.includes('/') ? undefined : { match: match.replace(/\*+/g, '*') || '*', wider };
}

const VARIABLE = /\$!?\{[^}]*\}/;
const plainName = (text: string): string => text.replace(/[^\w.-]+/g, '-');

/** What a name may hold: nothing of a message, and what makes it its own. `ADT_${mrn}.hl7` is `ADT_{delivery}.hl7`. */
export function nameOf(pattern: string): string {
  const file = pattern.slice(pattern.lastIndexOf('/') + 1).slice(0, LONGEST);
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(file)?.[0];
  const stem = ending === undefined ? file : file.slice(0, -ending.length);
  const from = stem.search(VARIABLE);
  const before = plainName(from < 0 ? stem : stem.slice(0, from)).replace(/^[.-]+/, '');
  const behind = from < 0 ? '' : plainName(stem.slice(stem.lastIndexOf('}') + 1)).replace(/[._-]+$/, '');
  const joint = before === '' || /[._-]$/.test(before) ? '' : '-';
  return `${before}${joint}{delivery}${behind}${ending ?? '.{extension}'}`;
}
