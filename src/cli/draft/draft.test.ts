import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadSites, siteFindings } from '../../site/index.ts';
import { main } from '../main.ts';
import { likelyZones } from './zones.ts';

let home: string;
let server: Server;
let base: string;

const STATEMENT = {
  resourceType: 'CapabilityStatement',
  fhirVersion: '4.0.1',
  software: { name: 'Epic', version: 'May 2026' },
  format: ['json'],
  rest: [
    {
      mode: 'server',
      resource: [
        {
          type: 'Patient',
          interaction: [{ code: 'read' }, { code: 'search-type' }],
          searchParam: [{ name: 'identifier' }, { name: '_id' }],
        },
        {
          type: 'Appointment',
          interaction: [{ code: 'read' }, { code: 'search-type' }],
          searchParam: [{ name: 'patient' }, { name: 'date' }],
        },
        { type: 'Slot', interaction: [{ code: 'read' }] },
      ],
    },
  ],
};
const SMART = {
  token_endpoint: 'https://fhir.example/oauth2/token',
  grant_types_supported: ['client_credentials', 'authorization_code'],
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  capabilities: ['client-confidential-asymmetric'],
  scopes_supported: ['system/Patient.r', 'system/Patient.s'],
};

/** What must not come into a draft, each in a place where a careless one would take it from. */
const CANARIES = [
  'CANARYSON',
  'WILMA',
  '880042',
  '19610203',
  '1961-02-03',
  'QUARRYROAD',
  '5550142',
  '444120001',
];

function message(n: number, type: string, more: readonly string[] = []): string {
  const mrn = `88004${n}`;
  return `${[
    `MSH|^~\\&|EPIC|MERCY|||2026013112000${n}-0600||${type}|C${n}|P|2.5.1|||AL|NE`,
    `EVN||20260131120000`,
    // A sloppy sender: the name as an assigner, the birth date where the sex stands.
    `PID|1||${mrn}^^^EPIC^MR~E${n}^^^EPI^EPI~880042^^^CANARYSON^XX||CANARYSON^WILMA^^^^^L||19610203|${n === 1 ? '1961-02-03' : 'F'}|||12 QUARRYROAD^^TOWN^^54321||5550142||||||444120001`,
    `PV1|1|${n === 2 ? '880042' : 'I'}|W1^2^3||||77^DOCTOR^DORA||||||||||||${n === 3 ? '' : `V${n}^^^EPIC^VN`}`,
    ...more,
  ].join('\r')}\r`;
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'suture-draft-'));
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  writeFileSync(join(home, 'suture.config.ts'), 'export default {};\n');
  mkdirSync(join(home, 'flows'));
  mkdirSync(join(home, 'sites'));
  const samples = join(home, 'samples');
  mkdirSync(samples);
  writeFileSync(join(samples, 'MRN880042.hl7'), message(2, 'ADT^A01^ADT_A01'));
  writeFileSync(
    join(samples, 'night.txt'),
    `FHS|^~\\&\rBHS|^~\\&\r${message(1, 'ADT^A08^ADT_A01', ['ZPD|CANARYSON||Y'])}${message(
      3,
      'SIU^S12^SIU_S12',
      ['SCH|1|2||||R^Routine|FU^Follow-up|NEW|||||||||||||||||Booked'],
    )}BTS|2\rFTS|1\r`,
  );
  writeFileSync(
    join(samples, 'framed.hl7'),
    `\x0b${message(4, 'ORU^R01^ORU_R01', ['OBR|1|||80048^Panel', 'OBX|1|NM|5^Sodium||140|||N|||F'])}\x1c\r`,
  );
  server = createServer((request, response) => {
    const value = request.url?.endsWith('/R4/metadata')
      ? STATEMENT
      : request.url?.endsWith('/R4/.well-known/smart-configuration')
        ? SMART
        : undefined;
    response.writeHead(value === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value ?? {}));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/FHIR/R4`;
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

/** What a command prints, and how it ends. */
async function suture(...words: string[]): Promise<{ out: string; errors: string; code: number }> {
  const said: Record<'out' | 'errors', string> = { out: '', errors: '' };
  const into = (name: 'out' | 'errors') => (text: unknown) => {
    said[name] += String(text);
    return true;
  };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(into('out'));
  const errors = vi.spyOn(process.stderr, 'write').mockImplementation(into('errors'));
  process.exitCode = 0;
  try {
    await main(words);
    return { ...said, code: Number(process.exitCode) };
  } finally {
    out.mockRestore();
    errors.mockRestore();
    process.exitCode = 0;
  }
}

const below = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('suture sites draft', () => {
  test('writes a record that loads, holds no patient’s value, and asks each role for what only people know', async () => {
    const words = ['sites', 'draft', 'mercy', '--project', home, '--fhir', base];
    const drafted = await suture(...words, '--messages', join(home, 'samples'));
    expect(drafted).toMatchObject({ code: 0 });
    expect(drafted.out).toMatch(/feed {5}hl7-in: 4 messages, ADT\^A01, ADT\^A08, ORU\^R01, SIU\^S12/);
    expect(drafted.out).toMatch(/Z-segments: ZPD/);
    expect(drafted.out).toMatch(/Next:\n {2}suture check/);

    const files = below(join(home, 'sites', 'mercy'));
    const all = [drafted.out, drafted.errors, ...files, ...files.map((file) => readFileSync(file, 'utf8'))];
    for (const canary of CANARIES) expect(all.join('\n')).not.toContain(canary);

    const { sites, faults } = loadSites(join(home, 'sites'), {});
    expect(faults).toEqual([]);
    expect(sites[0]?.record).toMatchObject({
      site: 'mercy',
      ehr: {
        vendor: 'epic',
        version: 'May 2026',
        endpoints: { r4: base },
        modules: { cadence: 'seen: SIU^S12' },
      },
      timeZone: 'America/Chicago',
      identifiers: {
        mrn: { system: 'urn:to-confirm:mrn', hl7: { field: 'PID-3', type: 'MR' } },
        csn: { hl7: { field: 'PV1-19.1' } },
        others: { enterprise: { hl7: { field: 'PID-3', type: 'EPI' } } },
      },
      connections: {
        epic: { connector: 'epic', fhirBase: base, clientId: 'to-confirm' },
        'hl7-in': { connector: 'mllp' },
      },
      hl7: {
        sends: { 'hl7-in': ['ADT^A01', 'ADT^A08', 'ORU^R01', 'SIU^S12'] },
        profiles: {
          'hl7-in': {
            version: '2.5.1',
            assigners: { EPIC: 'urn:to-confirm:EPIC', EPI: 'urn:to-confirm:EPI' },
            idTypes: { MR: 'mrn', EPI: 'enterprise', VN: 'visit' },
            segments: { ZPD: {} },
          },
        },
      },
      learn: { Observation: { method: 'feed', from: 'hl7-in' } },
      quirks: { 'hl7-in-visits-without-number': { where: 'hl7-in' } },
    });
    const text = readFileSync(join(home, 'sites/mercy/site.yaml'), 'utf8');
    expect(text).toMatch(
      /# to confirm with Identity analyst: the system \(URI\) of the medical record number/,
    );
    expect(text).toMatch(/# to confirm with network engineer: from which addresses they come/);
    expect(text).toMatch(/MSH-15\/16 say AL\/NE/);
    expect(text).toMatch(/# offered as well: Slot/);
    expect(readFileSync(join(home, 'sites/mercy/maps/hl7-pv1-2.csv'), 'utf8')).toBe(
      'source,target,display,note,verified by,verified on\nI,,,"PV1-2, 3 times in samples",,\n',
    );
    for (const site of sites)
      for (const { reason, role } of siteFindings(site, Date.UTC(2026, 0, 31)))
        expect([reason, role]).toEqual([expect.stringMatching(/^not known yet: /), expect.any(String)]);

    const check = await suture('check', '--project', home);
    expect(check.out).toMatch(/not known yet: clientId; ask the web services analyst/);
    expect(check.out).toMatch(/codes have no target yet .*\(interface engine analyst\)/);
    expect(check).toMatchObject({ code: 0, out: expect.stringMatching(/^fine: 1 sites/m) });
  });

  test('never writes over a record unless it is told to, and then keeps what people wrote into the maps', async () => {
    const words = ['sites', 'draft', 'mercy', '--project', home, '--messages', join(home, 'samples')];
    const record = join(home, 'sites/mercy/site.yaml');
    const before = readFileSync(record, 'utf8');
    const refused = await suture(...words);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.errors).toMatch(/site\.yaml is there already; nothing was written\..*--force/);
    expect(readFileSync(record, 'utf8')).toBe(before);

    expect((await suture(...words, '--print')).out).toContain('site: mercy');
    expect(readFileSync(record, 'utf8')).toBe(before);

    const map = join(home, 'sites/mercy/maps/hl7-pv1-2.csv');
    const answered = 'source,target,display,note,verified by,verified on\nI,IMP,,,ADT desk,2026-01-31\n';
    writeFileSync(map, answered);
    expect((await suture(...words, '--force')).code).toBe(0);
    expect(readFileSync(record, 'utf8')).not.toBe(before);
    expect(readFileSync(map, 'utf8')).toBe(answered);
  });

  test('a connection can be named for its messages; what cannot be drafted from is told', async () => {
    const named = await suture(
      ...['sites', 'draft', 'elm', '--project', home, '--print', '--environment', 'production'],
      ...['--messages', `adt-in=${join(home, 'samples', 'night.txt')}`],
    );
    expect(named.out).toMatch(/sends:\n {4}adt-in: \[ ADT\^A08, SIU\^S12 \]/);
    expect(named.out).toMatch(/without one nothing may flow/);
    const told = async (...words: string[]): Promise<string> =>
      (await suture('sites', 'draft', 'elm', '--project', home, ...words)).errors;
    expect(await told()).toMatch(/There is nothing to draft from\. Give --fhir/);
    expect(await told('--fhir', 'https://me:secret@fhir.example/R4')).toMatch(
      /is no address of a FHIR server/,
    );
    expect(await told('--fhir', base.replace('/R4', '/none'))).toMatch(/answers, but neither \/metadata nor/);
    expect(await told('--time-zone', 'Chicago')).toMatch(/"Chicago" is no IANA time zone/);
    expect(await told('--environment', 'prd')).toMatch(/is no kind of environment/);
    writeFileSync(join(home, 'letter.txt'), 'Dear WILMA');
    expect(await told('--messages', join(home, 'letter.txt'))).toMatch(
      /No message with a usable MSH was found/,
    );
  });
});

test('a time zone is guessed from winter and summer offsets together', () => {
  expect(likelyZones(['2026013112 -0600'])).toEqual(['America/Chicago']);
  expect(likelyZones(['2026013112 -0700', '2026070112 -0700'])).toEqual(['America/Phoenix']);
  expect(likelyZones(['2026070112 -0500', '2026013112 +0000'])).toEqual([]);
  expect(likelyZones(['2026013112 +0000'])).toEqual([]);
});
