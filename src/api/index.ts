export type { ApiDeploys, ApiLog } from './context.ts';
export { searchMessages } from './search.ts';
export { type Api, type ApiOptions, createApi } from './server.ts';
export type * from './types.ts';
