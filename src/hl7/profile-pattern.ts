/** Long enough for any identifier; it keeps the work of one comparison small. */
export const longestPattern = 100;
const longestValue = 1_000;

/**
 * Whether a value is as a profile's pattern says: `#` a digit, `@` a letter, `?` any character, `*` any number of them,
 * everything else itself. No regular expression: a profile is data, and the work is at most pattern times value.
 *
 *     matchesPattern('A-1234', '@-####')   // true
 */
export function matchesPattern(value: string, pattern: string): boolean {
  if (value.length > longestValue || pattern.length > longestPattern) return false;
  const characters = Array.from(value);
  const signs = Array.from(pattern);
  let at = 0;
  let sign = 0;
  /** Where the last `*` stands, and how far it has eaten. */
  let star = -1;
  let eaten = 0;
  while (at < characters.length) {
    if (signs[sign] === '*') {
      star = sign;
      eaten = at;
      sign += 1;
    } else if (sign < signs.length && matches(characters[at] as string, signs[sign] as string)) {
      at += 1;
      sign += 1;
    } else if (star >= 0) {
      eaten += 1;
      at = eaten;
      sign = star + 1;
    } else return false;
  }
  while (signs[sign] === '*') sign += 1;
  return sign === signs.length;
}

function matches(character: string, sign: string): boolean {
  if (sign === '?') return true;
  if (sign === '#') return character >= '0' && character <= '9';
  if (sign === '@') return /^\p{L}$/u.test(character);
  return character === sign;
}
