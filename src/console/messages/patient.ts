import { useSyncExternalStore } from 'react';

/**
 * The patient identifier that is searched for: in this tab's memory alone. Not in the address, not in the
 * browser's history or storage; gone with a reload.
 */
let typed = '';
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePatient(): string {
  return useSyncExternalStore(subscribe, () => typed);
}

export function setPatient(identifier: string): void {
  typed = identifier;
  for (const listener of listeners) listener();
}
