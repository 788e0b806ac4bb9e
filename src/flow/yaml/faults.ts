/** What is wrong in a flow's file, and where. */
import { type Document, isMap, isNode, isSeq, type LineCounter, type Node, type Pair } from 'yaml';

/** A fault of a flow's file. */
export interface YamlFault {
  /** From 1; 0: the file as a whole. */
  readonly line: number;
  /** `step "notify", args.body`, or where else in the flow. */
  readonly place: string;
  /** Without a full stop. */
  readonly reason: string;
  /** What to do first. */
  readonly fix: string;
}

export type Path = readonly (string | number)[];

const nameOf = ({ key }: Pair): string => String(isNode(key) ? (key as { value?: unknown }).value : key);

/** Lines of what stands in the document: by path, and by what `lint` calls a place. */
export class Lines {
  readonly #document: Document;
  readonly #counter: LineCounter;
  /** By id of the step. */
  readonly steps = new Map<string, Path>();

  constructor(document: Document, counter: LineCounter) {
    this.#document = document;
    this.#counter = counter;
  }

  /** Of the path, or of the nearest above it. */
  at(path: Path): number {
    let node: unknown = this.#document.contents;
    let line = this.#start(node);
    for (const part of path) {
      if (isMap(node)) {
        const pair: Pair | undefined = node.items.find((each) => nameOf(each) === String(part));
        if (pair === undefined) return line;
        line = this.#start(pair.key) || line;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(part)];
        line = this.#start(node) || line;
      } else return line;
    }
    return line;
  }

  /** Of a place in words: `step "notify", args.body`, `trigger`, `late.since`. */
  of(place: string): number {
    const [, id, part = ''] = /^step "([^"]*)"(?:, (.*))?$/s.exec(place) ?? [];
    if (id === undefined)
      return this.at(this.#within([place === 'trigger' ? 'on' : (place.split(/[.[]/, 1)[0] ?? '')], ''));
    const path = this.steps.get(id);
    return path === undefined ? 0 : this.at(this.#within(path, part));
  }

  /** Keys may hold dots (`body.start`): the longest key that the rest begins with is meant. */
  #within(path: Path, part: string): Path {
    let node: unknown = this.#document.getIn(path, true);
    const found: (string | number)[] = [...path];
    let rest = part;
    while (rest !== '') {
      if (isMap(node)) {
        const text = rest === 'map' || rest.startsWith('map.') ? `file${rest.slice(3)}` : rest;
        const names = node.items.map(nameOf).sort((a, b) => b.length - a.length);
        const name = names.find(
          (each) => text === each || text.startsWith(`${each}.`) || text.startsWith(`${each}[`),
        );
        if (name === undefined) return found;
        found.push(name);
        node = node.get(name, true);
        rest = text.slice(name.length).replace(/^\./, '');
      } else if (isSeq(node)) {
        const index = /^\[(\d+)\]\.?/.exec(rest);
        if (index === null) return found;
        found.push(Number(index[1]));
        node = node.get(Number(index[1]), true);
        rest = rest.slice(index[0].length);
      } else return found;
    }
    return found;
  }

  #start(node: unknown): number {
    const range = (node as Node | null)?.range;
    return range ? this.#counter.linePos(range[0]).line : 0;
  }
}
