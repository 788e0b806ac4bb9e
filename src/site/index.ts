export * from './load.ts';
export * from './record.ts';
