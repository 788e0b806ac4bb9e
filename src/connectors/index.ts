export type * from './capability.ts';
export type * from './contract.ts';
