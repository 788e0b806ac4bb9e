export type * from './control.ts';
