export { type Content, contentOf } from './answer.ts';
export type { BinaryOptions, BinaryStream } from './binary.ts';
export {
  type CdsFault,
  type CdsTrust,
  type CdsVerifier,
  claimedIssuer,
  createCdsVerifier,
} from './cds/verify.ts';
export {
  createFhirClient,
  type FhirClient,
  type FhirClientOptions,
  type Operated,
  type OperationOptions,
  type SearchParams,
} from './client.ts';
export { type FhirFailureCode, fhirFailure, fhirFailures } from './failures.ts';
export {
  createHttp,
  type Http,
  type HttpAsk,
  HttpError,
  type HttpLimits,
  type HttpReply,
  type HttpStream,
  type HttpTrouble,
  retryAfter,
  serverTime,
  unwatched,
  usualLimits,
  type Watch,
} from './http.ts';
export { codesOf, type Issue, issuesOf } from './outcome.ts';
export type { SearchEntry, SearchPage } from './page.ts';
export {
  type FhirResource,
  type Identifier,
  identifiersOf,
  objectsIn,
  referencedId,
} from './resource.ts';
export { type RunMemory, rememberingReads } from './run-memory.ts';
export { clientAssertion } from './smart/assertion.ts';
export { type Asked, authorizeUrl, challengeOf, spelled } from './smart/authorize.ts';
export { type BackendOptions, createBackendTokens } from './smart/backend.ts';
export type { ClientAuthentication } from './smart/client-authentication.ts';
export { type ConsentFacts, type ConsentTokens, createConsentTokens } from './smart/consent.ts';
export { discover, type SmartConfiguration } from './smart/discover.ts';
export {
  makeSigningKey,
  publicJwk,
  type SigningAlgorithm,
  type SigningKey,
  type SigningKeyPair,
} from './smart/jwks.ts';
export { ownSlot, type SharedSlot } from './smart/slot.ts';
export type { Tokens } from './smart/tokens.ts';
export type { Dialect } from './status.ts';
export type { CreateOptions, UpdateOptions, Written } from './write.ts';
