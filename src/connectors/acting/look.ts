/** Looks whether a record is there: asks, compares, and never picks among several. */
import {
  codesOf,
  type FhirClient,
  type FhirResource,
  objectsIn,
  type SearchEntry,
} from '../../fhir/index.ts';
import { asFailure } from '../../std/index.ts';
import { partOf, plainText, textOf } from './compare.ts';
import { readable, textIn } from './document-reference.ts';
import type { Kind, Looking, Question } from './kind.ts';
import type { Looked } from './write-once.ts';

export interface LookMeans {
  readonly client: Pick<FhirClient, 'baseUrl' | 'searchAll' | 'read'>;
  readonly signal: AbortSignal;
  readonly timeZone: string;
  /** Which of these records other writes have made: `Observation/e1`. */
  readonly taken: (records: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Issue codes that say that the server did not show all that it has. */
  readonly leftOut: ReadonlySet<string>;
}

type Found = FhirResource & { readonly id: string };

export async function look(
  kind: Kind,
  ours: FhirResource,
  sentAt: number | null,
  means: LookMeans,
): Promise<Looked> {
  const looking: Looking = { sentAt, baseUrl: means.client.baseUrl, timeZone: means.timeZone };
  const questions = kind.questions(ours, looking);
  if (questions.length === 0)
    return { kind: 'unsearchable', why: 'it has nothing that it could be searched by' };
  let incomplete: string | undefined;
  for (const question of questions) {
    const answer = await ask(kind, question, means);
    if (typeof answer === 'string') {
      incomplete ??= answer;
      continue;
    }
    const judged = answer.entries.map((theirs) => ({
      theirs,
      compared: kind.compare(ours, theirs, looking),
    }));
    const doubts = judged.flatMap(({ compared }) => (compared.verdict === 'doubt' ? [compared.about] : []));
    let same: readonly Found[] = judged.flatMap(({ theirs, compared }) =>
      compared.verdict === 'same' ? [theirs] : [],
    );
    if (question.by === 'content' && same.length > 0) {
      if (kind.toldApartByText) {
        const told = await byText(ours, same, means);
        if (told === 'unreadable') return { kind: 'doubt', about: ['its text'] };
        same = told;
      }
      const taken = await means.taken(same.map(({ id }) => `${kind.type}/${id}`));
      same = same.filter(({ id }) => !taken.has(`${kind.type}/${id}`));
    }
    if (same.length + doubts.length > 1) return { kind: 'several', count: same.length + doubts.length };
    const [one] = same;
    if (one) return { kind: 'one', id: one.id, resource: one };
    const [about] = doubts;
    if (about) return { kind: 'doubt', about };
    incomplete ??= answer.leftOut;
  }
  return incomplete === undefined ? { kind: 'none' } : { kind: 'unsearchable', why: incomplete };
}

interface Answer {
  readonly entries: readonly Found[];
  readonly leftOut: string | undefined;
}

/** A text: why it cannot be asked. What may pass is thrown. */
async function ask(kind: Kind, question: Question, means: LookMeans): Promise<Answer | string> {
  try {
    const { entries, issues } = await means.client.searchAll(kind.type, question.params, means.signal);
    const left = codesOf(issues).filter((code) => means.leftOut.has(code));
    return {
      entries: once(entries, kind.type),
      leftOut: left.length === 0 ? undefined : `the server left out part of what it has (${left.join(', ')})`,
    };
  } catch (error) {
    const failure = asFailure(error);
    if (failure.kind !== 'validation') throw error;
    return `the server refuses the search (${failure.code})`;
  }
}

/** The same record may stand on two pages. */
function once(entries: readonly SearchEntry[], type: string): readonly Found[] {
  const found = new Map<string, Found>();
  for (const { resource } of entries) {
    if (resource.resourceType === type && typeof resource.id === 'string')
      found.set(resource.id, resource as Found);
  }
  return [...found.values()];
}

/** Those that say what ours says. A document that cannot be read cannot be told apart. */
async function byText(
  ours: FhirResource,
  same: readonly Found[],
  means: LookMeans,
): Promise<readonly Found[] | 'unreadable'> {
  const [first] = objectsIn(ours.content);
  const text = textIn(first?.attachment);
  if (text === undefined) return 'unreadable';
  const equal: Found[] = [];
  for (const theirs of same) {
    const texts = await textsOf(theirs, means);
    if (texts.length === 0) return 'unreadable';
    if (texts.some((one) => plainText(one) === plainText(text))) equal.push(theirs);
  }
  return equal;
}

async function textsOf(document: FhirResource, { client, signal }: LookMeans): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const { attachment } of objectsIn(document.content)) {
    const inline = textIn(attachment);
    if (inline !== undefined) {
      texts.push(inline);
      continue;
    }
    const id = /(?:^|\/)Binary\/([A-Za-z0-9.-]+)$/.exec(textOf(partOf(attachment)?.url) ?? '')?.[1];
    if (id === undefined) continue;
    try {
      const binary = await client.read('Binary', id, signal);
      const type = textOf(binary.contentType) ?? textOf(partOf(attachment)?.contentType) ?? '';
      const content = Buffer.from(textOf(binary.data) ?? '', 'base64').toString('utf8');
      const text = readable(content, type);
      if (text !== undefined) texts.push(text);
    } catch (error) {
      const failure = asFailure(error);
      if (failure.kind !== 'validation' && failure.kind !== 'config') throw error;
    }
  }
  return texts;
}
