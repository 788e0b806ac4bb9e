export { accountName, commandLineName } from './auth/account.ts';
export { PERSON_HEADER } from './auth/guard.ts';
export { createPasswords } from './auth/password.ts';
export { isRole, roleAllows } from './auth/roles.ts';
export type { ApiDeploys, ApiLog } from './context.ts';
export { searchMessages } from './search.ts';
export { type Api, type ApiOptions, createApi } from './server.ts';
export type * from './types.ts';
