/**
 * Finds where values stand in a JSON text, so that a resource is kept with the very characters the server
 * sent: parsing and writing again would turn the decimal 1.50 into 1.5. The text must be valid JSON
 * (it has been parsed before); one pass, no recursion.
 */

/** Start and end (exclusive) of a value. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 34;
const BACKSLASH = 92;

function afterBlanks(text: string, at: number): number {
  let index = at;
  while (index < text.length && text.charCodeAt(index) <= 32) index += 1;
  return index;
}

/** Looks for the quote itself: most of a resource stands inside strings, and that search is the machine's. */
function afterString(text: string, at: number): number {
  let end = at;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    // An even number of backslashes are characters of their own.
    if ((end - before) % 2 === 1) return end + 1;
  }
}

const COMMA = 44;
const OPENS: ReadonlySet<number> = new Set([91, 123]);
const CLOSES: ReadonlySet<number> = new Set([93, 125]);

function afterValue(text: string, at: number): number {
  let index = at;
  let depth = 0;
  while (index < text.length) {
    const character = text.charCodeAt(index);
    if (character === QUOTE) {
      index = afterString(text, index);
      if (depth === 0) return index;
      continue;
    }
    if (OPENS.has(character)) depth += 1;
    else if (CLOSES.has(character)) {
      // At depth 0 it closes what we stand in: a number or word ends here.
      if (depth === 0) return index;
      depth -= 1;
      if (depth === 0) return index + 1;
    } else if (depth === 0 && (character === COMMA || character <= 32)) return index;
    index += 1;
  }
  return index;
}

/** Where the value of a member of the object at `at` stands; the last one when the key comes twice, as in JSON.parse. */
export function memberSlice(text: string, at: number, key: string): Slice | undefined {
  let found: Slice | undefined;
  let index = afterBlanks(text, at);
  if (text[index] !== '{') return undefined;
  index = afterBlanks(text, index + 1);
  while (index < text.length && text[index] === '"') {
    const keyEnd = afterString(text, index);
    const name: unknown = JSON.parse(text.slice(index, keyEnd));
    const start = afterBlanks(text, afterBlanks(text, keyEnd) + 1);
    const end = afterValue(text, start);
    if (name === key) found = { start, end };
    index = afterBlanks(text, end);
    if (text[index] === ',') index = afterBlanks(text, index + 1);
  }
  return found;
}

/** Where the items of the list at `at` stand. */
export function itemSlices(text: string, at: number): Slice[] {
  const slices: Slice[] = [];
  let index = afterBlanks(text, at);
  if (text[index] !== '[') return slices;
  index = afterBlanks(text, index + 1);
  while (index < text.length && text[index] !== ']') {
    const end = afterValue(text, index);
    slices.push({ start: index, end });
    index = afterBlanks(text, end);
    if (text[index] === ',') index = afterBlanks(text, index + 1);
  }
  return slices;
}

/**
 * The characters of each `entry[].resource` of a bundle, in order; `undefined` where an entry has none.
 * @example
 * resourceTexts('{"resourceType":"Bundle","entry":[{"resource":{"value":1.50}}]}') // ['{"value":1.50}']
 */
export function resourceTexts(bundle: string): (string | undefined)[] {
  const entries = memberSlice(bundle, 0, 'entry');
  if (entries === undefined) return [];
  return itemSlices(bundle, entries.start).map(({ start }) => {
    const resource = memberSlice(bundle, start, 'resource');
    return resource && bundle.slice(resource.start, resource.end);
  });
}
