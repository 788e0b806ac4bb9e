/** Bulk Data as Epic has it: Group export, without increments, once a day. */
export { Groups } from './groups.ts';
export { type BulkParts, mountBulk } from './mount.ts';
