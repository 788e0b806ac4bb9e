export type * from './command.ts';
export type * from './flow.ts';
