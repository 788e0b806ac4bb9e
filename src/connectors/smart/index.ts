/** SMART sign-in, shared by the connectors that speak FHIR. */
export { type SmartAuth, smartAuth } from './config.ts';
export { openSmart, type SmartSession } from './session.ts';
export { shortScopes } from './short-scopes.ts';
