/** An export is data: what is wrong or hostile is refused, with its line. */
import { describe, expect, it } from 'vitest';
import { child, textAt } from './element.ts';
import { readXml } from './read.ts';

const refusal = (text: string, limits?: Parameters<typeof readXml>[2]) => {
  try {
    readXml(text, 'a.xml', limits);
    return 'read';
  } catch (error) {
    const { code, at, message } = error as { code: string; at: { path: string }; message: string };
    return `${code} ${at.path} ${message}`;
  }
};

describe('an XML document', () => {
  it('is elements with their lines, attributes and texts', () => {
    const root = readXml(
      '\ufeff<?xml version="1.1" encoding="UTF-8"?>\n<!-- a remark -->\n<channel version="4.5.2">\n  <name>A &amp; B &#x41;&#65;</name>\n  <script>\nvar a = 1;\nvar b = a &lt; 2;</script>\n  <empty/>\n  <raw><![CDATA[x < y & z]]></raw>\n</channel>\n',
      'a.xml',
    );
    expect(root.attributes.version).toBe('4.5.2');
    expect(root.line).toBe(3);
    expect(textAt(root, 'name')).toBe('A & B AA');
    expect(child(root, 'script')).toMatchObject({
      line: 5,
      textLine: 5,
      text: '\nvar a = 1;\nvar b = a < 2;',
    });
    expect(child(root, 'raw')?.text).toBe('x < y & z');
    expect(child(root, 'empty')?.text).toBe('');
  });

  it('has no document type, no entities of its own, and nothing that is fetched', () => {
    const external =
      '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<a>&x;</a>';
    expect(refusal(external)).toMatch(/^IMPORT_REFUSED a\.xml:2 It is not read: it declares a document type/);
    expect(refusal('<a>\n&x;</a>')).toMatch(
      /^IMPORT_REFUSED a\.xml:\d It is not read: it names the entity "&x;"/,
    );
    expect(refusal('<a>&constructor;</a>')).toMatch(/^IMPORT_REFUSED/);
    expect(refusal('<a>&#xD800;</a>')).toMatch(/^IMPORT_REFUSED/);
    expect(refusal('<a>&#x110000;</a>')).toMatch(/^IMPORT_REFUSED/);
    expect(refusal('<a b="&x;"/>')).toMatch(/^IMPORT_REFUSED/);
    expect(refusal('<a>one & two</a>')).toMatch(/^IMPORT_REFUSED/);
  });

  it('names no class that is made: attributes are texts, whatever they say', () => {
    const root = readXml(
      '<a class="java.lang.ProcessBuilder"><command class="__proto__">x</command></a>',
      'a.xml',
    );
    expect(root.attributes.class).toBe('java.lang.ProcessBuilder');
    expect(child(root, 'command')?.attributes.class).toBe('__proto__');
    const sly = readXml('<a __proto__="x" constructor="y"/>', 'a.xml');
    expect(Object.getPrototypeOf(sly.attributes)).toBe(null);
    expect(({} as { x?: string }).x).toBe(undefined);
  });

  it('is neither too deep, nor too large, nor of too many attributes', () => {
    expect(refusal(`${'<a>'.repeat(101)}${'</a>'.repeat(101)}`)).toMatch(
      /^IMPORT_TOO_LARGE a\.xml:1 .*100 deep/,
    );
    expect(refusal(`${'<a>'.repeat(200_000)}`)).toMatch(/^IMPORT_TOO_LARGE/);
    const small = { characters: 1_000, depth: 10, elements: 5, attributes: 2 };
    expect(refusal('<a><b/><b/><b/><b/><b/></a>', small)).toMatch(/^IMPORT_TOO_LARGE .*more than 5 elements/);
    expect(refusal('<a b="1" c="2" d="3"/>', small)).toMatch(/^IMPORT_TOO_LARGE .*2 attributes/);
    expect(refusal(`<a>${'x'.repeat(2_000)}</a>`, small)).toMatch(/^IMPORT_TOO_LARGE .*characters/);
  });

  it('is well-formed, or the line says what is not', () => {
    expect(refusal('')).toMatch(/there is no element in it/);
    expect(refusal('<a>\n<b>\n</a>')).toMatch(
      /^IMPORT_UNREADABLE a\.xml:3 It is no XML: <\/a> closes <b>, opened in line 2/,
    );
    expect(refusal('<a>\n<b>')).toMatch(/it ends inside <b>, opened in line 2/);
    expect(refusal('<a/><b/>')).toMatch(/second root/);
    expect(refusal('<a/>text')).toMatch(/outside of the root/);
    expect(refusal('<a b=1/>')).toMatch(/a value in quotes was expected/);
    expect(refusal('<a b="1" b="2"/>')).toMatch(/twice/);
    expect(refusal('<a b="<"/>')).toMatch(/holds </);
    expect(refusal('<a><![CDATA[x</a>')).toMatch(/does not end/);
    expect(refusal('</a>')).toMatch(/closes nothing/);
    expect(refusal('<1/>')).toMatch(/the name of an element/);
  });
});
