export * from './learning.ts';
export * from './load.ts';
export * from './record.ts';
export * from './retention.ts';
