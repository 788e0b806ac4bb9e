/** Every failure that the FHIR client gives, in one table: what the documentation is generated from. */
import { type FailureEntry, failuresOf } from '../std/index.ts';

export const fhirFailures = {
  FHIR_UNREACHABLE: {
    kind: 'unreachable',
    about: 'No connection to the server could be made: no such name, refused, or no route.',
    fix: 'Check the host name and port, the VPN or firewall, and whether the server is up.',
  },
  FHIR_TLS: {
    kind: 'unreachable',
    about: "The server's certificate was not accepted.",
    fix: "Check the certificate's expiry, its host name and the authority that signed it.",
  },
  FHIR_TIMEOUT: {
    kind: 'timeout',
    about: 'The server did not answer a read in time, or went silent while answering.',
    fix: "Look at the server's load; raise the connection's timeouts if it is known to be slow.",
  },
  FHIR_RESET: {
    kind: 'timeout',
    about: 'The connection was closed before the answer to a read was complete.',
    fix: 'Look for a proxy or a restart between here and the server; the read is tried again.',
  },
  FHIR_TOO_LARGE: {
    kind: 'config',
    about: 'An answer is larger than this connection accepts.',
    fix: 'Ask for less at once (a smaller window or page), or raise the limit.',
  },
  FHIR_DISCOVERY: {
    kind: 'config',
    about: 'The SMART configuration at the FHIR base is absent or not usable.',
    fix: 'Check the FHIR base URL; give tokenUrl in the connection if this site has no discovery.',
  },
  FHIR_TOKEN_REFUSED: {
    kind: 'auth',
    about: 'The token endpoint does not accept who we are (invalid_client).',
    fix: 'Check the client id, that the public key is published under the kid in use, and the clock.',
  },
  FHIR_CLIENT_UNAUTHORIZED: {
    kind: 'config',
    about: 'The client is known but may not sign in this way here (unauthorized_client).',
    fix: 'Ask the site to enable the client for backend services.',
  },
  FHIR_GRANT_REFUSED: {
    kind: 'auth',
    about: 'The token endpoint does not accept the code or the refresh token (invalid_grant).',
    fix: 'Connect again: a code works once and for a few minutes, a refresh token until the site ends it.',
  },
  FHIR_CONSENT_NEEDED: {
    kind: 'auth',
    about: 'This connection works with a person’s consent, and nobody has consented yet.',
    fix: 'Connect it: "suture sites connect SITE CONNECTION", or the page /smart of the console.',
  },
  FHIR_CONSENT_ENDED: {
    kind: 'auth',
    about: 'The consent that this connection works with is over: the site ended it, or its time is up.',
    fix: 'Connect it again: "suture sites connect SITE CONNECTION", or the page /smart of the console.',
  },
  FHIR_NO_CONSENT: {
    kind: 'config',
    about: 'A person cannot consent at this server in a way that is safe.',
    fix: 'Look at its smart-configuration: authorization_endpoint, and S256 in code_challenge_methods_supported.',
  },
  FHIR_REGISTRATION: {
    kind: 'config',
    about:
      'The server did not register this installation as an instance of its client (dynamic registration).',
    fix: 'Ask the site whether the client may register instances; client: key or a secret needs no registration.',
  },
  FHIR_ID_TOKEN: {
    kind: 'auth',
    about: 'The id token that came with a consent is not accepted; nothing of the consent was kept.',
    fix: 'Check that the FHIR base is the right site’s and the clocks of both sides; then connect again.',
  },
  FHIR_PERSON_NOT_ALLOWED: {
    kind: 'config',
    about:
      'Who consented is not one of those that the connection names (auth.persons); nothing of the consent was kept.',
    fix: 'Let one of them connect it, or add the person to auth.persons.',
  },
  FHIR_TOKEN_REQUEST: {
    kind: 'config',
    about: 'The token endpoint refused the request for another reason.',
    fix: 'Look up the OAuth error code that is named, and check tokenUrl.',
  },
  FHIR_TOKEN_ENDPOINT: {
    kind: 'config',
    about: 'What answers at tokenUrl is not an OAuth token endpoint.',
    fix: 'Check tokenUrl; the right one is in .well-known/smart-configuration at the FHIR base.',
  },
  FHIR_UNAUTHENTICATED: {
    kind: 'auth',
    about: 'A token that was fetched just now is refused (401).',
    fix: "Check that the token's site and the FHIR base belong together and that the client is still active.",
  },
  FHIR_INSUFFICIENT_SCOPE: {
    kind: 'config',
    about: 'The token is valid but the client was not granted this API (403 insufficient_scope).',
    fix: 'Add the API that is named to the client, and wait until the site has synchronised it.',
  },
  FHIR_FORBIDDEN: {
    kind: 'config',
    about: 'The server does not let this client or its user have what was asked for (403).',
    fix: 'Ask the site what the user that the client works as may see.',
  },
  FHIR_NOT_FOUND: {
    kind: 'validation',
    about: 'There is no resource with this id (404, 410).',
    fix: 'Check where the id comes from: ids differ between environments, and records are merged or deleted.',
  },
  FHIR_NO_ENDPOINT: {
    kind: 'config',
    about: 'What answers is a web server but not the FHIR endpoint (404 and no FHIR body).',
    fix: 'Check the FHIR base URL, its instance segment and its version (R4).',
  },
  FHIR_INVALID: {
    kind: 'validation',
    about: 'The server refuses the request as it is (400, 422 and other 4xx).',
    fix: 'Look up the codes that are named; the full answer is in the delivery’s history.',
  },
  FHIR_CONFLICT: {
    kind: 'conflict',
    about: 'Somebody else changed the resource first (409, 412).',
    fix: 'Nothing: it is read again and tried again.',
  },
  FHIR_THROTTLED: {
    kind: 'throttle',
    about: 'The server asks to slow down (429, 503).',
    fix: 'Nothing at first; if it goes on, lower requestsPerSecond in the site record.',
  },
  FHIR_SERVER_ERROR: {
    kind: 'rejected',
    about: 'The server failed (408, 5xx).',
    fix: 'It is tried again; if it goes on, give the site the time and the resource type.',
  },
  FHIR_UNREADABLE: {
    kind: 'rejected',
    about: 'The server said yes, but its answer is not the FHIR JSON that was asked for.',
    fix: 'Look for a maintenance or sign-in page of a gateway in front of the server.',
  },
  FHIR_REDIRECTED: {
    kind: 'config',
    about: 'The server points elsewhere; redirects are not followed, since the token must not travel.',
    fix: 'Enter the final address as the base URL.',
  },
  FHIR_NEXT_ORIGIN: {
    kind: 'config',
    about:
      'The link to the next page leads to another host; it is not followed, since the token must not travel.',
    fix: 'Ask the site to have its public address in paging links, or use the address that they name as base.',
  },
  FHIR_PAGING_LOOP: {
    kind: 'rejected',
    about: 'The links to the next page go in a circle, or never end.',
    fix: 'Ask for a smaller window; report the query to the site.',
  },
  FHIR_PAGING_EXPIRED: {
    kind: 'rejected',
    about: 'The server forgot the search between two pages, and again after starting anew.',
    fix: 'Ask for a smaller window, so that paging takes less time.',
  },
  FHIR_WRITE_UNKNOWN: {
    kind: 'unknown-outcome',
    about: 'A write was sent, and its answer was lost or says nothing: it may have been done.',
    fix: 'Look for the record at the site before it is written again.',
  },
  FHIR_XML: {
    kind: 'config',
    about: 'The server answers in XML though JSON was asked for, by header and by _format.',
    fix: 'Ask the site which gateway drops the Accept header and the _format parameter, and have it let them through.',
  },
  FHIR_BAD_ID: {
    kind: 'validation',
    about: 'A text that is not a FHIR id was to be read.',
    fix: 'Check which field the id is taken from.',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

export type FhirFailureCode = keyof typeof fhirFailures;

/** A failure of the table; `message` defaults to its `about`. */
export const fhirFailure = failuresOf(fhirFailures);
