import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newMasterKey, openVault, parseMasterKey } from './index.ts';

const masterKey = parseMasterKey(newMasterKey());
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing thrown';
};

describe('sealing', () => {
  const vault = openVault({ masterKey });
  const sealed = vault.seal('message', 7, Buffer.from('PID|1||4711'));

  test('what is sealed opens at its own place, and reads as nothing', () => {
    expect(text(vault.open('message', 7, sealed))).toBe('PID|1||4711');
    expect(text(sealed)).not.toContain('4711');
    expect(vault.seal('message', 7, Buffer.from('PID|1||4711'))).not.toEqual(sealed);
  });

  test('one changed byte anywhere is refused', () => {
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(code(() => vault.open('message', 7, changed))).toBe('VAULT_SEAL_BROKEN');
    }
    for (let end = 0; end < sealed.length; end++) {
      expect(code(() => vault.open('message', 7, sealed.subarray(0, end)))).toBe('VAULT_SEAL_BROKEN');
    }
  });

  test('a value moved to another row or purpose does not open', () => {
    expect(code(() => vault.open('message', 8, sealed))).toBe('VAULT_SEAL_BROKEN');
    expect(code(() => vault.open('secret', 7, sealed))).toBe('VAULT_SEAL_BROKEN');
  });

  test('any bytes come back as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.string(), (bytes, id) => {
        expect(Buffer.compare(vault.open('step', id, vault.seal('step', id, bytes)), bytes)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('keys', () => {
  test('stored keys open again with the same master key, and only with it', () => {
    const first = openVault({ masterKey });
    const sealed = first.seal('message', 1, Buffer.from('x'));
    const again = openVault({ masterKey, keys: first.keys() });
    expect(text(again.open('message', 1, sealed))).toBe('x');
    expect(again.keyedHash('patient', '1')).toBe(first.keyedHash('patient', '1'));
    const other = parseMasterKey(newMasterKey());
    expect(code(() => openVault({ masterKey: other, keys: first.keys() }))).toBe('VAULT_KEY_WRONG');
  });

  test('a stored key that was changed is named as damage, not as a wrong master key', () => {
    const keys = openVault({ masterKey }).keys();
    const changed = keys.map((key) => {
      if (key.use === 'index') return key;
      const wrapped = Uint8Array.from(key.wrapped);
      wrapped[20] = (wrapped[20] as number) ^ 1;
      return { ...key, wrapped };
    });
    expect(code(() => openVault({ masterKey, keys: changed }))).toBe('VAULT_SEAL_BROKEN');
  });

  test('the master key is changed by wrapping again: values and hashes stay', () => {
    const before = openVault({ masterKey });
    const sealed = before.seal('message', 1, Buffer.from('x'));
    const next = parseMasterKey(newMasterKey());
    const after = openVault({ masterKey: next, keys: before.rewrap(next) });
    expect(text(after.open('message', 1, sealed))).toBe('x');
    expect(after.keyedHash('a')).toBe(before.keyedHash('a'));
  });

  test('a data key that has sealed enough is followed by another; a second thread finds it', () => {
    const vault = openVault({ masterKey, sealsPerKey: 3 });
    const stored = [...vault.keys()];
    const reader = openVault({
      masterKey,
      keys: stored,
      lookup: (id) => stored.find((key) => key.id === id),
    });
    for (let i = 0; i < 3; i++) vault.seal('message', i, Buffer.from('x'));
    expect(vault.due()).toBe(true);
    const minted = vault.mint();
    stored.push(minted);
    vault.adopt(minted);
    expect(vault.due()).toBe(false);
    expect(text(reader.open('message', 9, vault.seal('message', 9, Buffer.from('later'))))).toBe('later');
    expect(vault.keys().map((key) => key.seals)).toEqual([0, 3, 1]);
  });
});

describe('keyed hashes', () => {
  const vault = openVault({ masterKey });
  test('are 16 bytes, depend on every part and on where parts end', () => {
    expect(vault.keyedHash('patient', 'north', '1')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    const hashes = [
      vault.keyedHash('patient', 'ab', 'c'),
      vault.keyedHash('patient', 'a', 'bc'),
      vault.keyedHash('patient', 'abc'),
      vault.keyedHash('lane', 'ab', 'c'),
      openVault({ masterKey }).keyedHash('patient', 'ab', 'c'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('the master key as text', () => {
  test('base64, base64url and hex of 32 bytes are taken', () => {
    const raw = randomBytes(32);
    for (const form of ['base64', 'base64url', 'hex'] as const) {
      expect(Buffer.from(parseMasterKey(` ${raw.toString(form)}\n`)).equals(raw)).toBe(true);
    }
  });
  test('nothing and anything else are refused without showing what was given', () => {
    expect(code(() => parseMasterKey(undefined))).toBe('VAULT_KEY_MISSING');
    expect(code(() => parseMasterKey(' '))).toBe('VAULT_KEY_MISSING');
    for (const bad of ['secret', '0'.repeat(63), randomBytes(31).toString('base64'), 'é'.repeat(43)]) {
      expect(code(() => parseMasterKey(bad))).toBe('VAULT_KEY_INVALID');
      expect(() => parseMasterKey(bad)).not.toThrow(bad);
    }
  });
});
