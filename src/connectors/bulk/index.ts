export {
  type BulkClient,
  type BulkOptions,
  type BulkRecord,
  bulkExport,
  createBulkClient,
} from './export.ts';
export { type BulkFailureCode, bulkFailure, bulkFailures } from './failures.ts';
export { type BulkLearner, type BulkLearnOptions, createBulkLearner } from './learn.ts';
export { lineLists } from './lines.ts';
export { type BulkFile, type BulkMemory, type BulkPosition, type BulkState, IDLE } from './state.ts';
