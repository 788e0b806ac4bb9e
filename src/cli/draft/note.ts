/** What of a draft somebody at the site has to say. */
import type { Role } from '../../site/index.ts';

export interface ToConfirm {
  /** Before which field of the record it stands; empty: at its end. */
  readonly at: readonly string[];
  readonly role: Role;
  readonly text: string;
}

/** What was seen and is told beside a field; nobody has to do anything about it. */
export interface Remark {
  readonly at: readonly string[];
  readonly text: string;
}
