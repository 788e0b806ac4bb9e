/** The EHR's part of a drafted record: what it is, where, what it offers, how one signs in, and the connection that asks it. */
import { ehrProfiles, MATRIX_RESOURCES, shortScopes } from '../../connectors/index.ts';
import { isPlaceholder, type Observed, TO_CONFIRM } from '../../site/index.ts';
import { listed } from './feed-part.ts';
import type { Remark, ToConfirm } from './note.ts';
import type { SeenServer } from './servers.ts';

export interface EhrPart {
  readonly ehr: Readonly<Record<string, unknown>>;
  readonly connections: Readonly<Record<string, unknown>>;
  /** The connection to the EHR, where there is one. */
  readonly connection: string | undefined;
  readonly epic: boolean;
  readonly confirm: readonly ToConfirm[];
  readonly remarks: readonly Remark[];
}

export interface EhrPartInput {
  readonly servers: readonly SeenServer[];
  /** What it was seen to say to whoever signed in. */
  readonly signedIn: Observed;
  readonly clientId: string | undefined;
  /** The name of the client secret, where the client signs in by one. */
  readonly secret: string | undefined;
  /** Applications that send HL7 (MSH-3). */
  readonly senders: readonly string[];
  /** HL7 message types that were seen. */
  readonly types: readonly string[];
}

export function ehrPart(input: EhrPartInput): EhrPart {
  const { servers, signedIn, senders, types } = input;
  const confirm: ToConfirm[] = [];
  const remarks: Remark[] = [];
  const main =
    servers.find(({ version }) => version === 'r4') ?? servers.find(({ version }) => version !== null);
  const metadata = main?.observed.metadata;
  const vendor = vendorOf(metadata?.software.name, servers, senders);
  const epic = vendor === 'epic';
  confirm.push({
    at: ['ehr', 'vendor'],
    role: 'project manager',
    text:
      metadata?.software.name !== undefined
        ? `that it is this EHR (the server calls itself "${metadata.software.name}"), and which releases the site takes (cadence)`
        : vendor === TO_CONFIRM
          ? 'which EHR it is, and which releases the site takes (cadence)'
          : 'that it is this EHR, and which releases the site takes (cadence)',
  });
  if (metadata?.software.version === undefined)
    confirm.push({ at: ['ehr', 'vendor'], role: 'web services analyst', text: 'its version' });
  const endpoints = Object.fromEntries(
    servers.flatMap(({ version, base }) => (version === null ? [] : [[version, base]])),
  );
  const modules = epic ? modulesOf(types, confirm) : {};
  const apis = metadata === undefined ? {} : apisOf(metadata, confirm, remarks);
  const granted = signedIn.scopes?.told ? signedIn.scopes.scopes : [];
  const offered = main?.observed.smart?.scopesNamed ?? [];
  if (main !== undefined && granted.length === 0)
    confirm.push({
      at: ['ehr', 'endpoints'],
      role: 'web services analyst',
      text: `which scopes our client is granted; ${offered.length === 0 ? 'the server names none' : `the server names ${offered.length}: ${cut(shortScopes(offered))}`}`,
    });
  for (const { what, answer } of signedIn.trials?.trials ?? [])
    if (answer === 'not granted' || answer === 'user may not')
      confirm.push({
        at: ['ehr', 'scopes'],
        role: 'web services analyst',
        text: `${what}: ${answer}; is it to be?`,
      });
  const connection = main === undefined ? undefined : epic ? 'epic' : 'ehr';
  return {
    ehr: {
      vendor,
      ...(metadata?.software.version === undefined ? {} : { version: metadata.software.version }),
      ...(Object.keys(modules).length === 0 ? {} : { modules }),
      ...(Object.keys(apis).length === 0 ? {} : { apis }),
      ...(granted.length === 0 ? {} : { scopes: granted }),
      ...(Object.keys(endpoints).length === 0 ? {} : { endpoints }),
    },
    connections:
      main === undefined || connection === undefined
        ? {}
        : { [connection]: connectionOf(main, connection, input, epic, confirm, remarks) },
    connection,
    epic,
    confirm,
    remarks,
  };
}

function vendorOf(
  software: string | undefined,
  servers: readonly SeenServer[],
  senders: readonly string[],
): string {
  const known = (text: string): string | undefined => {
    const words = text.toLowerCase();
    return ehrProfiles.find(({ vendors }) => vendors.some((vendor) => words.includes(vendor)))?.id;
  };
  // What is no EHR of these is what the server calls itself; of a server that says nothing, who sends may tell.
  if (software !== undefined) return known(software) ?? software.slice(0, 60);
  const said = [...servers.map(({ base }) => new URL(base).host), ...senders].map(known);
  return said.find((each) => each !== undefined) ?? TO_CONFIRM;
}

/** Modules of Epic that messages speak of. */
const MODULES: readonly (readonly [
  module: string,
  types: RegExp,
  role: 'Cadence analyst' | 'Prelude/ADT analyst' | 'Beaker analyst' | 'Resolute analyst' | 'Willow analyst',
])[] = [
  ['cadence', /^SIU\^/, 'Cadence analyst'],
  ['prelude', /^ADT\^/, 'Prelude/ADT analyst'],
  ['beaker', /^ORU\^/, 'Beaker analyst'],
  ['resolute', /^DFT\^/, 'Resolute analyst'],
  ['willow', /^RDE\^/, 'Willow analyst'],
];

function modulesOf(types: readonly string[], confirm: ToConfirm[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [module, pattern, role] of MODULES) {
    const seen = types.filter((type) => pattern.test(type));
    if (seen.length === 0) continue;
    found[module] = `seen: ${listed(seen)}`;
    confirm.push({
      at: ['ehr', 'modules', module],
      role,
      text: 'that it is in use; another system may send these',
    });
  }
  return found;
}

/** What the server offers of the resources that flows work with; whether our client may is another question. */
function apisOf(
  metadata: NonNullable<Observed['metadata']>,
  confirm: ToConfirm[],
  remarks: Remark[],
): Readonly<Record<string, unknown>> {
  const apis: Record<string, unknown> = {};
  for (const resource of MATRIX_RESOURCES) {
    const found = metadata.resources[resource];
    if (found === undefined) {
      remarks.push({ at: ['ehr', 'apis'], text: `the server offers no ${resource}` });
      continue;
    }
    const operations = found.operations.length === 0 ? '' : `; operations ${found.operations.join(', ')}`;
    const search = found.search.length === 0 ? '' : `; search by ${found.search.join(', ')}`;
    apis[resource.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()] = {
      name: `${resource} (FHIR ${metadata.fhirVersion})`,
      resource,
      note: `offered: ${found.interactions.join(', ')}${search}${operations}`,
    };
  }
  const others = Object.keys(metadata.resources)
    .filter((type) => !(MATRIX_RESOURCES as readonly string[]).includes(type))
    .sort();
  if (others.length > 0)
    remarks.push({ at: ['ehr', 'apis'], text: `offered as well: ${cut(others.join(', '))}` });
  confirm.push({
    at: ['ehr', 'apis'],
    role: 'web services analyst',
    text: 'which of these are enabled for our client, since when, and what the vendor calls them',
  });
  return apis;
}

function connectionOf(
  { base, observed }: SeenServer,
  name: string,
  { clientId, secret }: EhrPartInput,
  epic: boolean,
  confirm: ToConfirm[],
  remarks: Remark[],
): Readonly<Record<string, unknown>> {
  const at = ['connections', name];
  const plain = base.startsWith('http://') && !/^http:\/\/(localhost|127\.|\[::1\])/.test(base);
  if (plain)
    confirm.push({
      at: [...at, 'plainHttp'],
      role: 'security reviewer',
      text: 'the address is http: tokens and patients’ data would cross the network readable',
    });
  const { smart } = observed;
  const common = { connector: epic ? 'epic' : 'fhir', fhirBase: base, ...(plain ? { plainHttp: true } : {}) };
  const more = epic ? {} : { changes: changesOf(observed) };
  if (smart === undefined && !epic) {
    confirm.push({
      at,
      role: 'web services analyst',
      text: 'how one signs in: the server has no SMART configuration',
    });
    return { ...common, ...more };
  }
  if (smart !== undefined)
    remarks.push({
      at: [...at, 'auth'],
      text: `offered: ${listed(smart.grants)}; signing in by ${listed(smart.authMethods)}`,
    });
  const { auth, text } = authOf(smart, secret);
  confirm.push({ at: [...at, 'auth'], role: 'web services analyst', text });
  const id = clientId === undefined || isPlaceholder(clientId) ? TO_CONFIRM : clientId;
  if (id === TO_CONFIRM)
    confirm.push({
      at: [...at, 'clientId'],
      role: 'web services analyst',
      text: 'our client id in this environment, and the background user it is mapped to',
    });
  return { ...common, clientId: id, auth, ...more };
}

/** By which way in, of those that the server offers: our key before a secret, ourselves before a person. */
function authOf(
  smart: Observed['smart'],
  secret: string | undefined,
): { readonly auth: Readonly<Record<string, unknown>>; readonly text: string } {
  const offers = (grant: string): boolean => smart?.grants.includes(grant) ?? true;
  const by = (method: string): boolean => smart?.authMethods.includes(method) ?? false;
  const method = offers('client_credentials') || !offers('authorization_code') ? 'backend' : 'consent';
  const post = by('client_secret_post') && !by('client_secret_basic');
  const client =
    secret !== undefined
      ? post
        ? 'secret post'
        : 'secret basic'
      : smart === undefined || by('private_key_jwt') || method === 'backend'
        ? 'key'
        : 'public';
  const auth = { method, client, ...(secret === undefined ? {} : { secret }) };
  const text =
    client === 'key'
      ? `how our client proves who it is: by key, as here, or by a secret? Our public key is at /.well-known/jwks.json`
      : 'how our client proves who it is';
  return { auth, text };
}

/** By `_lastUpdated` where every resource that is learnt lists it; else patient by patient. */
function changesOf({ metadata }: SeenServer['observed']): string {
  const searched = MATRIX_RESOURCES.flatMap((type) => {
    const found = metadata?.resources[type];
    return found === undefined ? [] : [found.search];
  });
  const all = searched.length > 0 && searched.every((names) => names.includes('_lastUpdated'));
  return all ? 'lastUpdated' : 'roster';
}

const LONGEST = 400;
const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)} ...`);
