/** What imported scripts find around them in the sandbox: the message as XML, the maps, dates, and nothing that cannot be right. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createSandbox, type MirthResult } from '../index.ts';

const sandbox = createSandbox({ limits: { deadline: 30_000 } });
afterAll(() => sandbox.close());

const LAB = [
  'MSH|^~\\&|LAB|HOSP|EHR|HOSP|20260131120000||ORU^R01|77|P|2.5',
  'PID|1||203^^^E&1.2&ISO^MR~5^^^X^SS||LOPEZ^JO||19800101|F',
  'OBR|1||ORD1|CBC',
  'OBX|1|NM|718-7^Hb||150|g/L',
  'OBX|2|NM|4544-3^Hct||0.45|1',
  '',
].join('\r');

async function run(steps: string, message: unknown = LAB, values = {}): Promise<MirthResult> {
  const source = `'use mirth'; mirth.begin({ channel: 'C', id: '1', destinations: ['Lab', 1], configuration: { unit: 'g/dL' } });
mirth.transform({ inbound: 'HL7V2' }, function () { ${steps} });
return mirth.done();`;
  const at = Date.UTC(2026, 0, 31, 18, 5, 9, 7);
  return (await sandbox.run({ file: 'code/x.js', source }, { message, values } as never, {
    at,
    offset: -360,
  })) as never;
}
const segment = async (steps: string, name: string) =>
  String((await run(steps)).message)
    .split('\r')
    .filter((line) => line.startsWith(name));
const value = async (expression: string) => (await run(`channelMap.put('v', ${expression});`)).values.v;

describe('the message', () => {
  it('is read by its paths, as text, by index, by descendants', async () => {
    expect(await value("msg['PID']['PID.5']['PID.5.1'].toString()")).toBe('LOPEZ');
    expect(await value("msg.PID['PID.3'][1]['PID.3.5']")).toBe('SS');
    expect(await value("msg['PID']['PID.3'][0]['PID.3.4']['PID.3.4.2'].toString()")).toBe('1.2');
    // Several of one name are one text in E4X, whatever anybody meant.
    expect(await value("msg['PID']['PID.3']['PID.3.1'].toString()")).toBe('2035');
    expect(await value("msg.descendants('OBX.3.1').length()")).toBe(2);
  });

  it('asks as E4X asks', async () => {
    expect(await value("msg['ZZZ'].length()")).toBe(0);
    expect(await value("String(msg['ZZZ']['ZZZ.1']['ZZZ.1.1'])")).toBe('');
    expect(await value("msg['PID']['PID.8']['PID.8.1'] == 'F'")).toBe(true);
    expect(await value("msg['PID']['PID.5']['PID.5.1'].substring(0, 3).toLowerCase()")).toBe('lop');
    expect(await value("'OBR' in msg && !('ZZZ' in msg)")).toBe(true);
    expect(await value("msg['PID']['PID.5'].hasComplexContent()")).toBe(true);
    expect(await value("msg['PID']['PID.8'].toString()")).toBe('<PID.8><PID.8.1>F</PID.8.1></PID.8>');
    expect(await value("[].concat(Object.keys(msg['OBX'])).join()")).toBe('0,1');
    expect(await value("msg['OBR'].childIndex() + msg['OBR'].name() + msg['OBX'][5]")).toBe('2OBRundefined');
  });

  it('is written where the field belongs, in whatever order', async () => {
    expect(
      await segment("msg['PID']['PID.13']['PID.13.1'] = '555'; msg['PID']['PID.2']['PID.2.1'] = 'x';", 'PID'),
    ).toEqual(['PID|1|x|203^^^E&1.2&ISO^MR~5^^^X^SS||LOPEZ^JO||19800101|F|||||555']);
    expect(
      await segment("delete msg['PID']['PID.3'][0]; msg['PID']['PID.5']['PID.5.1'] = '';", 'PID'),
    ).toEqual(['PID|1||5^^^X^SS||^JO||19800101|F']);
    expect(await segment("msg['ZPD']['ZPD.2']['ZPD.2.3'] = 'z';", 'ZPD')).toEqual(['ZPD||^^z']);
    expect(await segment("delete msg['OBX'];", 'OBX')).toEqual([]);
    expect(
      await segment("for (var o of mirth.each(msg['OBX'])) o['OBX.11']['OBX.11.1'] = 'F';", 'OBX'),
    ).toEqual(['OBX|1|NM|718-7^Hb||150|g/L|||||F', 'OBX|2|NM|4544-3^Hct||0.45|1|||||F']);
    await expect(run("msg['OBX']['OBX.11']['OBX.11.1'] = 'F';")).rejects.toMatchObject({
      code: 'SCRIPT_FAILED',
      detail: expect.stringContaining('more than one item'),
    });
  });

  it('gains segments and elements', async () => {
    const steps = `var nte = createSegmentAfter('NTE', msg['OBX'][0]); nte['NTE.3']['NTE.3.1'] = 'high';
      var last = createSegment('ZLA', msg); last['ZLA.1']['ZLA.1.1'] = '1';
      msg.appendChild(mirth.xml('<ZLB><ZLB.1><ZLB.1.1>2</ZLB.1.1></ZLB.1></ZLB>'));`;
    const lines = String((await run(steps)).message).split('\r');
    expect(lines.slice(3)).toEqual([
      'OBX|1|NM|718-7^Hb||150|g/L',
      'NTE|||high',
      'OBX|2|NM|4544-3^Hct||0.45|1',
      'ZLA|1',
      'ZLB|2',
      '',
    ]);
  });

  it('that no script touched comes back as it came, whatever is in it', async () => {
    const part = fc.string({
      unit: fc.constantFrom('A', 'b', '1', ' ', '^', '~', '&', '|', '\\', '<', '"', 'é', '世'),
      maxLength: 12,
    });
    const lines = fc.array(fc.tuple(fc.constantFrom('PID', 'OBX', 'ZZ1'), part), { maxLength: 4 });
    const messages = fc
      .sample(lines, 40)
      .map((each) =>
        [
          'MSH|^~\\&|A|B^C&D||E~F|20260131||ADT^A01|1|P|2.5',
          ...each.map(([name, text]) => `${name}|${text}`),
          '',
        ].join('\r'),
      );
    // One run: a filter reads the message anew, a transformer writes it.
    const source = `'use mirth'; return input.messages.map(function (text) { mirth.preprocess(function () { return text; }); mirth.transform({}, function () {}); return mirth.done().message; });`;
    const back = await sandbox.run({ file: 'code/x.js', source }, { messages } as never);
    expect(back).toEqual(messages);
  });
});

describe('around the message', () => {
  it('are maps of the delivery alone, and a log that stays in its history', async () => {
    const result = await run(
      "$c('a', $('given') + $co('x') + $('none')); logger.info(channelMap.get('a')); channelMap.put('seg', msg['OBR']['OBR.3']);",
      LAB,
      { given: 'g' },
    );
    expect(result.values).toEqual({ given: 'g', a: 'gnull', seg: '<OBR.3><OBR.3.1>ORD1</OBR.3.1></OBR.3>' });
    expect(result.logged).toEqual(['info: gnull']);
    expect((await run("for (var i = 0; i < 500; i++) logger.info('x'.repeat(5000));")).logged).toHaveLength(
      100,
    );
    expect(await value("$cfg('unit') + configurationMap.get('none') + channelName")).toBe('g/dLnullC');
  });

  it('are dates by numbers, in the site’s zone and of the message’s time', async () => {
    expect(await value("DateUtil.getCurrentDate('yyyyMMddHHmmss.SSS')")).toBe('20260131120509.007');
    expect(
      await value("DateUtil.convertDate('yyyyMMddHHmm', \"dd.MM.yyyy 'at' HH:mm\", '202601311745')"),
    ).toBe('31.01.2026 at 17:45');
    await expect(run("DateUtil.getCurrentDate('EEE MMM')")).rejects.toMatchObject({ code: 'SCRIPT_FAILED' });
    await expect(run("DateUtil.convertDate('yyyyMMdd', 'yyyy', 'x')")).rejects.toMatchObject({
      code: 'SCRIPT_FAILED',
    });
  });

  it('are validate, filters and the set of destinations', async () => {
    expect(await value("validate(msg['PID']['PID.9']['PID.9.1'].toString(), 'none', [])")).toBe('none');
    expect(await value("validate('a-b-c', '', [['-', ''], [/c/, 'd']])")).toBe('abd');
    const accepted = async (steps: string) => (await run(steps)).accepted;
    expect(await accepted("destinationSet.remove('Registry')")).toBe(true);
    expect(await accepted("destinationSet.remove(['Lab'])")).toBe(false);
    expect(await accepted('destinationSet.removeAllExcept([2, 3])')).toBe(false);
    expect(await accepted('destinationSet.removeAllExcept(1)')).toBe(true);
  });

  it('is no Java, no database, no map that outlives the message', async () => {
    for (const name of [
      'java',
      'Packages',
      'globalMap',
      'DatabaseConnectionFactory',
      'router',
      'importPackage',
    ])
      await expect(run(`${name}.x;`)).rejects.toMatchObject({
        code: 'SCRIPT_FAILED',
        detail: expect.stringContaining(name),
      });
  });

  it('are rows, as a text of columns or as one of a file or a database', async () => {
    const source = (stage: object, steps: string) =>
      `'use mirth'; mirth.transform(${JSON.stringify(stage)}, function () { ${steps} }); return mirth.done().message;`;
    const form = { delimiter: '|', quote: '"', columns: ['mrn'] };
    const stage = { inbound: 'DELIMITED', reads: form, writes: form };
    const given = async (message: unknown, script: string) =>
      sandbox.run({ file: 'code/x.js', source: script }, { message } as never);
    const upper =
      "for (var row of mirth.each(msg['row'])) row['column2'] = row['column2'].toString().toUpperCase();";
    const text = '1|"a|b ""c"""\r\n\n2|"d\ne"\n';
    expect(await given(text, source(stage, upper))).toBe('1|"A|B ""C"""\n2|"D\nE"\n');
    expect(await given({ mrn: 7, column2: 'x' }, source(stage, upper))).toBe('7|X\n');
    const xml = source({ inbound: 'XML' }, "msg['result'][0]['mrn'] = '8';");
    expect(await given([{ mrn: 7, at: null }, { mrn: 9 }], xml)).toBe(
      '<results><result><mrn>8</mrn></result><result><mrn>9</mrn></result></results>',
    );
    const reader = (script: string) =>
      given(null, `'use mirth'; return mirth.messages(function () { ${script} });`);
    expect(await reader("return ['a', null, 'b'];")).toEqual(['a', 'b']);
    expect([await reader("return 'a';"), await reader('return;')]).toEqual([['a'], []]);
  });

  it('reads XML without document types and entities', async () => {
    expect(await value('new XML(\'<a b="1"><c>x</c><c>y</c></a>\').c[1].toString()')).toBe('y');
    expect(await value("mirth.plus(new XML('<c>x</c>'), new XML('<c>y</c>')).length()")).toBe(2);
    await expect(run('new XML(\'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>\')')).rejects.toMatchObject({
      code: 'SCRIPT_FAILED',
    });
    await expect(run("new XML('<a>&x;</a>')")).rejects.toMatchObject({ code: 'SCRIPT_FAILED' });
  });
});
