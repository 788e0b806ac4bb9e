/** A draft as the YAML that a person goes on with: each question stands where its answer goes. */
import { Document, isMap, isScalar, isSeq, type Scalar } from 'yaml';
import type { Draft } from './record.ts';

const WIDTH = 110;

/** @param about Lines at the head of the file. */
export function draftText({ value, confirm, remarks }: Draft, about: readonly string[]): string {
  const document = new Document(value);
  document.commentBefore = [
    ' yaml-language-server: $schema=../../site.schema.json',
    ...about.map((line) => ` ${line}`),
  ].join('\n');
  const said = new Map<string, { at: readonly string[]; lines: string[] }>();
  const say = (at: readonly string[], text: string): void => {
    const place = nearestKey(document, at);
    const key = place.join('\0');
    const lines = said.get(key)?.lines ?? [];
    lines.push(...wrapped(text));
    said.set(key, { at: place, lines });
  };
  for (const { at, text } of remarks) say(at, text);
  for (const { at, role, text } of confirm) say(at, `to confirm with ${role}: ${text}`);
  for (const { at, lines } of said.values()) {
    const text = lines.map((line) => ` ${line}`).join('\n');
    const key = keyOf(document, at);
    if (key === undefined) document.comment = text;
    else key.commentBefore = text;
  }
  for (const [place, pair] of (isMap(document.contents) ? document.contents.items : []).entries())
    if (place > 0 && isScalar(pair.key)) pair.key.spaceBefore = true;
  shorten(document.contents, 0);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** The longest part of a place that the draft has: what is said of a field that is not there stands before what holds it. */
function nearestKey(document: Document, at: readonly string[]): readonly string[] {
  for (let length = at.length; length > 0; length -= 1)
    if (keyOf(document, at.slice(0, length)) !== undefined) return at.slice(0, length);
  return [];
}

function keyOf(document: Document, at: readonly string[]): Scalar | undefined {
  const around = at.length === 1 ? document.contents : document.getIn(at.slice(0, -1), true);
  if (at.length === 0 || !isMap(around)) return undefined;
  const key = around.items.find((pair) => isScalar(pair.key) && pair.key.value === at.at(-1))?.key;
  return isScalar(key) ? key : undefined;
}

/** Small things in one line: `port: { env: MERCY_PORT, default: 6661 }`. */
function shorten(node: unknown, depth: number): void {
  if (isMap(node)) {
    const plain = node.items.every(
      ({ key, value }) => isScalar(value) && isScalar(key) && key.commentBefore == null,
    );
    if (depth > 1 && plain && JSON.stringify(node.toJSON()).length < WIDTH - 20) node.flow = true;
    else for (const { value } of node.items) shorten(value, depth + 1);
  } else if (isSeq(node) && JSON.stringify(node.toJSON()).length < WIDTH * 3) node.flow = true;
}

/** Comments break at words; what follows is indented, so that each question is seen to be one. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replaceAll(/\s+/g, ' ').split(' ')) {
    if (line !== '' && line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
