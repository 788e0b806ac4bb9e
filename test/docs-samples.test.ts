/** The YAML in the documentation of the library is read and used as a reader would. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { connectors } from '../src/connectors/index.ts';
import {
  appointment,
  checkFlowFile,
  flow as defineFlow,
  type Flow,
  patient,
  toYaml,
} from '../src/flow/index.ts';
import {
  dictionary,
  extendDictionary,
  localDefinitions,
  type Message,
  parse,
  path,
  profile,
  structureOf,
  validate,
} from '../src/hl7/index.ts';
import { root } from './snippets.ts';

/** The one block of YAML on a page; a warning of the YAML reader counts as a fault. */
function sampleOf(page: string): unknown {
  const text = readFileSync(join(root, 'docs', 'hl7', page), 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);
  expect(blocks).toHaveLength(1);
  return parseYaml(blocks[0] as string, { strict: true, logLevel: 'error' });
}

describe('the profile in docs/hl7/validation.md', () => {
  const site = profile(sampleOf('validation.md'));
  const sound = [
    'MSH|^~\\&|EHR|NORTH|||20260131120000||ADT^A01^ADT_A01|4711|P|2.5.1',
    'EVN||20260131120000',
    'PID|1||77^^^EPIC^MR||DOE^JANE||19800131|F',
    `PV1|1|I${'|'.repeat(17)}12345678`,
    'ZPD|20200101',
  ];
  const found = (change: (lines: string[]) => string[]): string[] =>
    validate(parse(change(sound).join('\r')), { profile: site })
      .map(({ path: at, rule }) => `${at} ${rule}`)
      .sort();
  const changed = (id: string, from: string, to: string) =>
    found((lines) => lines.map((line) => (line.startsWith(id) ? line.replace(from, to) : line)));

  it('is a profile, with the name it seems to have', () => {
    expect(site.name).toBe('North clinic, admissions');
    expect(site.local?.segments?.find(({ id }) => id === 'ZPD')?.name).toBe('Patient, local');
  });

  it('finds nothing in a message that keeps to it', () => {
    expect(found((lines) => lines)).toEqual([]);
    // By its version, whatever MSH-12 says.
    expect(changed('MSH', '2.5.1', '2.3')).toEqual([]);
  });

  it('finds what each of its lines forbids', () => {
    expect(changed('MSH', '|EHR|', '|OTHER|')).toEqual(['MSH-3 profile-sender']);
    expect(changed('MSH', 'ADT^A01^ADT_A01', 'ADT^A03^ADT_A03')).toContain('MSH-9 profile-message');
    expect(found((lines) => lines.slice(0, -1))).toEqual(['ZPD profile-segment']);
    expect(
      found(([msh = '', evn = '', pid = '', pv1 = '', zpd = '']) => [msh, evn, pv1, pid, zpd]),
    ).toContain('PID profile-order');
    expect(found((lines) => [...lines, 'PV1|2|I'])).toEqual(['PV1 profile-segment']);
    expect(changed('PID', '77^^^EPIC^MR', '')).toContain('PID-3 profile-required');
    expect(changed('PID', '77^^^EPIC^MR', '1^^^A^MR~2^^^A^MR~3^^^A^MR')).toEqual([
      'PID-3 profile-repetitions',
    ]);
    expect(changed('PID', '|F', '|U')).toContain('PID-8 profile-code');
    expect(changed('PID', '|F', `|F${'|'.repeat(11)}123456789`)).toEqual(['PID-19 profile-unused']);
    expect(changed('PV1', '12345678', '12345678901')).toEqual(['PV1-19.1 profile-length']);
    expect(changed('PV1', '12345678', '1234X')).toEqual(['PV1-19.1 profile-pattern']);
    expect(changed('ZPD', '20200101', 'long ago')).toEqual(['ZPD-1 type-format']);
    // Table 0001 of the site has X; the profile's PID-8 has not.
    expect(changed('PID', '|F', '|X')).toEqual(['PID-8 profile-code']);
    expect(changed('PID', '|F', '|U')).toEqual(['PID-8 profile-code', 'PID-8 table-code']);
  });
});

describe('the definitions in docs/hl7/dictionary.md', () => {
  const site = extendDictionary(dictionary('2.5.1'), localDefinitions(sampleOf('dictionary.md')));
  const message: Message = parse(
    'MSH|^~\\&|||||||ADT^A01|1|P|2.5.1\rPID|1\rZPD|Jo|77^20200101\rPV1|1|I\rIN1|1\rIN2|1\rIN1|2',
  );

  it('name segments, fields, components and codes', () => {
    expect(site.segment('ZPD')?.name).toBe('Patient, local');
    expect(message.get(path('ZPD-nickname', site))).toBe('Jo');
    expect(message.get(path('ZPD-loyalty.since', site))).toBe('20200101');
    expect(site.segment('PV1')?.fields[59]).toMatchObject({ name: 'Bed type', type: 'CWE' });
    expect(site.segment('PV1')?.fields[1]?.name).toBe('Patient Class');
    expect([...(site.table(9001) ?? [])]).toEqual(['GOLD', 'SILVER']);
  });

  it('give the message its structure', () => {
    const { root: all, findings } = structureOf(message, site);
    expect(all.groups('INSURANCE').map((group) => group.segments().length)).toEqual([2, 1]);
    expect(findings.map(({ path: at }) => at)).toEqual(['EVN']);
  });
});

it('the connections in docs/hl7/mllp.md are taken as they stand', () => {
  const { connections } = sampleOf('mllp.md') as {
    readonly connections: Record<string, { connector: string }>;
  };
  expect(Object.keys(connections)).toEqual(['adt-in', 'adt-out']);
  for (const [connection, record] of Object.entries(connections))
    expect(() =>
      connectors.get(record.connector)?.parse(record, { site: 'north', connection }),
    ).not.toThrow();
});

describe('the flows in docs/flows.md', () => {
  const text = readFileSync(join(root, 'docs', 'flows.md'), 'utf8');
  const flows = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const capabilities = [...connectors.values()].flatMap((connector) => connector.capabilities);

  it('are whole, without a fault, and written as Suture writes them', () => {
    expect(flows).toHaveLength(6);
    for (const block of flows) {
      const { flow, faults } = checkFlowFile(block, { capabilities, types: true });
      expect(faults, block).toEqual([]);
      expect(toYaml(flow as Flow)).toBe(block);
    }
  });

  it('say the same as the program beside the first', async () => {
    const program = appointment;
    const sync = defineFlow('appointment-sync', { about: 'Keeps the care app’s calendar in step.' })
      .on(program.changed())
      .filter('booked', { path: 'event.status', in: ['booked', 'arrived'] })
      .read(
        'patient',
        patient.read({
          connection: 'epic',
          args: { reference: 'event.participant[actor.type=Patient].actor.reference' },
        }),
      )
      .send('notify', {
        connection: 'care-app',
        do: 'send',
        args: { 'body.start': 'event.start', 'body.family': 'patient.name[0].family' },
      });
    expect(toYaml(sync)).toBe(flows[0]);
  });
});
