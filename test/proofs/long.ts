/**
 * Runs a long proof in blocks: what the tally says is done is not done again, each block is added to it, and the proof's page in
 * docs/proofs shows the sum. Options of every long proof:
 *
 *     --part NAME    this part alone
 *     --from N       the first one (0)
 *     --count N      how many, of each part (the proof's own number)
 *     --minutes N    begins no further block after so long
 *     --tally FILE   another tally; the page is then left as it is
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { remaining } from '../fuzz/tally.ts';
import { countOf, type Figures, readTally, type Tally, withBlock, writeTally } from './tally.ts';

/** This file, whose head tells the options of all long proofs. */
export const LONG = import.meta.filename;

export interface Block {
  readonly part: string;
  readonly from: number;
  readonly to: number;
  /** Empty; removed afterwards. */
  readonly folder: string;
}

export interface LongProof {
  /** Of the command, the page and the tally. */
  readonly name: string;
  /** What is counted: `messages`. */
  readonly unit: string;
  readonly parts: Readonly<Record<string, { readonly total: number; readonly block: number }>>;
  readonly run: (block: Block, options: Readonly<Record<string, string | undefined>>) => Promise<Figures>;
  /** The figures that the promise sets to 0. */
  readonly zero: readonly string[];
  /** Further options of its own. */
  readonly options?: NonNullable<ParseArgsConfig['options']>;
}

const PAGES = join(import.meta.dirname, '..', '..', 'docs', 'proofs');
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** The figures of one block that the promise sets to 0 and that are not, as text; `undefined` when it is kept. */
export function brokenBy(figures: Figures, zero: readonly string[]): string | undefined {
  const broken = zero.filter((name) => (figures[name] ?? 0) !== 0);
  return broken.length === 0 ? undefined : broken.map((name) => `${name} ${figures[name]}`).join(', ');
}

/** Ends the process: 0 when every block that was ever run kept the promise. */
export async function runLong(proof: LongProof): Promise<never> {
  const { values } = parseArgs({
    options: {
      part: { type: 'string' },
      from: { type: 'string', default: '0' },
      count: { type: 'string' },
      minutes: { type: 'string' },
      tally: { type: 'string' },
      ...proof.options,
    },
  });
  const given = values as Readonly<Record<string, string | undefined>>;
  const file = given.tally ?? join(PAGES, `${proof.name}.json`);
  const end = given.minutes === undefined ? Infinity : performance.now() + Number(given.minutes) * 60_000;
  let tally = readTally(file);
  if (given.part !== undefined && proof.parts[given.part] === undefined) {
    say(
      `There is no part "${given.part}" here, and nothing was run. Use one of: ${Object.keys(proof.parts).join(', ')}.`,
    );
    process.exit(2);
  }
  for (const [part, { total, block }] of Object.entries(proof.parts)) {
    if (given.part !== undefined && given.part !== part) continue;
    const first = Number(given.from);
    const last = first + Number(given.count ?? total);
    const blocks = remaining({ done: tally[part]?.done ?? [] }, first, last, block);
    say(`${part}: ${countOf(tally[part])} ${proof.unit} done before, ${blocks.length} blocks to do`);
    for (const [from, to] of blocks) {
      if (performance.now() > end) break;
      const folder = mkdtempSync(join(tmpdir(), `suture-${proof.name}-`));
      const began = performance.now();
      try {
        const figures = await proof.run({ part, from, to, folder }, given);
        tally = withBlock(tally, part, from, to, figures);
        writeTally(file, tally);
        if (given.tally === undefined) writePage(proof, tally);
        const broken = brokenBy(figures, proof.zero);
        const seconds = ((performance.now() - began) / 1_000).toFixed(1);
        say(
          `${part} ${from}..${to} in ${seconds} s: ${broken === undefined ? 'as promised' : `BROKEN: ${broken}`}; in all ${countOf(tally[part])} ${proof.unit}, ${JSON.stringify(tally[part]?.figures)}`,
        );
      } finally {
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    }
  }
  const broken = Object.entries(tally).flatMap(([part, { figures }]) => {
    const text = brokenBy(figures, proof.zero);
    return text === undefined ? [] : [`${part}: ${text}`];
  });
  say(broken.length === 0 ? 'The promise is kept.' : `BROKEN ${broken.join('; ')}`);
  process.exit(broken.length === 0 ? 0 : 1);
}

const BEGIN = '<!-- figures: written by the command -->';
const END = '<!-- end of figures -->';

/** The page's table between its two marks; what stands around it is written by hand. */
function writePage(proof: LongProof, tally: Tally): void {
  const page = join(PAGES, `${proof.name}.md`);
  const text = existsSync(page) ? readFileSync(page, 'utf8') : `# ${proof.name}\n\n${BEGIN}\n${END}\n`;
  const [before = '', rest = ''] = text.split(BEGIN);
  const [, after = ''] = rest.split(END);
  writeFileSync(page, `${before}${BEGIN}\n${table(proof, tally)}\n${END}${after}`);
}

function table(proof: LongProof, tally: Tally): string {
  const parts = Object.keys(tally);
  const names = [...new Set(parts.flatMap((part) => Object.keys(tally[part]?.figures ?? {})))];
  const row = (name: string, of: (part: string) => number | undefined): string =>
    `| ${name} | ${parts.map((part) => (of(part) ?? 0).toLocaleString('en')).join(' | ')} |`;
  const figure = (name: string): string => {
    const shown = proof.zero.includes(name) ? `${name} (promised: 0)` : name;
    return row(shown, (part) => tally[part]?.figures[name]);
  };
  return [
    `| | ${parts.join(' | ')} |`,
    `|---|${parts.map(() => '---:').join('|')}|`,
    row(proof.unit, (part) => countOf(tally[part])),
    ...names.map(figure),
  ].join('\n');
}
