export * from './counters.ts';
export * from './delivery.ts';
export * from './message.ts';
