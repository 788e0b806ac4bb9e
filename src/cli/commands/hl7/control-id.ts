import { randomBytes } from 'node:crypto';

/** A control id that no other message has: 20 characters, which is what MSH-10 may have up to 2.6. */
export const newControlId = (): string => randomBytes(10).toString('hex').toUpperCase();
