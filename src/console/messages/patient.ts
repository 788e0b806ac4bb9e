import { useSyncExternalStore } from 'react';

/**
 * What is searched for and may name a patient: in this tab's memory alone. Not in the address, not in the
 * browser's history or storage; gone with a reload.
 */
export interface Asked {
  /** A medical record number. */
  readonly patient: string;
  readonly family: string;
  /** `1984-03-09`. */
  readonly born: string;
  /** Free text in the messages' bytes. */
  readonly text: string;
}

export const NOTHING_ASKED: Asked = { patient: '', family: '', born: '', text: '' };

let typed = NOTHING_ASKED;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useAsked(): Asked {
  return useSyncExternalStore(subscribe, () => typed);
}

export function setAsked(asked: Asked): void {
  typed = asked;
  for (const listener of listeners) listener();
}
