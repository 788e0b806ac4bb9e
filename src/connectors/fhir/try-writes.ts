/**
 * What no CapabilityStatement proves: whether a server honours `If-None-Exist` and `If-Match`, or takes the header and ignores
 * it. Records about nobody are made with it, twice each, and removed again. Never at a site in production.
 */
import { type FhirClient, type FhirResource, type Http, HttpError, type Tokens } from '../../fhir/index.ts';
import type { Observed } from '../../site/index.ts';
import { asFailure, type Clock, secret } from '../../std/index.ts';

type Writes = NonNullable<Observed['writes']>;
type Answer = Writes['types'][string]['conditionalCreate'];

export interface TryWritesOptions {
  readonly client: FhirClient;
  /** For removing what was made. */
  readonly http: Http;
  readonly tokens: Pick<Tokens, 'get'> | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Of nobody: the number is our own, and no person has it. */
const SYSTEM = 'urn:suture:write-trial';

const contents: Readonly<Record<string, (subject: string, at: string) => Readonly<Record<string, unknown>>>> =
  {
    Patient: () => ({
      name: [{ family: 'Write-Trial', given: ['Suture'] }],
      active: true,
      gender: 'unknown',
    }),
    Appointment: (subject, at) => ({
      status: 'cancelled',
      start: at,
      end: at,
      participant: [{ actor: { reference: subject }, status: 'declined' }],
    }),
    Encounter: (subject, at) => ({
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      subject: { reference: subject },
      period: { start: at, end: at },
    }),
    Observation: (subject, at) => ({
      status: 'final',
      code: { text: 'Write trial of Suture, about nobody' },
      subject: { reference: subject },
      effectiveDateTime: at,
      valueString: 'trial',
    }),
    DocumentReference: (subject) => ({
      status: 'current',
      subject: { reference: subject },
      content: [
        {
          attachment: {
            contentType: 'text/plain',
            data: Buffer.from('Write trial of Suture.').toString('base64'),
          },
        },
      ],
    }),
  };

export async function tryWrites(options: TryWritesOptions): Promise<Writes> {
  const { client, clock, signal } = options;
  const at = new Date(clock.now()).toISOString();
  const made: string[] = [];
  const types: Record<string, Writes['types'][string]> = {};
  let subject: string | undefined;
  try {
    for (const [type, contentOf] of Object.entries(contents)) {
      // Without a patient of our own nothing is written about one.
      if (type !== 'Patient' && subject === undefined) break;
      const value = secret(12);
      const content: FhirResource = {
        resourceType: type,
        identifier: [{ system: SYSTEM, value }],
        ...contentOf(subject ?? '', at),
      };
      const { id, answer } = await conditional(type, content, value, made, options);
      if (type === 'Patient' && id !== undefined) subject = `Patient/${id}`;
      const versions = id === undefined ? 'refused' : await versioned(type, id, content, options);
      types[type] = { conditionalCreate: answer, versions };
    }
  } finally {
    // What is about the patient first.
    for (const reference of made.splice(0).reverse())
      if (!(await removed(reference, options))) made.push(reference);
  }
  signal.throwIfAborted();
  return { observedAt: at, from: client.baseUrl, types, leftBehind: made };
}

/** Two creates with one condition: one record, or two. */
async function conditional(
  type: string,
  content: FhirResource,
  value: string,
  made: string[],
  { client, signal }: TryWritesOptions,
): Promise<{ readonly id: string | undefined; readonly answer: Answer }> {
  const ifNoneExist = `identifier=${encodeURIComponent(`${SYSTEM}|${value}`)}`;
  const ids: string[] = [];
  let answer: Answer = 'unclear';
  try {
    for (let turn = 0; turn < 2; turn++) {
      const written = await client.create(type, content, { signal, ifNoneExist });
      if (written.id !== undefined) ids.push(written.id);
    }
    if (ids.length === 2) answer = ids[0] === ids[1] ? 'works' : 'ignored';
  } catch (error) {
    const failure = asFailure(error);
    if (failure.kind === 'auth') throw error;
    answer = failure.kind === 'unknown-outcome' || failure.retry.again ? 'unclear' : 'refused';
  }
  // Whatever was answered: all that is there under this number is ours to remove.
  const found = await client
    .searchAll(type, { identifier: `${SYSTEM}|${value}` }, signal)
    .catch(() => ({ entries: [] }));
  for (const { resource } of found.entries)
    if (resource.resourceType === type && resource.id !== undefined) ids.push(resource.id);
  const all = [...new Set(ids)];
  made.push(...all.map((id) => `${type}/${id}`));
  return { id: all[0], answer: answer === 'works' && all.length > 1 ? 'ignored' : answer };
}

/** Two updates of one version: the second must be refused. */
async function versioned(
  type: string,
  id: string,
  content: FhirResource,
  { client, signal }: TryWritesOptions,
): Promise<Answer> {
  try {
    const now = await client.read(type, id, signal);
    const { versionId } = (now.meta ?? {}) as { versionId?: unknown };
    if (typeof versionId !== 'string') return 'refused';
    const changed = { ...now, ...content, id, language: 'en' };
    await client.update(type, id, changed, { signal, ifMatch: versionId });
    try {
      await client.update(type, id, { ...changed, language: 'de' }, { signal, ifMatch: versionId });
      return 'ignored';
    } catch (error) {
      const failure = asFailure(error);
      return failure.code === 'FHIR_CONFLICT' ? 'works' : 'unclear';
    }
  } catch (error) {
    const failure = asFailure(error);
    return failure.kind === 'unknown-outcome' || failure.retry.again ? 'unclear' : 'refused';
  }
}

async function removed(
  reference: string,
  { client, http, tokens, signal }: TryWritesOptions,
): Promise<boolean> {
  try {
    const headers: Record<string, string> = { accept: 'application/fhir+json' };
    if (tokens !== undefined) headers.authorization = `Bearer ${await tokens.get(signal)}`;
    const url = new URL(`${client.baseUrl}/${reference}`);
    const { status } = await http.send({ url, method: 'DELETE', headers, signal });
    return (status >= 200 && status < 300) || status === 404 || status === 410;
  } catch (error) {
    if (error instanceof HttpError) return false;
    throw error;
  }
}

/** Types of which a trial has shown that a header is honoured. */
export const provedBy = (
  writes: Observed['writes'],
  what: 'conditionalCreate' | 'versions',
): readonly string[] =>
  Object.entries(writes?.types ?? {}).flatMap(([type, answers]) => (answers[what] === 'works' ? [type] : []));
