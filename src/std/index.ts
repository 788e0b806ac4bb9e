export * from './backoff.ts';
export * from './canonical.ts';
export * from './cloakroom.ts';
export * from './clock.ts';
export * from './duration.ts';
export * from './failure.ts';
export * from './nearest.ts';
export * from './random.ts';
