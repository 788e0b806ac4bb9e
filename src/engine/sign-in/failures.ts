/** Why a sign-in in the browser does not go on. Told to whoever stands before the browser: no secret, no other site's name. */
import { type FailureEntry, failuresOf } from '../../std/index.ts';

export const signInFailures = {
  SIGN_IN_NOT_OFFERED: {
    kind: 'config',
    about: 'This connection does not work with a person’s consent, or not in this way.',
    fix: 'Give it auth.method consent (and begins: [ehr] for a launch from the EHR) in the site record.',
  },
  SIGN_IN_ISSUER: {
    kind: 'config',
    about: 'The EHR that sent you here is not one that this installation is connected with.',
    fix: 'Give its FHIR base, exactly as it calls itself, to the connection that it should launch.',
  },
  SIGN_IN_STATE: {
    kind: 'auth',
    about:
      'This answer belongs to no sign-in that was begun here, or to one that is over: each works once, for ten minutes.',
    fix: 'Begin again from the link or the console.',
  },
  SIGN_IN_BROWSER: {
    kind: 'auth',
    about: 'This sign-in was begun in another browser.',
    fix: 'Begin again in this one.',
  },
  SIGN_IN_DECLINED: {
    kind: 'auth',
    about: 'The EHR gave no consent.',
    fix: 'Begin again, and agree to what is asked; if the EHR refuses by itself, ask the site about the client.',
  },
  SIGN_IN_INVITATION: {
    kind: 'auth',
    about: 'This invitation is over, was used, or never was.',
    fix: 'Ask for another one: "suture sites connect SITE CONNECTION".',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

export const signInFailure = failuresOf(signInFailures);
