/** A FHIR R4 server that is not Epic, in the same process: versions, `_lastUpdated`, conditional writes, subscriptions. */
export { type GenericBehaviour, genericSwitches } from './behaviour.ts';
export type { GenericRequest, GenericResponse } from './exchange.ts';
export { type GenericOptions, mountGeneric } from './mount.ts';
export type { Content, Repository, Version } from './repository.ts';
export { GenericServer, type GenericServerOptions } from './server.ts';
