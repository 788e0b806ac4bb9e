/**
 * What a connector can do, as flows name it. One file of a connector declares each resource's
 * capabilities; what a flow needs (scopes, search keys, fields) is computed from them.
 */
export interface Capability {
  /** `patient.find`, `send`: the `do` of a Call. */
  readonly name: string;
  readonly about: string;
  /** The FHIR resource it reads or writes, if any. */
  readonly resource?: string;
  /** Changes something at the other side. */
  readonly effect: boolean;
  /** The other side knows a repeat by its key: done again after a lost answer, it is not done twice. */
  readonly repeatable?: boolean;
  /** It keeps a ledger of what it writes: after a lost answer it finds out by itself before it does anything again. */
  readonly findsOut?: boolean;
  /** SMART v2 scopes that it needs: `system/Patient.rs`. */
  readonly scopes: readonly string[];
}

/** How a resource's changes are learnt: by asking patient by patient, from HL7 messages, by both, or from bulk exports. */
export type Method = 'poll' | 'feed' | 'feed wakes read' | 'bulk';

/** What one method takes and gives, for one resource: what people read before they choose. */
export interface Learning {
  readonly how: string;
  /** What has to be there: search parameters by name, HL7 message types, a Group. */
  readonly needs: readonly string[];
  /** Within which time a change is learnt, in words: `the interval of the round`. */
  readonly latency: string;
  /** What this method cannot tell, if anything. */
  readonly misses?: string;
  /** Where this is known from. */
  readonly ground: string;
}

/** One way that an action can go; the site record says which. */
export interface Route {
  readonly name: string;
  readonly about: string;
  readonly ground: string;
}

/** What a resource of a connector is: its identity, its ways of being learnt and what can be done with it. */
export interface ResourceSpec {
  readonly resource: string;
  /** In words: `CSN`. */
  readonly identity: string;
  readonly methods: readonly Method[];
  readonly scopes: {
    readonly learn: readonly string[];
    readonly create?: readonly string[];
    readonly update?: readonly string[];
  };
  /** Search parameters that finding and learning rely on; a server that lacks one must be found out before go-live. */
  readonly searchKeys?: readonly string[];
  /** One entry for each of `methods`. */
  readonly learning?: Readonly<Partial<Record<Method, Learning>>>;
  /** Elements that a create cannot do without. */
  readonly required?: readonly string[];
  /** By capability, the ways it can go: `{ 'appointment.create': [...] }`. */
  readonly routes?: Readonly<Record<string, readonly Route[]>>;
  readonly capabilities: readonly Capability[];
}
