/**
 * How much of what other converters read in an HL7 v2 message ours reads, and how much of ours they have: recall and
 * precision by element. `node test/conformance/hl7-fhir-score.ts [--json] [--set NAME] [--type ADT^A01] [--show N]`.
 */

import { usage } from '../../scripts/usage.ts';
import { type AnyBundle, corpusFolder, corpusIsHere, type Pair, pairs } from './hl7-fhir-corpus.ts';
import { type Elements, type Excluded, elementsOf, type Leaf } from './hl7-fhir-elements.ts';

usage(import.meta.filename);

export type Convert = (bytes: Uint8Array) => AnyBundle;

/** Elements expected, elements that ours has, and those in both. */
export interface Tally {
  readonly expected: number;
  readonly ours: number;
  readonly both: number;
}

/** An element path with how often it was expected and not there, there and not expected, there with another value. */
export interface PathTally {
  readonly path: string;
  missing: number;
  extra: number;
  differs: number;
  example?: string;
}

export interface PairScore extends Tally {
  readonly paths: ReadonlyMap<string, PathTally>;
}

/** Scores one bundle against the one expected. */
export function scoreBundle(
  expected: AnyBundle,
  ours: AnyBundle,
  excluded: Excluded = new Map(),
  set?: Pair['set'],
): PairScore {
  const theirs = elementsOf(expected, excluded, set);
  const mine = elementsOf(ours, excluded, set);
  const partner = align(theirs, mine);
  const paths = new Map<string, PathTally>();
  const at = (type: string, { path }: Leaf): PathTally => {
    const key = `${type}.${path}`;
    const known = paths.get(key) ?? { path: key, missing: 0, extra: 0, differs: 0 };
    paths.set(key, known);
    return known;
  };
  const taken = new Set(partner);
  let both = 0;
  mine.forEach(({ type, leaves }, index) => {
    if (!taken.has(index)) for (const leaf of leaves) at(type, leaf).extra += 1;
  });
  theirs.forEach(({ type, leaves }, index) => {
    const other = partner[index] === -1 ? [] : (mine[partner[index] as number]?.leaves ?? []);
    const left = [...other];
    const missing = leaves.filter((leaf) => {
      const found = left.findIndex((each) => same(leaf, each, partner));
      if (found < 0) return true;
      left.splice(found, 1);
      return false;
    });
    both += leaves.length - missing.length;
    for (const leaf of missing) {
      const found = left.findIndex(({ path }) => path === leaf.path);
      const tally = at(type, leaf);
      if (found < 0) tally.missing += 1;
      else {
        tally.differs += 1;
        tally.example ??= `${leaf.value.slice(0, 60)} | ${left[found]?.value.slice(0, 60)}`;
        left.splice(found, 1);
      }
    }
    for (const leaf of left) at(type, leaf).extra += 1;
  });
  const sum = (list: readonly Elements[]): number => list.reduce((all, { leaves }) => all + leaves.length, 0);
  return { expected: sum(theirs), ours: sum(mine), both, paths };
}

/** Without alignment a reference says only which type it leads to; with it, also that it leads to the right one. */
function same(theirs: Leaf, ours: Leaf, partner: readonly number[] | undefined): boolean {
  if (theirs.path !== ours.path || theirs.value !== ours.value) return false;
  if (partner === undefined || theirs.target === undefined || ours.target === undefined) return true;
  return partner[theirs.target] === ours.target;
}

/** For each expected resource the one of ours, of its type, that shares most with it; -1 when none is left. */
function align(theirs: readonly Elements[], mine: readonly Elements[]): readonly number[] {
  // What refers to a resource tells it from others that say as little: the nurse's ward from the patient's.
  const incoming = (list: readonly Elements[]): readonly (readonly string[])[] => {
    const found: string[][] = list.map(() => []);
    for (const { type, leaves } of list)
      for (const { path, target } of leaves) if (target !== undefined) found[target]?.push(`${type}.${path}`);
    return found;
  };
  const [theirContext, myContext] = [incoming(theirs), incoming(mine)];
  let partner: number[] | undefined;
  // The second round compares references by the first round's partners.
  for (let round = 0; round < 2; round += 1) {
    const offers: { their: number; my: number; worth: number }[] = [];
    theirs.forEach((one, their) => {
      mine.forEach((other, my) => {
        if (one.type !== other.type) return;
        const left = [...other.leaves];
        const shared = one.leaves.filter((leaf) => {
          const found = left.findIndex((each) => same(leaf, each, partner));
          if (found >= 0) left.splice(found, 1);
          return found >= 0;
        }).length;
        const context = theirContext[their]?.filter((path) => myContext[my]?.includes(path)).length ?? 0;
        offers.push({ their, my, worth: shared + Math.min(context, 2) / 4 - left.length / 1_000 });
      });
    });
    offers.sort((a, b) => b.worth - a.worth || a.their - b.their || a.my - b.my);
    const next = theirs.map(() => -1);
    const used = new Set<number>();
    for (const { their, my } of offers) {
      if (next[their] !== -1 || used.has(my)) continue;
      next[their] = my;
      used.add(my);
    }
    partner = next;
  }
  return partner ?? [];
}

export interface Score {
  /** By `set type`. */
  readonly rows: readonly (Tally & { readonly set: string; readonly type: string; readonly pairs: number })[];
  readonly paths: readonly PathTally[];
  readonly excluded: Excluded;
  /** Means over message types, each weighing the same. */
  readonly recall: number;
  readonly precision: number;
  /** Over all elements. */
  readonly all: Tally;
}

/** Scores a converter over pairs. A message that it throws for counts as one of which it read nothing. */
export function score(convert: Convert, over: readonly Pair[]): Score {
  const excluded: Excluded = new Map();
  const rows = new Map<string, { -readonly [K in keyof Score['rows'][number]]: Score['rows'][number][K] }>();
  const paths = new Map<string, PathTally>();
  for (const pair of over) {
    const one = scoreBundle(pair.expected, convert(pair.message), excluded, pair.set);
    const key = `${pair.set} ${pair.type}`;
    const row = rows.get(key) ?? { set: pair.set, type: pair.type, pairs: 0, expected: 0, ours: 0, both: 0 };
    row.pairs += 1;
    row.expected += one.expected;
    row.ours += one.ours;
    row.both += one.both;
    rows.set(key, row);
    for (const [path, tally] of one.paths) {
      const sum = paths.get(path) ?? { path, missing: 0, extra: 0, differs: 0 };
      sum.missing += tally.missing;
      sum.extra += tally.extra;
      sum.differs += tally.differs;
      if (tally.example !== undefined) sum.example ??= tally.example;
      paths.set(path, sum);
    }
  }
  const list = [...rows.values()].sort((a, b) => a.set.localeCompare(b.set) || a.type.localeCompare(b.type));
  const all = list.reduce(
    (sum, row) => ({
      expected: sum.expected + row.expected,
      ours: sum.ours + row.ours,
      both: sum.both + row.both,
    }),
    { expected: 0, ours: 0, both: 0 },
  );
  // Who says nothing is not precise: such a row has no part in the precision, and none of the recall.
  const mean = (part: (row: Tally) => number, of: readonly Tally[]): number =>
    of.reduce((sum, row) => sum + part(row), 0) / Math.max(1, of.length);
  return {
    rows: list,
    paths: [...paths.values()],
    excluded,
    recall: mean(recall, list),
    precision: mean(
      precision,
      list.filter(({ ours }) => ours > 0),
    ),
    all,
  };
}

export const recall = ({ both, expected }: Tally): number => (expected === 0 ? 1 : both / expected);
export const precision = ({ both, ours }: Tally): number => (ours === 0 ? 1 : both / ours);

/** The message types that the product maps; the pairs have a few more, read by the rows of like messages. */
const mapped =
  /^(ADT\^A(0[1-8]|1[123]|28|31|40)|SIU\^S(1[2-7]|26)|ORU\^R01|ORM\^O01|OML\^O21|MDM\^T(02|04|08|11)|VXU\^V04|DFT\^P03|RDE\^O11|MFN\^M02)$/;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(8);

function print(result: Score, show: number): void {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  write(`${'pairs of'.padEnd(26)}${'type'.padEnd(10)} pairs expected     ours     both   recall precision`);
  for (const row of result.rows)
    write(
      `${row.set.padEnd(26)}${row.type.padEnd(10)}${[row.pairs, row.expected, row.ours, row.both].map((n, i) => String(n).padStart(i === 0 ? 6 : 9)).join('')} ${percent(recall(row))}  ${percent(precision(row))}`,
    );
  write(`each message type alike: recall ${percent(result.recall)}, precision ${percent(result.precision)}`);
  const ours = result.rows.filter(({ type }) => mapped.test(type));
  const share = (part: (row: Tally) => number): string =>
    percent(ours.reduce((sum, row) => sum + part(row), 0) / Math.max(1, ours.length));
  write(`of these, types mapped:  recall ${share(recall)}, precision ${share(precision)}`);
  write(
    `over all elements:       recall ${percent(recall(result.all))}, precision ${percent(precision(result.all))}`,
  );
  const worst = (title: string, kind: 'missing' | 'extra' | 'differs'): void => {
    write(`\n${title}`);
    const list = result.paths.filter((each) => each[kind] > 0).sort((a, b) => b[kind] - a[kind]);
    for (const each of list.slice(0, show))
      write(
        `${String(each[kind]).padStart(6)}  ${each.path}${kind === 'differs' ? `   (${each.example})` : ''}`,
      );
  };
  worst('missing most', 'missing');
  worst('extra most', 'extra');
  worst('there with another value most (expected | ours)', 'differs');
  write('\nleft out of the comparison, elements of both sides');
  for (const [reason, count] of [...result.excluded].sort((a, b) => b[1] - a[1]))
    write(`${String(count).padStart(6)}  ${reason}`);
}

if (import.meta.main) {
  if (!corpusIsHere) {
    process.stderr.write(`There is no corpus at ${corpusFolder}: name its folder in CORPUS.\n`);
    process.exit(2);
  }
  const { convert } = await import('./hl7-fhir-converter.ts');
  const option = (name: string): string | undefined => {
    const at = process.argv.indexOf(name);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const set = option('--set');
  const type = option('--type');
  const chosen = pairs().filter(
    (pair) =>
      (set === undefined ? pair.set !== 'cdc-reportstream-reverse' : pair.set === set) &&
      (type === undefined || pair.type === type),
  );
  const result = score(convert, chosen);
  if (process.argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ ...result, excluded: Object.fromEntries(result.excluded) })}\n`);
  else print(result, Number(option('--show') ?? 40));
}
