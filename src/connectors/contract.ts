/**
 * The contract between a connector and the rest of Suture. A connector is code that can talk to a kind
 * of thing; a connection is one configured instance of it at a site. The engine gives a connection what
 * it may use (`ConnectionContext`, implemented on the store) and uses what it offers (`Connection`).
 *
 * Nothing here names a store, a flow or the engine: connectors stand below all of them.
 */
import type { ZodType } from 'zod';
import type { Asked, ConsentFacts, RunMemory, SharedSlot, SigningAlgorithm } from '../fhir/index.ts';
import type { Door, Format, MessageFlag } from '../message/index.ts';
import type { Observed, SiteLearning } from '../site/index.ts';
import type { Clock, Failure, Json } from '../std/index.ts';
import type { Capability, Method, ResourceSpec } from './capability.ts';
import type { CdsCaller } from './cds/caller.ts';
import type { FileDoor } from './file-door.ts';
import type { HttpAnswer, HttpRequest } from './http.ts';
import type { WriteLedger } from './write-ledger.ts';

export type { CdsCaller } from './cds/caller.ts';
export type * from './file-door.ts';
export type { HttpAnswer, HttpRequest } from './http.ts';
export type * from './write-ledger.ts';

// ---------------------------------------------------------------- what comes in

/** What intake decided, rendered by the connector in its protocol's own words. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly messageId: string; readonly receivedAt: number }
  /** Same sender, same id, same bytes: the stored positive answer again, nothing delivered. */
  | { readonly kind: 'duplicate'; readonly messageId: string; readonly receivedAt: number }
  | {
      readonly kind: 'rejected';
      readonly messageId: string;
      readonly receivedAt: number;
      readonly reason: string;
    }
  /** Not kept. No positive and no final negative answer may be given: MLLP closes, HTTP says 503. */
  | { readonly kind: 'not kept'; readonly failure: Failure };

/** A thing received. Its bytes are kept as they are; nothing is answered before `reply` is called. */
export interface Inbound {
  readonly bytes: Uint8Array;
  readonly format: Format;
  readonly door: Door;
  /** `ADT^A01`, `Appointment`, a hook's path. */
  readonly type: string;
  /** The sender's own id of it (MSH-10, a webhook id); `null` when it gives none, and then no repeat is recognised. */
  readonly key: string | null;
  /** The patient's medical record number by the site's own system, where the connector knows it and the bytes are no HL7. */
  readonly patient?: string;
  /** Who the sender says it is, part of the dedupe key with the connection and `key`: MSH-3 and MSH-4. */
  readonly sender?: string;
  /** Why it cannot be accepted (no usable MSH ...): it is kept as rejected. */
  readonly refused?: string;
  readonly flags?: readonly MessageFlag[];
  /** Called exactly once, and only with what the store has committed (or could not). */
  readonly reply: (verdict: Verdict) => void;
}

/** Handed to `listen`. `receive` never throws; back-pressure is the engine calling `pause` and `resume`. */
export interface Receiver {
  receive(inbound: Inbound): void;
  /** For a connection that reads files: batches of records with the position behind them. */
  readonly files?: FileDoor;
  /** Bytes between frames and other things that are no message: counted and shown. */
  noise(noise: { readonly kind: 'garbage' | 'too-large' | 'broken-frame'; readonly bytes: number }): void;
}

/** A source that is listening. */
export interface Listening {
  /** Where it listens, for people: `127.0.0.1:6661`. */
  readonly address: string;
  /** Stop reading from every peer: the only honest back-pressure that MLLP has. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

// ---------------------------------------------------------------- what is learnt by asking

/** A patient this site's feeds or lists made known. Identifiers are sealed at rest. */
export interface RosterEntry {
  /** Keyed hash of site, assigner and identifier: what indexes use. */
  readonly key: string;
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
  /** The EHR's own id, once found. */
  readonly fhirId?: string;
  /** Last sign of life, milliseconds: a feed's message or a change found. */
  readonly activeAt: number;
}

/** A record found by asking, new by content hash. */
export interface Learned {
  readonly bytes: Uint8Array;
  readonly resource: string;
  /** First sighting, or a changed hash. Never twice `created` for one identity. */
  readonly change: 'created' | 'updated';
  /**
   * What makes it one thing whatever the method: `CSN:<value>` for an Appointment. Not a patient's id.
   */
  readonly identity: string;
  /** SHA-256 of the canonical content. */
  readonly hash: string;
  /** The patient it is about, as a roster key, where known. */
  readonly patient?: string;
  /** The message that told it, where one did. */
  readonly parent?: string;
}

/** Something worth telling that is not a failure: data left out, a filter the server ignored. */
export interface Finding {
  readonly code: string;
  readonly text: string;
  readonly count: number;
}

/** What the site record says of learning one resource; lengths of time in milliseconds. */
export type LearnSettings = Omit<SiteLearning, 'resource' | 'from'>;

export interface LearnRequest {
  readonly resource: string;
  readonly settings: LearnSettings;
  /** As the last answer gave it; `null` at the very first. Opaque to everyone but the connector. */
  readonly cursor: Json;
  /** `feed wakes read`: ask for these roster keys only, now. */
  readonly wake?: readonly string[];
  /** A change of method: learn hashes and give no events, until `seeded` of the answer. */
  readonly seed?: boolean;
  readonly signal: AbortSignal;
}

/** Committed in one transaction: messages, seen hashes, roster changes and the cursor, or none. */
export interface LearnAnswer {
  readonly inbound: readonly Learned[];
  readonly cursor: Json;
  readonly roster?: readonly RosterEntry[];
  /**
   * Hashes to remember without an event, for an answer to `seed`. What stands in `inbound` is marked by the
   * engine from `identity` and `hash` and is not repeated here.
   */
  readonly seen?: readonly { readonly resource: string; readonly identity: string; readonly hash: string }[];
  readonly findings: readonly Finding[];
  /** True when there is more to ask for right away; false: wait for the next turn. */
  readonly more: boolean;
  /** Milliseconds until asking is due again, where it is not the interval of the settings. */
  readonly wait?: number;
  /** Answering `seed`: all there is has been looked at. */
  readonly seeded?: boolean;
  /** The count of all there is that `inbound` and `seen` belong to; what none has touched at its end is gone. */
  readonly census?: number;
  /** A count is complete: what was last touched by an earlier one is there no more. */
  readonly gone?: { readonly before: number };
}

// ---------------------------------------------------------------- what is done

/** One effect that a flow asks for. Plain data, so that it can be shown before it is done. */
export interface Call {
  /** The capability: `patient.find`, `send`, `appointment.create`. */
  readonly do: string;
  readonly args: Json;
}

/** What a connection is told about the delivery it works for. */
export interface CallContext {
  /** The same for every attempt of this step of this delivery, and for no other: `d<delivery>.<step>`. */
  readonly idempotencyKey: string;
  /** Its id, for what is written down about it. */
  readonly delivery: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** An earlier attempt may have arrived: find before you create, flag what you send. */
  readonly possibleDuplicate: boolean;
  readonly flow: string;
  readonly step: string;
  /** The message as it was received, for connections that pass it on. */
  readonly message: { readonly id: string; readonly bytes: Uint8Array; readonly format: Format };
  readonly signal: AbortSignal;
  /** What this attempt at this delivery has read already; see `rememberingReads`. */
  readonly reads?: RunMemory;
}

// ---------------------------------------------------------------- what a connection is given

/** Secrets and keys by reference, opened only at the moment of use. */
export interface Secrets {
  /** The secret's text; a `config` Failure that names it when it is missing. */
  get(name: string): Promise<string>;
  /**
   * A signing key of this connection, made at first use; its public half is at `/.well-known/jwks.json`. While it is being
   * exchanged, the one to sign with now.
   */
  signingKey(
    name: string,
    algorithm?: SigningAlgorithm,
  ): Promise<{
    readonly kid: string;
    readonly alg: 'RS384' | 'ES384';
    readonly privateJwk: Readonly<Record<string, unknown>>;
  }>;
}

/** One bucket per site, shared by every connection and flow there. */
export interface Budget {
  /**
   * Resolves when a request may be made; rejects when `signal` aborts. `person`: somebody waits for it, and a share is kept for
   * them.
   */
  take(signal: AbortSignal, who?: 'flow' | 'person'): Promise<void>;
  /** The site said to slow down; for `ms`, or by half when it did not say. */
  slow(ms?: number): void;
  /** How long an answer took, milliseconds: a site that becomes slow is asked less. */
  answered?(ms: number): void;
}

/** How a call ended; summed per minute into the store, and what the monitor reads. */
export interface CallOutcome {
  readonly kind: 'ok' | Failure['kind'];
  readonly code?: string;
  readonly ms: number;
}

/** A site's identifier systems. */
export interface IdentifierSystems {
  readonly mrn: string;
  /** Left out: whatever the connector takes for a visit number. */
  readonly csn?: string;
}

/** Of the roster only those whose last sign of life was at `from` or later, and before `to`. */
export interface Activity {
  readonly from?: number;
  readonly to?: number;
}

/** A patient that a list names: by its FHIR id, by identifiers, or both. */
export interface Listed {
  readonly fhirId?: string;
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
}

export interface ConnectionContext {
  readonly site: string;
  readonly connection: string;
  /** How this site names the identifiers that records are known by. */
  readonly identifiers: IdentifierSystems;
  /** Resources that the site record learns by this connection. */
  readonly learnt: readonly string[];
  /** Of these, by the Group whose exports they are learnt from. */
  readonly exported: Readonly<Record<string, readonly string[]>>;
  readonly clock: Clock;
  /** The site's, IANA: times of HL7 messages are local to it. */
  readonly timeZone: string;
  readonly secrets: Secrets;
  /** A small sealed value of this connection that outlives the process, and that all nodes share. */
  readonly shared: (name: string) => SharedSlot;
  readonly budget: Budget;
  /** For connections that create records in an EHR, where a lost reply must be found out, not repeated. */
  readonly ledger: WriteLedger;
  /** Another connection of the same site, for a write that goes that way; `undefined` when there is none that can be called. */
  readonly neighbour: (name: string) => ((call: Call, about: CallContext) => Promise<Json>) | undefined;
  readonly roster: {
    /** Entries after `after` (a roster key, `null` from the start), in key order. */
    page(after: string | null, limit: number, activity?: Activity): Promise<readonly RosterEntry[]>;
    get(keys: readonly string[]): Promise<readonly RosterEntry[]>;
  };
  readonly seen: {
    /** Hash by identity, of what has been learnt of this resource at this site. */
    get(resource: string, identities: readonly string[]): Promise<ReadonlyMap<string, string>>;
  };
  /** Keyed hash of a patient identifier: stable in one installation, meaningless outside it. */
  readonly patientKey: (system: string, value: string) => string;
  readonly report: (outcome: CallOutcome) => void;
  /** What its server was seen to say, as the files beside the record have it now. */
  readonly observed: () => Observed;
  /** What looked like success and was not all: counted per minute beside outcomes, as the monitor reads them. */
  readonly found: (findings: readonly Finding[]) => void;
  /** Never with patient data: ids, counts, codes. */
  readonly log: (
    level: 'info' | 'warn' | 'error',
    text: string,
    facts?: Readonly<Record<string, Json>>,
  ) => void;
}

// ---------------------------------------------------------------- what a connection offers

export interface TestResult {
  readonly check: string;
  readonly ok: boolean;
  readonly text: string;
  readonly failure?: Failure;
}

/**
 * How a person lets a connection work in their name, in the browser (SMART App Launch). The engine keeps what must come back
 * unchanged, ties it to the browser and lets it be used once; the connection knows what is asked and what an answer means.
 */
export interface SignIn {
  /** `standalone`: from a link of ours. `ehr`: from within the EHR, by a button that opens our launch address. */
  readonly begins: readonly ('standalone' | 'ehr')[];
  /** FHIR bases that may launch us; nothing else that calls itself an EHR is asked anything. */
  readonly issuers: readonly string[];
  /** For the person, before they go: where to, as which client, for what. */
  readonly about: { readonly host: string; readonly clientId: string; readonly scopes: readonly string[] };
  /** `state`: to be sent along. `launch`: what the EHR handed over. `asked` is a secret until the browser is back. */
  start(request: {
    readonly redirectUri: string;
    readonly state: string;
    readonly launch?: string;
    readonly signal: AbortSignal;
  }): Promise<{ readonly url: string; readonly asked: Asked }>;
  finish(request: {
    readonly redirectUri: string;
    readonly code: string;
    readonly asked: Asked;
    readonly signal: AbortSignal;
  }): Promise<ConsentFacts>;
  /** The consent that it works with; `null`: none yet. */
  facts(): Promise<ConsentFacts | null>;
  /** Forgets it, tokens and all. */
  disconnect(): Promise<void>;
}

export interface Connection {
  /** Only where a person's consent is what it works with. */
  readonly signIn?: SignIn;
  /** Tells what is wrong, one check a line: route, sign-in, scope. Changes nothing at the other side. */
  test(signal: AbortSignal): Promise<readonly TestResult[]>;
  /** Asks the server what it is and has, harmlessly: `suture probe`, and the drift that a running engine reports. */
  observe?(signal: AbortSignal): Promise<Observed>;
  /**
   * Makes records about nobody at the other side, to see which headers it honours, and removes them again. The caller sees to
   * it that this is no production.
   */
  tryWrites?(signal: AbortSignal): Promise<Observed>;
  /** A source that others connect to. Rejects with a `config` Failure when it cannot (port in use). */
  listen?(receiver: Receiver): Promise<Listening>;
  /** A source that we ask. */
  learn?(request: LearnRequest): Promise<LearnAnswer>;
  /** Resources that `learn` can be asked for, and by which methods. The site record chooses. */
  readonly learns?: readonly { readonly resource: string; readonly methods: readonly Method[] }[];
  /** The members of a list of patients that the other side keeps. */
  members?(
    list: { readonly resource: 'Group' | 'List'; readonly id: string },
    signal: AbortSignal,
  ): AsyncIterable<Listed>;
  /** Does one effect and gives back what it gave, plain JSON; throws a Failure. */
  call?(call: Call, context: CallContext): Promise<Json>;
  /** A source over HTTP: mounted by the API below `/hooks/<site>/<connection>`. */
  http?(request: HttpRequest, receiver: Receiver): Promise<HttpAnswer>;
  /** A hospital that calls CDS services. */
  readonly cds?: CdsCaller;
  close(): Promise<void>;
}

/** The four checks a configured connection is read with, before it is opened. */
export interface Connector<Config = unknown> {
  readonly name: string;
  /** What it is, one sentence, for the docs and the console. */
  readonly about: string;
  /** The fields of its connections in a site record, for editors and the reference; `parse` reads by the same declaration. */
  readonly fields?: ZodType;
  /** Parses a connection's record; throws a `config` Failure that names the field and the fix. */
  parse(record: unknown, at: { readonly site: string; readonly connection: string }): Config;
  open(config: Config, context: ConnectionContext): Connection;
  /**
   * Names of secrets that are keys and certificates (PEM), beside `secret` and `auth.secret`, which every connector may have: they come
   * from the environment as those do, and nothing can be made up in their place.
   */
  keys?(config: Config): readonly string[];
  /** What it can do, as flows name it. Static: what this site lacks of it, observed facts say. */
  readonly capabilities: readonly Capability[];
  /** What it knows of each resource that it finds or learns: identity, methods, scopes, search keys. */
  readonly resources?: readonly ResourceSpec[];
}
