import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newMasterKey, openVault, parseMasterKey } from '../vault/index.ts';
import { openPayload, PACKED_ABOVE, sealPayload } from './payload.ts';

const vault = openVault({ masterKey: parseMasterKey(newMasterKey()) });
const text = (length: number): Uint8Array =>
  new Uint8Array(
    Buffer.from('OBX|1|NM|2951-2^SODIUM^LN||140|mmol/L|135-145|N|||F\r'.repeat(length)).subarray(0, length),
  );
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing thrown';
};

test('what is large takes less room, what is small or cannot shrink takes what it took; all come back', () => {
  for (const length of [0, 1, 500, PACKED_ABOVE, PACKED_ABOVE + 1, 100_000]) {
    for (const bytes of [text(length), new Uint8Array(randomBytes(length))]) {
      const sealed = sealPayload(vault, 7, bytes);
      expect(Buffer.compare(openPayload(vault, 7, length, sealed), bytes)).toBe(0);
    }
  }
  expect(sealPayload(vault, 7, text(PACKED_ABOVE)).length).toBeGreaterThan(PACKED_ABOVE);
  expect(sealPayload(vault, 7, text(PACKED_ABOVE + 1)).length).toBeLessThan(PACKED_ABOVE / 4);
});

test('a row from before packing is read as it is', () => {
  const bytes = text(50_000);
  const opened = openPayload(vault, 7, bytes.length, vault.seal('message', 7, bytes));
  expect(Buffer.compare(opened, bytes)).toBe(0);
});

test('a size, a row or a byte that was changed does not open', () => {
  const bytes = text(5_000);
  const sealed = sealPayload(vault, 7, bytes);
  expect(code(() => openPayload(vault, 8, bytes.length, sealed))).toBe('VAULT_SEAL_BROKEN');
  expect(code(() => openPayload(vault, 7, sealed.length - 33, sealed))).toBe('VAULT_SEAL_BROKEN');
  const changed = Uint8Array.from(sealed);
  changed[40] = (changed[40] as number) ^ 1;
  expect(code(() => openPayload(vault, 7, bytes.length, changed))).toBe('VAULT_SEAL_BROKEN');
});
