export { ENVELOPE_BYTES } from './envelope.ts';
export * from './failures.ts';
export * from './master-key.ts';
export * from './vault.ts';
