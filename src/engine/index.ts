export { secretVariable } from './context.ts';
export type * from './control.ts';
export { createEngine, type Engine, type EngineOptions } from './engine.ts';
export { type KeyedHash, type Person, patientKeysOf, personName } from './patient.ts';
export { SHELVED_AFTER } from './retention.ts';
export { scanEntry } from './scan.ts';
