import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EditError, parse, peek, splitMessages } from './index.ts';

/** Bytes that look like messages: every delimiter, line end and framing byte, often. */
const unit = fc.constantFrom(
  '|',
  '^',
  '~',
  '\\',
  '&',
  '\r',
  '\n',
  '"',
  'MSH|^~\\&|',
  'MSH',
  'PID|',
  'OBX',
  '\x0b',
  '\x1c',
  'A',
  '1',
  'é',
  '\xff',
  '.',
  ' ',
);
const messy = fc.array(unit, { maxLength: 60 }).map((units) => Buffer.from(units.join(''), 'latin1'));
const headed = messy.map((tail) => Buffer.concat([Buffer.from('MSH|^~\\&|A\r'), tail]));

describe('any bytes', () => {
  it('come back as they are, and nothing throws', () => {
    fc.assert(
      fc.property(fc.oneof(messy, headed, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const message = parse(bytes);
        for (const path of ['MSH-9.2', 'PID-3[5=MR].1', 'OBX[*]-5[*].1.1', 'OBX[3.1=1]-5', 'ZZZ'])
          expect(() => [
            message.get(path),
            message.getAll(path),
            message.raw(path),
            message.value(path),
          ]).not.toThrow();
        expect(() => [
          message.findings,
          JSON.stringify(message.tree()),
          message.toString(),
          message.header,
        ]).not.toThrow();
        expect(peek(bytes)).toEqual(message.header);
        expect(message.bytes()).toBe(bytes);
        const { messages } = splitMessages(bytes);
        expect(messages.every((each) => parse(each).usable || each.includes(0x4d))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('come back as they are after edits that put back what was there', () => {
    fc.assert(
      fc.property(headed, (bytes) => {
        const message = parse(bytes);
        for (const segment of message.segments()) {
          if (!/^[A-Z][A-Z0-9]{2}$/.test(segment.id) || segment.id === 'MSH') continue;
          for (let field = 1; field <= segment.fieldCount; field += 1) {
            const path = `${segment.path}-${field}`;
            const raw = message.raw(path) ?? '';
            // Framing bytes are kept where they are, but never written.
            if (raw.includes('\x0b') || raw.includes('\x1c')) continue;
            message.set(path, 'something else');
            message.setRaw(path, raw);
          }
        }
        expect(Buffer.compare(message.bytes(), bytes)).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('an edit', () => {
  it('changes its place and no other', () => {
    const value = fc.string({
      unit: fc.constantFrom('|', '^', '~', '\\', '&', 'é', '\r', '\n', 'x', ' ', '"'),
    });
    const small = fc.integer({ min: 1, max: 4 });
    const lines = fc.array(
      fc.array(fc.constantFrom('a', '^', '~', '&', '|', '\\T\\', '""'), { maxLength: 12 }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(
        lines,
        small,
        small,
        small,
        small,
        small,
        value,
        (bodies, nth, field, repetition, component, subcomponent, text) => {
          const source = `MSH|^~\\&|A\r${bodies.map((body) => `OBX|${body.join('')}`).join('\r')}\r`;
          const message = parse(source);
          const path = `OBX[${nth}]-${field}[${repetition}].${component}.${subcomponent}`;
          const before = leaves(source);
          if (nth > bodies.length) {
            expect(() => message.set(path, text)).toThrow(EditError);
            return;
          }
          message.set(path, text);
          const again = parse(message.bytes());
          if (text !== '') expect(again.get(path)).toBe(text);
          const after = leaves(message.toString());
          const key = [nth, field, repetition, component, subcomponent].join('.');
          for (const each of new Set([...before.keys(), ...after.keys()]))
            if (each !== key) expect(after.get(each) ?? '', each).toBe(before.get(each) ?? '');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  /** An independent reading: every subcomponent of every OBX by plain splitting. */
  function leaves(text: string): Map<string, string> {
    const found = new Map<string, string>();
    const segments = text.split('\r').filter((line) => line.startsWith('OBX'));
    for (const [s, segment] of segments.entries())
      for (const [f, field] of segment.split('|').entries())
        for (const [r, repetition] of field.split('~').entries())
          for (const [c, component] of repetition.split('^').entries())
            for (const [n, leaf] of component.split('&').entries())
              if (f > 0) found.set([s + 1, f, r + 1, c + 1, n + 1].join('.'), leaf);
    return found;
  }
});

const corpus = process.env.HL7_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus/hl7v2');
if (existsSync(corpus))
  it('the messages in the folder HL7_CORPUS come back byte for byte', () => {
    for (const name of readdirSync(corpus, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(hl7|txt|er7)$/i.test(name)) continue;
      const bytes = readFileSync(join(corpus, name));
      const message = parse(bytes);
      expect(() => [message.findings, JSON.stringify(message.tree())], name).not.toThrow();
      for (const { id, path } of message.usable ? message.segments() : [])
        if (/^[A-Z][A-Z0-9]{2}$/.test(id) && id !== 'MSH') message.setRaw(path, message.raw(path) ?? '');
      expect(Buffer.compare(message.bytes(), bytes), name).toBe(0);
    }
  });
