/** What FHIR servers say of themselves, asked without credentials. */
import { discoverServer } from '../../connectors/index.ts';
import { createHttp, HttpError, usualLimits } from '../../fhir/index.ts';
import type { Observed } from '../../site/index.ts';
import { type Clock, Failure } from '../../std/index.ts';

export type FhirVersion = 'r4' | 'r5' | 'stu3' | 'dstu2';

export interface SeenServer {
  readonly base: string;
  /** `null`: it gave no statement, or one of a version that is not known here. */
  readonly version: FhirVersion | null;
  readonly observed: Pick<Observed, 'metadata' | 'smart'>;
}

export interface AskServers {
  readonly clock: Clock;
  /** Epic gives other addresses by client. */
  readonly clientId?: string;
  readonly tell: (text: string) => void;
}

const PATIENCE = 60_000;
/** Servers are often several, side by side, a version each. */
const VERSION_PATH = /\/(R4|R5|STU3|DSTU2)$/i;
const PATHS = ['R4', 'STU3', 'DSTU2', 'R5'];

/** @throws Failure: one that was named gives no answer, or is no FHIR server. */
export async function askServers(
  bases: readonly string[],
  { clock, clientId, tell }: AskServers,
): Promise<readonly SeenServer[]> {
  const http = createHttp(clock, { ...usualLimits, connect: 10_000, answer: 30_000, total: 45_000 });
  const signal = AbortSignal.timeout(PATIENCE);
  const budget = { take: () => Promise.resolve(), slow: () => undefined };
  const headers = clientId === undefined ? {} : { 'Epic-Client-ID': clientId };
  const ask = (fhirBase: string) => discoverServer({ http, clock, budget, fhirBase, headers, signal });
  const seen: SeenServer[] = [];
  try {
    for (const given of bases) {
      const base = addressOf(given);
      tell(`asking ${base}`);
      const observed = await ask(base).catch((error: unknown) => {
        throw unreachable(base, error);
      });
      if (observed.metadata === undefined && observed.smart === undefined) throw noServer(base);
      seen.push({ base, version: versionOf(observed), observed });
    }
    for (const base of siblings(seen.map((each) => each.base))) {
      // Nobody named it: that it is not there is no failure.
      const observed = await ask(base).catch(() => undefined);
      const version = observed === undefined ? null : versionOf(observed);
      if (observed === undefined || version === null) continue;
      if (seen.some((each) => each.version === version)) continue;
      tell(`${base} answers, too`);
      seen.push({ base, version, observed });
    }
  } finally {
    await http.close();
  }
  return seen;
}

/** `https://host/api/FHIR/STU3` beside `https://host/api/FHIR/R4`. */
function siblings(bases: readonly string[]): string[] {
  const found = new Set<string>();
  for (const base of bases)
    if (VERSION_PATH.test(base)) for (const path of PATHS) found.add(base.replace(VERSION_PATH, `/${path}`));
  return [...found].filter((base) => !bases.some((each) => each.toLowerCase() === base.toLowerCase()));
}

function addressOf(given: string): string {
  const url = URL.parse(given);
  const fit = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!fit || url.search !== '' || url.hash !== '')
    throw new Failure({
      code: 'DRAFT_ADDRESS',
      kind: 'config',
      message: 'What --fhir names is no address of a FHIR server.',
      fix: 'Give the base alone, without a user name or a query: https://host/api/FHIR/R4.',
    });
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function versionOf({ metadata }: SeenServer['observed']): FhirVersion | null {
  const text = metadata?.fhirVersion ?? '';
  if (text.startsWith('4.')) return 'r4';
  if (text.startsWith('5.')) return 'r5';
  if (text.startsWith('3.')) return 'stu3';
  return /^(1\.|0\.[4-9])/.test(text) ? 'dstu2' : null;
}

function unreachable(base: string, error: unknown): Failure {
  const why = error instanceof HttpError ? ` (${error.trouble}): ${error.message}` : '';
  return new Failure({
    code: 'DRAFT_UNREACHABLE',
    kind: 'unreachable',
    message: `${base} gives no answer${why.replace(/\.$/, '')}.`,
    fix: 'Check the address, and that the way there is open; the network engineer of the site knows.',
    cause: error,
  });
}

const noServer = (base: string): Failure =>
  new Failure({
    code: 'DRAFT_NO_SERVER',
    kind: 'config',
    message: `${base} answers, but neither /metadata nor /.well-known/smart-configuration is there.`,
    fix: 'Give the base of the FHIR server, such as https://host/api/FHIR/R4; the web services analyst of the site knows it.',
  });
