/**
 * One flow played step by step, here: on a case, a file or a message that is kept. Nothing is asked and nothing is sent; what
 * a connection would answer is what the case says, or what it answered then.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import {
  type Answers,
  answersOf,
  type Case,
  type Played,
  type PlayedCall,
  readCase,
} from '../cases/index.ts';
import { type Flow, runsAt, type TraceEntry } from '../flow/index.ts';
import { Failure, type Json, nearest } from '../std/index.ts';
import { FIXTURES, mappedSite, playHere, withheldLines } from './case-run.ts';
import type { KeptDesk } from './kept-desk.ts';
import { printJson, printLine } from './output.ts';
import type { Project } from './project/index.ts';

export interface StepWish {
  readonly flow: string;
  /** A case’s name or folder, a file, or the id of a kept message. */
  readonly from: string;
  readonly start?: string;
  readonly site?: string;
  readonly type?: string;
  /** Values of real messages are shown. */
  readonly reveal: boolean;
  readonly json: boolean;
}

/** What is played, and what is remembered of steps before. */
interface Material {
  readonly bytes: Uint8Array;
  readonly site?: string;
  readonly type?: string;
  readonly connection?: string;
  readonly now: number;
  readonly answers: Answers;
  readonly remembered: ReadonlyMap<string, Json>;
  /** Made up, by its place below fixtures/: its values may be shown and kept in the cache. */
  readonly madeUp: boolean;
  readonly cache: string | null;
}

export const isMessageId = (from: string): boolean => /^\d+$/.test(from);

/** @returns The exit code. @throws Failure `config`: there is no such flow, case, file, message, site or step. */
export async function stepRun(project: Project, wish: StepWish, desk?: KeptDesk): Promise<0 | 1> {
  const flow = flowNamed(project, wish.flow);
  const first = wish.start === undefined ? null : stepNamed(flow, wish.start);
  const material = isMessageId(wish.from)
    ? await ofMessage(flow, wish.from, desk)
    : ofFile(project, flow, wish.from);
  const site = siteNamed(project, flow, wish.site ?? material.site);
  const before = first === null ? [] : flow.steps.slice(0, flow.steps.indexOf(first)).map(({ id }) => id);
  const known = [...material.remembered].filter(([step]) => before.includes(step.replaceAll(/\[\d+\]/g, '')));
  const type = wish.type ?? material.type;
  const played = await playHere(project, {
    flow,
    site: mappedSite(project, site),
    bytes: material.bytes,
    ...(type === undefined ? {} : { type }),
    ...(material.connection === undefined ? {} : { connection: material.connection }),
    now: material.now,
    answers: material.answers,
    remembered: new Map(known),
  });
  if (material.cache !== null) keepSteps(material.cache, played);
  tell(flow, played, before, wish, material.madeUp || wish.reveal);
  return /^(delivered|filtered|sleeping)/.test(played.end) ? 0 : 1;
}

// ---------------------------------------------------------------- from where

async function ofMessage(flow: Flow, id: string, desk: KeptDesk | undefined): Promise<Material> {
  const kept = await desk?.kept(id);
  if (!kept) {
    throw notThere(`There is no message ${id}, or its bytes are no longer kept.`, 'See: suture messages.');
  }
  const { site, connection, bytes, format, type } = kept;
  const steps = kept.deliveries.findLast((one) => one.flow === flow.name)?.steps ?? [];
  const remembered = new Map(steps.map(({ step, output }) => [step, output]));
  return {
    bytes,
    site,
    connection,
    ...(format === 'fhir' ? { type } : {}),
    now: Date.now(),
    answers: ({ step }) => remembered.get(step),
    remembered,
    madeUp: false,
    cache: null,
  };
}

function ofFile(project: Project, flow: Flow, from: string): Material {
  const found = caseNamed(project, flow, from);
  if (found !== null) {
    const cache = join(project.folder, '.suture', 'steps', flow.name, `${found.name}.json`);
    const { site, type, connection, now } = found.settings;
    return {
      bytes: found.input.bytes,
      ...(site === undefined ? {} : { site }),
      ...(type === undefined ? {} : { type }),
      ...(connection === undefined ? {} : { connection }),
      now: Date.parse(now),
      answers: answersOf(found),
      remembered: rememberedSteps(cache),
      madeUp: true,
      cache,
    };
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(from === '-' ? 0 : from);
  } catch (error) {
    const fix = 'Give the name of a case, of a file, or the id that "suture messages" shows.';
    throw notThere(
      `"${from}" is no case of ${flow.name}, no file that can be read, and no message id.`,
      fix,
      error,
    );
  }
  const madeUp = resolve(from).startsWith(join(project.folder, FIXTURES) + sep);
  return { bytes, now: Date.now(), answers: () => undefined, remembered: new Map(), madeUp, cache: null };
}

/** By its name, its folder, or the message in it; `null` when it is no case. */
function caseNamed(project: Project, flow: Flow, from: string): Case | null {
  const fixtures = join(project.folder, FIXTURES);
  const places = [join(fixtures, flow.name, from), resolve(from), resolve(project.folder, from)];
  for (const place of places) {
    if (!existsSync(place)) continue;
    const folder = statSync(place).isDirectory() ? place : dirname(place);
    if (!/^in\./.test(basename(place)) && folder !== place) continue;
    const inside = relative(fixtures, folder);
    if (inside.startsWith('..') || inside.split(sep).length !== 2) continue;
    const { found, faults } = readCase(folder, inside.split(sep)[0] as string);
    if (found !== undefined) return found;
    const [fault] = faults;
    throw notThere(
      `${fault?.file}${fault?.line ? `:${fault.line}` : ''}: ${fault?.reason}.`,
      `${fault?.fix}.`,
    );
  }
  return null;
}

function rememberedSteps(cache: string): ReadonlyMap<string, Json> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(cache, 'utf8')) as Record<string, Json>));
  } catch {
    return new Map();
  }
}

function keepSteps(cache: string, played: Played): void {
  mkdirSync(dirname(cache), { recursive: true, mode: 0o700 });
  writeFileSync(cache, JSON.stringify(Object.fromEntries(played.remembered)), { mode: 0o600 });
}

// ---------------------------------------------------------------- names

export function flowNamed(project: Project, name: string): Flow {
  const flow = project.flows.find((one) => one.name === name);
  if (flow !== undefined) return flow;
  const names = project.flows.map((one) => one.name);
  const near = nearest(name, names);
  throw notThere(
    `There is no flow "${name}".`,
    near ? `Did you mean "${near}"?` : `There are: ${names.join(', ') || 'none'}.`,
  );
}

function siteNamed(project: Project, flow: Flow, name: string | undefined) {
  const possible = project.sites.map(({ record }) => record).filter((record) => runsAt(flow, record));
  const site = name === undefined ? possible[0] : possible.find((one) => one.site === name);
  if (site !== undefined) return site;
  throw notThere(
    name === undefined
      ? `The flow ${flow.name} runs at no site.`
      : `The flow ${flow.name} does not run at a site "${name}".`,
    `It runs at: ${possible.map((one) => one.site).join(', ') || 'none; make a site record'}.`,
  );
}

/** A step by its id, or by enough of it: `--start map` is `map-contact` where no other has that in it. */
function stepNamed(flow: Flow, text: string): Flow['steps'][number] {
  const plain = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const { steps } = flow;
  const tests: ((id: string) => boolean)[] = [
    (id) => id === text,
    (id) => plain(id) === plain(text),
    (id) => plain(id).startsWith(plain(text)),
    (id) => plain(id).includes(plain(text)),
  ];
  for (const fits of tests) {
    const found = steps.filter(({ id }) => fits(id));
    if (found.length === 1) return found[0] as Flow['steps'][number];
    if (found.length > 1) {
      const names = found.map(({ id }) => id).join(', ');
      throw notThere(`"${text}" may be several steps of ${flow.name}: ${names}.`, 'Write more of its name.');
    }
  }
  const ids = steps.map(({ id }) => id);
  const near = nearest(text, ids);
  throw notThere(
    `${flow.name} has no step "${text}".`,
    near ? `Did you mean "${near}"?` : `It has: ${ids.join(', ')}.`,
  );
}

const notThere = (message: string, fix: string, cause?: unknown): Failure =>
  new Failure({ code: 'RUN_FROM', kind: 'config', message, fix, ...(cause === undefined ? {} : { cause }) });

// ---------------------------------------------------------------- telling

const MASK = '•••';

/** Names of fields stay; what stands in them does not. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value === null ? null : MASK;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)]));
}

function tell(flow: Flow, played: Played, before: readonly string[], wish: StepWish, clear: boolean): void {
  const show = (value: unknown): unknown => (clear ? value : masked(value));
  const calls = new Map(played.calls.map((call): [string, PlayedCall] => [call.step, call]));
  for (const entry of played.trace) {
    if (before.includes(entry.step)) continue;
    const effect = calls.get(entry.step)?.effect === true;
    const told = {
      flow: flow.name,
      step: entry.step,
      kind: entry.kind,
      state: effect && entry.state === 'done' ? 'would do' : entry.state,
      ...('connection' in entry ? { at: `${entry.connection} ${entry.do}` } : {}),
      ...(entry.input === undefined || entry.kind === 'filter' ? {} : { with: show(entry.input) }),
      // Of what was not done there is no answer to show.
      ...(entry.output === undefined || effect ? {} : { value: show(found(entry)) }),
    };
    wish.json ? printJson(told) : printStep(told);
  }
  if (wish.json) {
    const { end, failure = null, withheld } = played;
    printJson({ flow: flow.name, end, failure, ...(withheld === undefined ? {} : { withheld }) });
    return;
  }
  printLine(`${played.end}`);
  for (const line of withheldLines(played.withheld)) printLine(line);
  if (played.failure) printLine(`    ${played.failure.message} ${played.failure.fix}`);
  if (played.unanswered) {
    const { step } = played.unanswered;
    printLine(
      `    Nothing is asked of a site here. Write the answer to the case (answers: ${step}), or let the running engine ask: --dry.`,
    );
  }
  if (!clear) printLine('    Values are masked; --reveal shows them.');
}

/** Of a find the match itself, as later steps see it. */
const found = ({ kind, output }: TraceEntry): unknown =>
  kind === 'find' ? ((output as { matches?: unknown } | null)?.matches ?? output) : output;

function printStep(told: {
  step: string;
  kind: string;
  state: string;
  at?: string;
  with?: unknown;
  value?: unknown;
}): void {
  printLine(
    `${told.state.padEnd(12)}${told.kind} ${told.step}${told.at === undefined ? '' : ` (${told.at})`}`,
  );
  if (told.with !== undefined) printLine(`    with   ${JSON.stringify(told.with)}`);
  if (told.value !== undefined) printLine(`    value  ${JSON.stringify(told.value)}`);
}
