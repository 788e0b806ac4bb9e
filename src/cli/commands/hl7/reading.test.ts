import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admission, hl7 } from './command.fixture.ts';

let home: string;
let one: string;
let night: string;
let feed: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-hl7-'));
  one = join(home, 'one.hl7');
  writeFileSync(one, admission(1));
  night = join(home, 'night.hl7');
  writeFileSync(night, `BHS|^~\\&|EPIC\r${admission(1)}${admission(2)}BTS|3\r`);
  feed = join(home, 'feed');
  mkdirSync(join(feed, 'monday'), { recursive: true });
  writeFileSync(join(feed, 'a.hl7'), admission(3));
  writeFileSync(join(feed, 'monday', 'b.HL7'), `${admission(4)}${admission(5)}`);
  writeFileSync(join(feed, 'monday', 'c.txt'), 'no message at all');
  writeFileSync(join(feed, 'readme.md'), 'MSH|^~\\&|not a message file');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('where messages come from', () => {
  test('a file gives its value alone; a batch file and a folder give it with the name of each message', async () => {
    expect(await hl7(['get', one, 'PID-5.1'])).toMatchObject({ code: 0, out: 'LOPEZ-1\n', errors: '' });
    const batch = await hl7(['get', night, 'PID-5.1']);
    expect(batch.out).toBe(`${night}#1\tLOPEZ-1\n${night}#2\tLOPEZ-2\n`);
    // The count of the envelope is wrong, and that is told once.
    expect(batch.errors).toMatch(/^suture: .*night\.hl7: BTS-1, byte \d+: BTS-1 says 3 messages.*\n$/);
    const folder = await hl7(['get', feed, 'MSH-10', '--json']);
    expect(
      folder.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { message: join(feed, 'a.hl7'), values: ['A-3'] },
      { message: `${join(feed, 'monday', 'b.HL7')}#1`, values: ['A-4'] },
      { message: `${join(feed, 'monday', 'b.HL7')}#2`, values: ['A-5'] },
      { message: join(feed, 'monday', 'c.txt'), values: [] },
    ]);
  });

  test('standard input is read to its end, in pieces', async () => {
    expect(await hl7(['get', '-', 'PID-3[5=MR].1'], { input: admission(9) })).toMatchObject({
      code: 0,
      out: '7009\n',
    });
  });

  test('progress is told on standard error: anew on a terminal, a line now and then in a file, never with --json', async () => {
    const words = ['get', feed, 'MSH-10'];
    const live = await hl7(words, { live: true, msPerLook: 150 });
    expect(live.errors).toContain('\r\u001B[K1 message, 0 of 3 files ...');
    expect(live.errors).toMatch(/suture: 4 messages, 3 of 3 files in \d+\.\d s\n/);
    const file = await hl7(words, { msPerLook: 2_500 });
    expect(file.errors).toContain('suture: 1 message, 0 of 3 files ...\n');
    expect(file.errors).not.toContain('\r');
    const json = await hl7([...words, '--json'], { live: true, msPerLook: 2_500 });
    expect(json.errors).not.toContain('messages');
    for (const line of json.errors.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('rule');
  });

  test('what cannot be read is told with the file, the reason and what to do', async () => {
    const absent = await hl7(['parse', join(home, 'absent.hl7')]);
    expect(absent).toMatchObject({ code: 2, out: '' });
    expect(absent.errors).toMatch(/absent\.hl7 cannot be read: there is no such file\. Correct the name/);
    const empty = join(home, 'empty');
    mkdirSync(empty);
    const nothing = await hl7(['parse', empty]);
    expect(nothing.code).toBe(2);
    expect(nothing.errors).toMatch(
      /There are no files to read in .*empty\. In a folder, files are read whose names end in/,
    );
  });
});

describe('parse', () => {
  test('shows the filled parts, with names and by groups when asked', async () => {
    const plain = await hl7(['parse', one]);
    expect(plain.out).toContain('  PID-5\n    PID-5.1  LOPEZ-1\n    PID-5.2  ANA\n');
    expect((await hl7(['parse', '--names', one])).out).toContain('  PID-8  F  (Administrative Sex)\n');
    const result = `${admission(1)
      .replace('ADT^A01^ADT_A01', 'ORU^R01^ORU_R01')
      .replace(/EVN.*?\r|PV1.*?\r/g, '')}OBR|1\rOBX|1|ST|A||x\r`;
    const groups = await hl7(['parse', '--groups', '-'], { input: result });
    expect(groups.out).toMatch(
      /^ORU_R01\n {2}MSH\n[\s\S]*\n {2}PATIENT_RESULT\[1\]\n[\s\S]*ORDER_OBSERVATION\[1\]\n +OBR\n/,
    );
  });

  test('ends with 1 for what is no message, and tells why', async () => {
    const none = await hl7(['parse', '-'], { input: 'no message at all' });
    expect(none.code).toBe(1);
    expect(none.errors).toMatch(/^suture: -: .*MSH.* \[no-header\]\n/);
    expect((await hl7(['parse', feed])).code).toBe(1);
  });
});

describe('get', () => {
  test('--raw gives the escapes, [*] every value, and a wrong path says at which character', async () => {
    const input = admission(1).replace('LOPEZ-1', 'A\\T\\B');
    expect((await hl7(['get', '-', 'PID-5.1'], { input })).out).toBe('A&B\n');
    expect((await hl7(['get', '-', 'PID-5', '--raw'], { input })).out).toBe('A\\T\\B^ANA\n');
    const repeated = admission(1).replace('^MR|', '^MR~8^^^X^EXT|');
    expect((await hl7(['get', '-', 'PID-3[*].1'], { input: repeated })).out).toBe('7001\n8\n');
    const wrong = await hl7(['get', one, 'PID-']);
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.errors).toMatch(/^suture: "PID-" is not an HL7 path: at character 5, /);
    const nothing = await hl7(['get', one, 'PID-30']);
    expect(nothing).toMatchObject({ code: 1, out: '', errors: 'suture: PID-30 is not in this message.\n' });
  });
});

describe('validate', () => {
  test('prints what it finds in a message, and by rule for many', async () => {
    const wrong = admission(1).replace('19700101', 'spring');
    const single = await hl7(['validate', '-'], { input: wrong });
    expect(single).toMatchObject({ code: 0, errors: '' });
    expect(single.out).toMatch(/^-: PID-7(\.1)?: warning: .* \[type-format\]\n/m);
    expect(single.out).not.toContain('spring');
    const folder = await hl7(['validate', feed]);
    expect(folder.code).toBe(1);
    expect(folder.out).toMatch(/^count +in +severity +rule +first seen +what$/m);
    expect(folder.out).toMatch(/^1 +1 +error +no-header +.*c\.txt/m);
    expect(folder.out).toMatch(/3 of 4 messages are valid/);
  });

  test('holds to a profile, at the levels that are asked for', async () => {
    const profile = join(home, 'mercy.yaml');
    writeFileSync(profile, 'name: Mercy\nfields:\n  PID-8: { codes: [M] }\n  PID-13: { required: true }\n');
    const judged = await hl7(['validate', '--profile', profile, '--level', 'profile', '--json', one]);
    expect(judged.code).toBe(1);
    const { ok, findings } = JSON.parse(judged.out) as {
      ok: boolean;
      findings: { rule: string; path: string }[];
    };
    expect(ok).toBe(false);
    expect(findings.map(({ rule, path }) => `${rule} ${path}`).sort()).toEqual([
      'profile-code PID-8',
      'profile-required PID-13',
    ]);
    const level = await hl7(['validate', '--level', 'tabels', one]);
    expect(level).toMatchObject({
      code: 2,
      errors: 'suture: There is no level "tabels". Did you mean "tables"?\n',
    });
    writeFileSync(profile, 'name: Mercy\nfeilds: {}\n');
    const misspelt = await hl7(['validate', '--profile', profile, one]);
    expect(misspelt.code).toBe(2);
    expect(misspelt.errors).toMatch(/mercy\.yaml: .*feilds.*Did you mean "fields"\?/);
    writeFileSync(profile, 'name: [Mercy\nfields: {}\n');
    expect((await hl7(['validate', '--profile', profile, one])).errors).toMatch(
      /mercy\.yaml:\d: this is not YAML: /,
    );
  });
});

describe('learn and diff', () => {
  test('a learned profile is YAML with remarks, is valid for what it was learned from, and holds no patient', async () => {
    const folder = join(home, 'learned');
    mkdirSync(folder);
    for (let n = 1; n <= 30; n += 1)
      writeFileSync(join(folder, `${n}.hl7`), admission(n, n > 27 ? 'ZPD|1' : ''));
    const profile = join(home, 'learned.yaml');
    const learned = await hl7(['learn', folder, '-o', profile, '--name', 'Mercy, admissions']);
    expect(learned).toMatchObject({ code: 0, out: '' });
    expect(learned.errors).toMatch(/30 messages, 30 of 30 files/);
    const text = (await hl7(['learn', folder, '--name', 'Mercy, admissions'])).out;
    expect(text).toMatch(/^# Learned by "suture hl7 learn" from 30 messages\.$/m);
    expect(text).toMatch(/^ {2}# in all of 30 messages\n {2}ADT\^A01:$/m);
    expect(text).toMatch(/^ {6}PID: \{ min: 1, max: 1 \} # Patient Identification$/m);
    expect(text).toMatch(
      /^ {2}# Administrative Sex; filled in all of 30 PID segments; .*F 30\n {2}PID-8: \{ required: true, codes: \[ F \] \}$/m,
    );
    expect(text).not.toMatch(/LOPEZ|7001|1970/);
    expect((await hl7(['validate', '--profile', profile, folder])).code).toBe(0);
    // A profile that people worked on is not written over.
    const again = await hl7(['learn', folder, '-o', profile]);
    expect(again.code).toBe(2);
    expect(again.errors).toMatch(/learned\.yaml is there already\. Name another file, or say --force\./);
    expect((await hl7(['learn', folder, '-o', profile, '--force'])).code).toBe(0);
    expect(await hl7(['diff', profile, folder])).toMatchObject({ code: 0, out: 'no difference\n' });
    writeFileSync(join(folder, '31.hl7'), admission(31).replace('|F\r', '|U\r'));
    const changed = await hl7(['diff', profile, folder]);
    expect(changed).toMatchObject({ code: 1 });
    expect(changed.out).toContain('+ PID-8 has the new code U (once).\n');
  });

  test('two messages are compared part by part', async () => {
    const other = join(home, 'other.hl7');
    writeFileSync(other, admission(2));
    const { code, out } = await hl7(['diff', one, other, '--ignore', 'MSH-10,PID-3', '--ignore', 'PV1-19']);
    expect(code).toBe(1);
    expect(out).toMatch(/^~ PID-5\.1 \(Patient Name, Family Name.*\): LOPEZ-1 -> LOPEZ-2\n$/);
    expect(await hl7(['diff', one, one])).toMatchObject({ code: 0, out: 'no difference\n' });
    const several = await hl7(['diff', one, night]);
    expect(several.code).toBe(2);
    expect(several.errors).toMatch(/holds several messages\. Divide it with "suture hl7 split"/);
  });

  test('of what cannot be read nothing is learned', async () => {
    const nothing = await hl7(['learn', '-'], { input: 'no message at all' });
    expect(nothing).toMatchObject({ code: 1, out: '' });
    expect(nothing.errors).toMatch(/No message could be read in -\./);
  });
});
