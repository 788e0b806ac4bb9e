export { ABILITIES, type Ability, type Cell, type Ground, type Way } from './cell.ts';
export { type Drift, drift, driftText } from './drift.ts';
export {
  type CapabilityMatrix,
  capabilityMatrix,
  EHR_CONNECTORS,
  ehrConnections,
  type MatrixInput,
  type MatrixRow,
  rowOf,
} from './matrix.ts';
export { discoverServer, type ProbeOptions, probeServer } from './probe.ts';
export {
  type CellState,
  type EhrProfile,
  MATRIX_RESOURCES,
  SERVICE_NAMES,
  type ServiceName,
} from './profile.ts';
export { ehrProfiles, profileOf } from './profiles/index.ts';
export { allowance, parseScope } from './scopes.ts';
