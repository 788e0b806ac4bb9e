import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admission, hl7 } from './command.fixture.ts';

let home: string;
let one: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-hl7-'));
  one = join(home, 'one.hl7');
  writeFileSync(one, admission(1));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('set', () => {
  test('prints the message with one value changed, escaped, and all other bytes as they were', async () => {
    const changed = await hl7(['set', one, 'PID-5.1', 'OX & BOW']);
    expect(changed).toMatchObject({
      code: 0,
      errors: '',
      out: admission(1).replace('LOPEZ-1', 'OX \\T\\ BOW'),
    });
    expect((await hl7(['set', one, 'PID-5', 'A^B', '--raw'])).out).toContain('|A^B|');
    expect((await hl7(['set', one, 'PID-8', '--null'])).out).toContain('|19700101|""\r');
    expect((await hl7(['set', one, 'PID-8', ''])).out).toContain('|19700101|\r');
    const json = JSON.parse((await hl7(['set', one, 'PID-8', 'M', '--json'])).out) as object;
    expect(json).toMatchObject({ message: one, written: 1, text: admission(1).replace('|F\r', '|M\r') });
  });

  test('of a batch file keeps the envelope, and what stands around the messages', async () => {
    const input = `\r\nFHS|^~\\&\nBHS|^~\\&\r${admission(1)}\r\n${admission(2)}BTS|2\rFTS|1\r\r`;
    const { out } = await hl7(['set', '-', 'PID-8', 'M'], { input });
    expect(out).toBe(input.replaceAll('|F\r', '|M\r'));
  });

  test('--in-place changes files and folders; what fails leaves the file as it was', async () => {
    const folder = join(home, 'in-place');
    mkdirSync(folder);
    const [a, b] = [join(folder, 'a.hl7'), join(folder, 'b.hl7')];
    writeFileSync(a, admission(1), { mode: 0o640 });
    writeFileSync(b, admission(2));
    expect((await hl7(['set', folder, 'MSH-11', 'T'])).errors).toMatch(/is a folder\. Say --in-place/);
    expect(await hl7(['set', folder, 'MSH-11', 'T', '--in-place'])).toMatchObject({ code: 0, out: '' });
    expect(readFileSync(b, 'utf8')).toBe(admission(2).replace('|P|', '|T|'));
    expect(statSync(a).mode & 0o777).toBe(0o640);
    const refused = await hl7(['set', b, 'ZZZ-1', 'x', '--in-place']);
    expect(refused.code).toBe(1);
    expect(refused.errors).toMatch(/b\.hl7: ZZZ-1 was not changed: the message has no such ZZZ segment/);
    expect(readFileSync(b, 'utf8')).toBe(admission(2).replace('|P|', '|T|'));
    expect(readdirSync(folder).sort()).toEqual(['a.hl7', 'b.hl7']);
  });

  test('needs a value, or --null', async () => {
    for (const words of [
      ['set', one, 'PID-8'],
      ['set', one, 'PID-8', 'F', '--null'],
    ])
      expect(await hl7(words)).toMatchObject({
        code: 2,
        out: '',
        errors: expect.stringContaining('One value is needed.'),
      });
  });
});

describe('json and build', () => {
  test('give each other back byte for byte, in both forms, one or many', async () => {
    const latin = Buffer.from(
      admission(1).replace('|2.5.1\r', '|2.5.1||||||8859/1\r').replace('ANA', 'ZOË'),
      'latin1',
    );
    for (const form of [[], ['--compact'], ['--json']]) {
      const json = await hl7(['json', '-', ...form], { input: latin });
      const back = await hl7(['build', '-'], { input: json.out });
      expect(back.errors).toBe('');
      expect(back.bytes.equals(latin)).toBe(true);
    }
    const several = `${admission(1)}${admission(2)}`;
    const lines = (await hl7(['json', '-'], { input: several })).out;
    expect(lines.trim().split('\n')).toHaveLength(2);
    expect((await hl7(['build', '-'], { input: lines })).out).toBe(several);
    expect((await hl7(['build', '-'], { input: `[${lines.trim().split('\n').join(',')}]` })).out).toBe(
      several,
    );
  });

  test('build makes a message of a type and segments by name, with a time and a control id', async () => {
    const input = JSON.stringify({
      type: 'ADT^A08',
      segments: [['EVN'], ['PID', { patientName: { familyName: 'Ox & Bow' } }]],
    });
    const { code, out } = await hl7(['build', '-'], { input });
    expect(code).toBe(0);
    expect(out).toMatch(
      /^MSH\|\^~\\&\|\|\|\|\|20260131120000\+0000\|\|ADT\^A08\^ADT_A01\|[0-9A-F]{20}\|P\|2\.5\.1\rEVN\r/,
    );
    expect(out).toContain('\rPID|||||Ox \\T\\ Bow\r');
  });

  test('what is no message is told without a word of it', async () => {
    const cases: [string, RegExp][] = [
      ['{"form": "compact", "segments": [["MSH", "|", "^~\\\\&"], 5]}', /segments\[1\]: expected a segment/],
      [
        '{"type": "ADT^A08", "segments": [["PID", {"patientNam": "DOE"}]]}',
        /PID\.patientNam: .*Did you mean "patientName"/,
      ],
      ['{"name": "DOE", }', /- is not JSON at (line|character)/],
      ['DOE was here', /- is not JSON\./],
      ['[1]', /-#1|is no message/],
      ['', /is empty/],
      ['[]', /is empty/],
      [
        '{"type": "ADT^A08", "segments": [["PID", [[["DOE"]]]]]}',
        /segments\[0\]\[1\]\[0\]\[0\]: a text or null is expected/,
      ],
      [
        '{"type": "ADT^A08", "segments": [["PID", {"repetitions": "DOE"}]]}',
        /segments\[0\]\[1\]: a text, null, a list/,
      ],
      ['{"type": "ADT^A08", "segments": [["PID"]], "contolId": "1"}', /did you mean "controlId"\?/],
      ['{"type": "ADT^A08", "segments": [["PID"]], "time": 5}', /time: a text is expected/],
    ];
    for (const [input, said] of cases) {
      const { code, out, errors } = await hl7(['build', '-'], { input });
      expect([code, out]).toEqual([1, '']);
      expect(errors).toMatch(said);
      expect(errors).not.toContain('DOE');
      expect(errors).not.toContain('    at ');
    }
  });

  test('a site’s own names are used both ways', async () => {
    const local = join(home, 'local.yaml');
    writeFileSync(
      local,
      'segments:\n  ZPD: { name: Patient, fields: { 1: Nickname } }\n'.replace('Patient,', '"Patient",'),
    );
    const input = admission(1, 'ZPD|Bo');
    const json = await hl7(['json', '--local', local, '-'], { input });
    expect(json.out).toContain('"nickname": "Bo"');
    expect((await hl7(['build', '--local', local, '-'], { input: json.out })).out).toBe(input);
  });
});

describe('ack', () => {
  test('answers a message, with an error in the form of its version', async () => {
    const words = ['--control-id', 'K1', '--time', '20260131120001'];
    expect((await hl7(['ack', one, ...words])).out).toBe(
      'MSH|^~\\&|LAB|MERCY|EPIC|MERCY|20260131120001||ACK^A01^ACK|K1|P|2.5.1\rMSA|AA|A-1\r',
    );
    const error = ['--code', 'ae', '--text', 'No name', '--error', '101', '--at', 'PID-5'];
    expect((await hl7(['ack', one, ...words, ...error])).out).toContain(
      '\rMSA|AE|A-1|No name\rERR||PID^1^5|101^Required field missing^HL70357|E||||No name\r',
    );
    const json = JSON.parse((await hl7(['ack', one, '--json'])).out) as object;
    expect(json).toMatchObject({ message: one, acknowledges: 'A-1', code: 'AA' });
  });

  test('never answers an acknowledgement, and says when the sender expects none', async () => {
    const ack = (await hl7(['ack', one])).out;
    const refused = await hl7(['ack', '-'], { input: ack });
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.errors).toMatch(/MSH-9: This is an acknowledgement, and none is sent for it\./);
    const never = admission(1).replace('|2.5.1\r', '|2.5.1|||NE|NE\r');
    expect((await hl7(['ack', '-'], { input: never })).errors).toMatch(/the sender does not expect AA/);
    expect((await hl7(['ack', one, '--code', 'OK'])).errors).toBe(
      'suture: --code is "OK". Give AA, AE, AR, CA, CE or CR.\n',
    );
  });
});

describe('split', () => {
  test('writes each message into a file, checks the counts, and writes over nothing', async () => {
    const night = join(home, 'night.hl7');
    writeFileSync(night, `BHS|^~\\&\r${admission(1)}${admission(2)}BTS|2\r`);
    const to = join(home, 'split');
    expect(await hl7(['split', night, '-o', to])).toMatchObject({
      code: 0,
      out: `2 messages in ${to}\n`,
      errors: '',
    });
    expect(readdirSync(to)).toEqual(['night-000001.hl7', 'night-000002.hl7']);
    expect(readFileSync(join(to, 'night-000002.hl7'), 'utf8')).toBe(admission(2));
    const again = await hl7(['split', night, '-o', to]);
    expect(again.code).toBe(2);
    expect(again.errors).toMatch(
      /cannot be written\. It is there already: name another folder, or say --force\./,
    );
    expect((await hl7(['split', night, '-o', to, '--force'])).code).toBe(0);
    const short = await hl7(['split', '-', '-o', join(home, 'short')], {
      input: `BHS|^~\\&\r${admission(1)}BTS|2\r`,
    });
    expect(short.code).toBe(1);
    expect(short.errors).toMatch(/BTS-1 says 2 messages, but the batch holds 1/);
    const none = await hl7(['split', '-', '-o', join(home, 'none')], { input: 'no message at all' });
    expect(none).toMatchObject({ code: 1, out: `0 messages in ${join(home, 'none')}\n` });
  });
});

describe('to-fhir and from-fhir', () => {
  test('a message gives a Bundle on standard output, and what was not carried over on standard error', async () => {
    const { code, out, errors } = await hl7([
      'to-fhir',
      one,
      '--time-zone',
      'America/Chicago',
      '--system',
      'EPIC:MR=urn:oid:1.2.3',
    ]);
    expect(code).toBe(0);
    const bundle = JSON.parse(out) as {
      resourceType: string;
      entry: { resource: Record<string, unknown> }[];
    };
    expect(bundle.resourceType).toBe('Bundle');
    const patient = bundle.entry.find(({ resource }) => resource.resourceType === 'Patient')?.resource;
    expect(patient).toMatchObject({
      name: [{ family: 'LOPEZ-1' }],
      identifier: [{ system: 'urn:oid:1.2.3', value: '7001' }],
    });
    expect(errors).not.toContain('LOPEZ');
    const none = await hl7(['to-fhir', '-'], { input: 'no message at all' });
    expect(none).toMatchObject({ code: 1, out: '' });
    expect((await hl7(['to-fhir', one, '--time-zone', 'Chicago'])).errors).toMatch(
      /which is no IANA time zone/,
    );
    expect((await hl7(['to-fhir', one, '--system', 'EPIC'])).code).toBe(2);
  });

  test('a folder gives a file each, progress and a table of findings', async () => {
    const folder = join(home, 'feed');
    mkdirSync(folder);
    for (let n = 1; n <= 5; n += 1) writeFileSync(join(folder, `${n}.hl7`), admission(n));
    const to = join(home, 'bundles');
    const { code, out, errors } = await hl7(['to-fhir', folder, '-o', to], { live: true, msPerLook: 200 });
    expect([code, out]).toEqual([0, `5 Bundles in ${to}\n`]);
    expect(readdirSync(to)).toHaveLength(5);
    expect(errors).toMatch(/\d messages?, \d of 5 files \.\.\./);
    expect(errors).toMatch(/^count +in +rule +first seen +what$/m);
    expect(errors).toMatch(/^\d+ +5 +unknown-assigner +.*1\.hl7 PID-3 /m);
    const lines = await hl7(['to-fhir', folder, '--json']);
    expect(
      lines.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { resourceType: string }).resourceType),
    ).toEqual(Array.from({ length: 5 }, () => 'Bundle'));
    for (const line of lines.errors.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ rule: expect.any(String) });
  });

  test('a site record says the zone and the id systems', async () => {
    const record = join(home, 'site.yaml');
    writeFileSync(
      record,
      'site: mercy\nname: Mercy\nenvironment: sandbox\nehr: { vendor: epic }\ntimeZone: America/Chicago\n' +
        'identifiers: { mrn: { system: "urn:oid:9.9", hl7: { type: MR } } }\nconnections: {}\n',
    );
    const { out } = await hl7(['to-fhir', one, '--site-record', record]);
    expect(out).toContain('"urn:oid:9.9"');
    expect(out).toContain('-06:00');
    // What is said on the command line comes first.
    const said = await hl7(['to-fhir', one, '--site-record', record, '--system', 'EPIC:MR=urn:oid:1.2.3']);
    expect(said.out).toContain('"urn:oid:1.2.3"');
    expect(said.out).not.toContain('"system": "urn:oid:9.9"');
    writeFileSync(record, 'site: mercy\n');
    expect((await hl7(['to-fhir', one, '--site-record', record])).code).toBe(2);
  });

  test('resources become a message; what is needed and missing is an error, and nothing is printed', async () => {
    const patient = {
      resourceType: 'Patient',
      name: [{ family: 'Ox & Bow' }],
      birthDate: '1970-01-01',
      gender: 'female',
    };
    const bundle = JSON.stringify({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: patient }],
    });
    const words = [
      'from-fhir',
      '-',
      '--event',
      'ADT^A08',
      '--control-id',
      'K1',
      '--time',
      '2026-01-31T12:00:00Z',
    ];
    const made = await hl7([...words, '--sending-application', 'SUTURE'], { input: bundle });
    expect(made.code).toBe(0);
    expect(made.out).toMatch(/^MSH\|\^~\\&\|SUTURE\|.*\|ADT\^A08\^ADT_A01\|K1\|P\|2\.5\.1/);
    expect(made.out).toContain('Ox \\T\\ Bow');
    // A Bundle a line is a message each; a list of resources is one message.
    const two = await hl7(words, { input: `${bundle}\n${bundle}\n` });
    expect(two.out.match(/^MSH|\rMSH/g)).toHaveLength(2);
    expect(two.out).toContain('|K1-2|');
    expect((await hl7(words, { input: JSON.stringify([patient]) })).out.match(/MSH\|/g)).toHaveLength(1);
    const wrong = await hl7(['from-fhir', '-', '--event', 'SIU^S12'], { input: bundle });
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.errors).toMatch(/needs a resource of type Appointment/);
    expect(wrong.errors).not.toContain('Bow');
    expect((await hl7(['from-fhir', '-', '--event', 'SIU^S21'], { input: bundle })).errors).toMatch(
      /Did you mean "SIU\^S/,
    );
    expect((await hl7([...words, '--hl7-version', '9'], { input: bundle })).code).toBe(2);
    expect((await hl7(words, { input: '{"a": 1}' })).errors).toMatch(/is not a FHIR resource/);
    const noList = await hl7(words, { input: '{"resourceType": "Bundle", "entry": 5}' });
    expect(noList.errors).toMatch(/is a Bundle whose entry is no list/);
  });
});

test('every command has a help that says what its exit codes mean', async () => {
  const { out } = await hl7(['--help']);
  const commands = [...out.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map(([, name]) => name as string);
  expect(commands).toEqual(
    'parse get set validate json build ack to-fhir from-fhir learn diff split'.split(' '),
  );
  for (const command of commands) {
    const help = await hl7([command, '--help']);
    expect(help.code).toBe(0);
    expect(help.out).toMatch(/Exit code: 0 fine, 1 when .*, 2 bad usage/);
    expect(help.out).toContain('--json');
  }
});
