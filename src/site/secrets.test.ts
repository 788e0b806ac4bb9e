import { describe, expect, test } from 'vitest';
import { fullRecord } from './full-record.fixture.ts';
import { readSite } from './load.ts';

const withLine = (line: string): string =>
  fullRecord.replace('connections:\n', `connections:\n  hook:\n    connector: webhook\n    ${line}\n`);

/** Made up, and of the shape that the real ones have. */
const signed = `${'eyJ'}${'hbGciOiJSUzM4NCJ9'}.${'eyJpc3MiOiJzdXR1cmUifQ'}.${'c2lnbmF0dXJl'}`;
const pem = `-----BEGIN ${'PRIVATE'} KEY-----`;

describe('a secret in a record', () => {
  test.each([
    ['a private key', `key: "${pem} MIIB"`, pem],
    ['a token', `about: ${signed}`, signed],
    ['a password in an address', 'url: https://care:Tr0ub4dor@app.example/in', 'Tr0ub4dor'],
    ['a header', 'authorization: Bearer 0123456789abcdef', '0123456789abcdef'],
    ['a field that says so', 'clientSecret: riverside', undefined],
    ['a secret where its name belongs', 'secret: Zx9-qT4vB7nM2kLp8RwY', 'Zx9-qT4vB7nM2kLp8RwY'],
    ['a hash where its name belongs', 'secret: 5f4dcc3b5aa765d61d8327deb882cf99', '5f4dcc3b'],
    ['a default of a secret', 'secret: { env: HOOK, default: Zx9qT4vB7nM2kLp8RwY }', 'Zx9q'],
    ['a private key as JWK', 'jwk: { kty: EC, crv: P-384, d: abc }', undefined],
  ])('%s is a fault that names the line and does not repeat it', (_, line, hidden) => {
    const { site, faults } = readSite(withLine(line), 'site.yaml', {});
    expect(site).toBeUndefined();
    expect(faults).toHaveLength(1);
    const at =
      withLine(line)
        .split('\n')
        .findIndex((each) => each.includes(line)) + 1;
    expect(faults[0]).toMatchObject({ file: 'site.yaml', line: at });
    if (hidden !== undefined) expect(JSON.stringify(faults)).not.toContain(hidden);
  });

  test.each([
    'secret: care-app',
    'secret: MERCY_SCHEDULING_SECRET_2026',
    'secret: { env: HOOK_SECRET_NAME, default: hook.mercy }',
    'clientId: 2c1f0d4e-6a55-4a0e-9d0a-1b2c3d4e5f60',
    'group: e3iabhmS8rsueyz7vaimuiaSmfGvi.QwjVXJANlPOgR83',
    'url: https://app.example/basic/eyJ',
    'clientSecret: { env: MERCY_CLIENT_SECRET }',
  ])('%s is none', (line) => {
    expect(
      readSite(withLine(line), 'site.yaml', {}).faults.filter(({ reason }) => reason.includes('holds')),
    ).toEqual([]);
  });
});
