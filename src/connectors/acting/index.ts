/** Making and changing records at another system, once and for the right patient: what connectors share. */
export { type Acting, create, update, upsert, type WritingRules } from './act.ts';
export { HELD, writeFailure, writeFailures } from './failures.ts';
export type { Kind } from './kind.ts';
export { kinds } from './kinds.ts';
export { doSchema, type RouteConfig, type RouteName, type Routes, routeSchema, routesOf } from './route.ts';
export { openWebServices, type WebServices } from './web-service.ts';
