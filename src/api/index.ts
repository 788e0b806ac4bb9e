export type { ApiDeploys, ApiLog } from './context.ts';
export type * from './deploy-types.ts';
export { searchMessages } from './search.ts';
export { type Api, type ApiOptions, createApi } from './server.ts';
export type * from './types.ts';
