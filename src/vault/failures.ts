import { Failure, type FailureKind } from '../std/index.ts';

/** Every failure of the vault: its kind and what to do first. */
export const VAULT_FAILURES = {
  VAULT_KEY_MISSING: {
    kind: 'config',
    fix: 'Set SUTURE_KEY (or SUTURE_KEY_FILE) to 32 random bytes in base64 or hex; keep a copy apart from the data.',
  },
  VAULT_KEY_INVALID: {
    kind: 'config',
    fix: 'Give exactly 32 bytes: 44 characters of base64 or 64 of hex. `openssl rand -base64 32` makes one.',
  },
  VAULT_KEY_WRONG: {
    kind: 'config',
    fix: 'Give the key that this data folder was made with; without it the data cannot be read by anyone.',
  },
  VAULT_SEAL_BROKEN: {
    kind: 'defect',
    fix: 'Restore the data folder from a backup, and find out what changed the file.',
  },
} as const satisfies Readonly<Record<string, { kind: FailureKind; fix: string }>>;

export type VaultFailureCode = keyof typeof VAULT_FAILURES;

export function vaultFailure(code: VaultFailureCode, message: string): Failure {
  return new Failure({ code, message, ...VAULT_FAILURES[code] });
}
