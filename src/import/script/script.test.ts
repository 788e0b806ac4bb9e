/** Scripts are read, never run: what they are, what they would not find, and what of them is a move of a field. */
import { describe, expect, it } from 'vitest';
import { conditionOf, filterOf, type Scope } from './meaning.ts';
import { movesOf } from './moves.ts';
import { type Node, parseScript } from './parse.ts';
import { usesOf } from './refusals.ts';
import { rewrite } from './rewrite.ts';

const hl7: Scope = {
  format: 'HL7V2',
  variables: new Map([['mrn', 'hl7:PID-3.1']]),
  written: new Map(),
  locals: new Map(),
};
const json: Scope = { ...hl7, format: 'JSON' };

function parsed(text: string) {
  const read = parseScript(text);
  if (!('body' in read)) throw new Error(`line ${read.line}: ${read.reason}`);
  return read;
}
const rewritten = (text: string) => rewrite(parsed(text)).text;
const reasons = (text: string) =>
  usesOf(parsed(text)).refusals.map(({ line, reason }) => `${line}: ${reason}`);
const filter = (text: string, scope = hl7) => filterOf(parsed(text).body, scope);
const moves = (text: string, scope = hl7) => movesOf(parsed(text).body, scope);
const asked = (text: string, scope = hl7) =>
  conditionOf((parsed(text).body[0] as unknown as { expression: Node }).expression, scope);

describe('a script for Rhino', () => {
  it('is read with the grammar of E4X', () => {
    expect(rewritten('for each (var s in msg..OBX) go(s);')).toBe(
      'for  (var s of mirth.each(msg.descendants("OBX"))) go(s);',
    );
    expect(rewritten('var i = seg.@id; seg.@id = 1; msg.*; msg..*')).toBe(
      'var i = seg["@id"]; seg["@id"] = 1; msg["*"]; msg.descendants("*")',
    );
    expect(rewritten('x = <a b={c}>{d}</a>;')).toBe(
      'x = mirth.xml("<a b=\\"" + mirth.text(c) + "\\">" + mirth.content(d) + "</a>");',
    );
    expect(rewritten('x = <a>{y..z}</a>; n += <b/>')).toContain('n = mirth.plus(n, mirth.xml("<b/>"))');
    expect(rewritten("if (typeof x == 'xml') y()")).toBe("if (mirth.typeOf(x) == 'xml') y()");
    // What is not of E4X stays as it is, `<` and `/` among it.
    const plain = 'var r = a < b && c > d, q = /<x>/g, s = 1..toFixed(), t = a ? b : c;';
    expect(rewritten(plain)).toBe(plain);
  });

  it('keeps its lines', () => {
    const text = 'var a = <a>\n<b/>\n</a>;\nthrow a;';
    expect(rewritten(text).split('\n')).toHaveLength(4);
  });

  it('that cannot be read says in which line', () => {
    expect(parseScript('var a = 1;\nvar b c;')).toEqual({ line: 2, reason: 'Unexpected token' });
    expect(parseScript('try { a() } catch (e if e.x) {}')).toMatchObject({ line: 1 });
    expect(parseScript('('.repeat(50_000))).toMatchObject({ line: 1 });
    expect(parseScript(`var a = ${'<a>'.repeat(10)}`)).toMatchObject({
      reason: 'an XML literal that does not end',
    });
    expect(parseScript('x'.repeat(2_000_000))).toMatchObject({ reason: 'it is longer than a script may be' });
  });

  it('names what it would not find in the sandbox', () => {
    expect(reasons('importPackage(java.util);\nvar l = new ArrayList();')).toEqual([
      '1: calls Java (importPackage)',
      '1: calls Java (java)',
    ]);
    expect(reasons("var c = DatabaseConnectionFactory.createDatabaseConnection('x');")[0]).toContain(
      'database',
    );
    expect(reasons("globalMap.put('a', 1);\nrouter.routeMessage('b', msg);")).toEqual([
      '1: keeps a value from one message to the next (globalMap)',
      '2: hands the message to another channel (router)',
    ]);
    expect(reasons('eval(x); with (msg) {}; Math.random(); msg.OBX.(x == 1)')).toHaveLength(4);
    // A name that the script itself defines is its own.
    expect(reasons('function org(x) { return x; } var com = org(1); var Status = com;')).toEqual([]);
    const { free, configuration } = usesOf(
      parsed("a(b); var c = $cfg('host') + configurationMap.get('port');"),
    );
    expect([[...free], [...configuration]]).toEqual([
      ['a', 'b'],
      ['host', 'port'],
    ]);
  });

  it('knows whether it changes the message', () => {
    const writes = (text: string) => usesOf(parsed(text)).writes;
    expect(writes("channelMap.put('a', msg['PID']['PID.3'].toString()); var x = 1; x = 2;")).toBe(false);
    expect(writes("msg['PID']['PID.3']['PID.3.1'] = 'x'")).toBe(true);
    expect(writes("delete msg['ZZZ']")).toBe(true);
    expect(writes('clean(msg)')).toBe(true);
    expect(writes("var pid = msg['PID']; pid['PID.3']['PID.3.1'] = 'x'")).toBe(true);
    expect(writes('msg.appendChild(x)')).toBe(true);
  });
});

describe('what a script means', () => {
  it('is a condition where it only asks', () => {
    expect(asked("msg['MSH']['MSH.9']['MSH.9.1'].toString() == 'ADT'")).toEqual({
      path: 'hl7:MSH-9.1',
      equals: 'ADT',
    });
    expect(asked("String(msg.PID['PID.3'][1]['PID.3.1']) != ''")).toEqual({
      path: 'hl7:PID-3[2].1',
      exists: true,
    });
    expect(asked("['A01','A04'].indexOf($('mrn')) >= 0")).toEqual({
      path: 'hl7:PID-3.1',
      in: ['A01', 'A04'],
    });
    expect(asked("!['A01'].includes(msg['EVN']['EVN.1']['EVN.1.1'] + '')")).toEqual({
      not: { path: 'hl7:EVN-1.1', in: ['A01'] },
    });
    expect(asked("msg['ZPD'].length() > 0")).toEqual({ path: 'hl7:ZPD', exists: true });
    expect(asked("msg.status === 'new'", json)).toEqual({ path: 'event.status', equals: 'new' });
    expect(asked("msg.items[0].code == 'x'", json)).toEqual({ path: 'event.items[0].code', equals: 'x' });
    // A field by itself is XML in Mirth when it has components; that stays a script.
    expect(asked("msg['PID']['PID.3'].toString() == 'x'")).toBe(undefined);
    expect(asked("msg['PID']['PID.3']['PID.3.1'].substring(0, 1) == 'x'")).toBe(undefined);
    expect(asked("msg['PID'][i]['PID.3.1'].toString() == 'x'")).toBe(undefined);
  });

  it('is a condition where a filter answers yes or no on its ways', () => {
    const type = "var t = msg['MSH']['MSH.9']['MSH.9.2'].toString();";
    expect(filter(`${type} if (t == 'A01' || t == 'A04') { return true; } else return false;`)).toEqual({
      path: 'hl7:MSH-9.2',
      in: ['A01', 'A04'],
    });
    expect(
      filter(
        `${type} if (t == 'A99') return false; return msg['PV1']['PV1.2']['PV1.2.1'].toString() == 'I';`,
      ),
    ).toEqual({
      all: [{ not: { path: 'hl7:MSH-9.2', equals: 'A99' } }, { path: 'hl7:PV1-2.1', equals: 'I' }],
    });
    expect(filter('return true;')).toBe(true);
    expect(filter('')).toBe(false);
    expect(filter("channelMap.put('a', 1); return true;")).toBe(undefined);
  });

  it('is moves of fields where it only moves them', () => {
    expect(
      moves("var n = msg['PID']['PID.5']['PID.5.1'].toString(); channelMap.put('n', n); logger.info(n);"),
    ).toEqual([{ to: 'variable', name: 'n', rule: 'hl7:PID-5.1' }]);
    expect(
      moves(
        "$c('d', DateUtil.convertDate('yyyyMMdd', 'yyyy-MM-dd', msg['PID']['PID.7']['PID.7.1'].toString()));",
      ),
    ).toEqual([{ to: 'variable', name: 'd', rule: { from: 'hl7:PID-7.1', transform: 'dateOnly' } }]);
    expect(moves("$c('s', msg['PID']['PID.8']['PID.8.1'].toString() || 'U'); $c('u', $('s'));")).toEqual([
      { to: 'variable', name: 's', rule: { from: 'hl7:PID-8.1', default: 'U' } },
      { to: 'variable', name: 'u', rule: { from: 'hl7:PID-8.1', default: 'U' } },
    ]);
    // What was written is what is read afterwards; nothing empties the field.
    expect(
      moves(
        "msg['MSH']['MSH.3']['MSH.3.1'] = msg['MSH']['MSH.4']['MSH.4.1'].toString(); $c('a', msg['MSH']['MSH.3']['MSH.3.1'].toString());",
      ),
    ).toEqual([
      { to: 'message', path: 'MSH-3.1', rule: { from: 'hl7:MSH-4.1', default: '' } },
      { to: 'variable', name: 'a', rule: { from: 'hl7:MSH-4.1', default: '' } },
    ]);
    expect(moves("for (var i = 0; i < 3; i++) $c('a', i);")).toBe(undefined);
    expect(moves("msg['MSH']['MSH.2'] = 'x';")).toBe(undefined);
    expect(moves("$c('a', b);")).toBe(undefined);
  });
});
