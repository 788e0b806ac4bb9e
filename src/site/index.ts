export * from './learning.ts';
export * from './load.ts';
export * from './observed.ts';
export * from './record.ts';
export * from './retention.ts';
