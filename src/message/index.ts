export * from './counters.ts';
export * from './delivery.ts';
export * from './fingerprint.ts';
export * from './message.ts';
