/** Sign-ins at EHRs and signing keys over the wire: types only. */
import type { KeyView, SignInView } from '../engine/index.ts';

/** Connections that work with a person's consent, and what is registered with an EHR. */
export interface SignInsAnswer {
  readonly register: Registration;
  readonly rows: readonly SignInView[];
}

/** Our addresses, as an EHR's record of the client must have them: letter by letter. */
export interface Registration {
  readonly redirectUri: string;
  readonly launchUrl: string;
  readonly keySetUrl: string;
}

export interface InvitationAnswer {
  /** For the person who is to consent; works once. */
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface KeysAnswer {
  readonly keys: readonly KeyView[];
}
