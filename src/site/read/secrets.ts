/**
 * Secrets do not belong into a record: it is under version control. Here are the shapes in which they get there. What is
 * found is never repeated in the fault.
 */

import type { Fault } from './fault.ts';
import { isFields, type Layer, type Path } from './layer.ts';

/** Shapes that are secrets wherever they stand. */
const SHAPES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/, 'a token (JWT)'],
  [/^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i, 'an address with a password in it'],
  [/^(?:Bearer|Basic) +[\w+/=.~-]{8,}$/i, 'an authorization header'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, 'a key of a cloud'],
  [/\b(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,}/, 'a key of an API'],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-)[\w-]{16,}/, 'an access token'],
];
/** Most values hold none of these, and are done with here. */
const WORTH_A_LOOK =
  /PRIVATE KEY|eyJ|:\/\/[^/]*@|bearer|basic|AKIA|ASIA|_live_|_test_|gh[pousr]_|github_pat_|glpat-|xox/i;

/** Fields whose own name says that a secret is meant; they may refer to one. */
const SAYS_SECRET =
  /^(?:.*_)?(?:password|passphrase|passwd|client_?secret|private_?key|api_?key|access_?token|refresh_?token|bearer_?token|shared_?secret)$/i;
/** A field that names a secret: what stands there must look like a name. */
const NAMES_SECRET = /^secret(?:_?name|_?ref)?$/i;
/** `care-app`, `RIVERSIDE_CLIENT_SECRET`, `hooks.riverside`. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function secretFaults({ file, value, lineOf }: Layer): Fault[] {
  const faults: Fault[] = [];
  const visit = (held: unknown, key: string, path: PropertyKey[]): void => {
    if (typeof held === 'string') {
      const what = secretIn(held, key);
      if (what === undefined) return;
      faults.push({
        file,
        line: lineOf(path),
        reason: `${path.map(String).join('.')} holds ${what}; a record is under version control and is read by many`,
        fix: 'take it out, change it where it is valid (it has been seen), keep it in an environment variable or the vault, and put its name here',
      });
      return;
    }
    if (typeof held !== 'object' || held === null) return;
    if (isFields(held) && typeof held.kty === 'string' && ['d', 'p', 'q', 'k'].some((part) => part in held)) {
      faults.push({
        file,
        line: lineOf(path),
        reason: `${path.map(String).join('.')} holds a private key (JWK)`,
        fix: 'take it out and have a new one made: Suture makes and hosts signing keys itself',
      });
      return;
    }
    for (const [name, inside] of Object.entries(held)) {
      path.push(name);
      // A default stands for the field that it is the default of.
      visit(inside, name === 'default' || /^\d+$/.test(name) ? key : name, path);
      path.pop();
    }
  };
  visit(value, '', []);
  return faults;
}

/** What kind of secret a value is, as far as that can be seen. */
export function secretIn(value: string, key: string): string | undefined {
  if (WORTH_A_LOOK.test(value)) {
    const found = SHAPES.find(([pattern]) => pattern.test(value));
    if (found !== undefined) return found[1];
  }
  if (SAYS_SECRET.test(key)) return `what its name says (${key})`;
  if (NAMES_SECRET.test(key) && (!NAME.test(value) || looksRandom(value)))
    return 'what looks like a secret and not like the name of one';
  return undefined;
}

/** Long, and mixed as no one writes a name: digits among letters of both cases, or nothing but hexadecimal digits. */
function looksRandom(value: string): boolean {
  const longest = value.split(/[._-]/).reduce((a, b) => (a.length >= b.length ? a : b));
  if (/^[0-9a-f]{24,}$/i.test(longest) && /\d/.test(longest)) return true;
  if (longest.length < 16) return false;
  const changes = [...longest].filter(
    (letter, at) => at > 0 && kindOf(letter) !== kindOf(longest[at - 1] ?? ''),
  );
  return changes.length >= longest.length / 3;
}

const kindOf = (letter: string): number => (/\d/.test(letter) ? 0 : letter === letter.toLowerCase() ? 1 : 2);

/** A key that objects inherit from: nothing in a record is called so. */
export function forbiddenKey({ file, value, lineOf }: Layer): Fault[] {
  const faults: Fault[] = [];
  const visit = (held: unknown, path: Path): void => {
    if (typeof held !== 'object' || held === null) return;
    if (Object.hasOwn(held, '__proto__'))
      faults.push({
        file,
        line: lineOf([...path, '__proto__']),
        reason: `${path.map(String).join('.') || 'the record'} has a field "__proto__"`,
        fix: 'take it out',
      });
    for (const [name, inside] of Object.entries(held)) visit(inside, [...path, name]);
  };
  visit(value, []);
  return faults;
}
