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
  /** SMART v2 scopes that it needs: `system/Patient.rs`. */
  readonly scopes: readonly string[];
}

/** What a resource of a connector is: its identity, its ways of being learnt and what can be done with it. */
export interface ResourceSpec {
  readonly resource: string;
  /** In words: `CSN`. */
  readonly identity: string;
  readonly methods: readonly ('poll' | 'feed' | 'feed wakes read')[];
  readonly scopes: { readonly learn: readonly string[] };
  /** Search parameters that finding and learning rely on; a server that lacks one must be found out before go-live. */
  readonly searchKeys?: readonly string[];
  readonly capabilities: readonly Capability[];
}
