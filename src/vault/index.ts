export * from './failures.ts';
export * from './master-key.ts';
export * from './vault.ts';
