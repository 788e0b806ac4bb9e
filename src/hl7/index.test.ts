import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildAck, parse } from './index.ts';

const bytes = Buffer.from(
  'MSH|^~\\&|EPIC|HOSP|||20260131||ADT^A08|1|P|2.5\rPID|1||7^^^EPI^MR||DOE^JOHN\rOBX|1|ST|||120\rOBX|2|ST|||80\r',
);

describe('the example at the top of index.ts', () => {
  it('runs as it is printed, with the values it names', () => {
    const source = readFileSync(new URL('./index.ts', import.meta.url), 'utf8');
    const example =
      source
        .slice(0, source.indexOf('*/'))
        .match(/^ \* {5}.*$/gm)
        ?.map((line) => line.slice(7)) ?? [];
    const code = example.join('\n');
    const sent: Uint8Array[] = [];
    const send = (message: Uint8Array): number => sent.push(message);
    // The example is our own source, read from this folder.
    new Function('bytes', 'parse', 'buildAck', 'send', 'reply', code)(bytes, parse, buildAck, send, send);
    const [message, ack] = sent.map((each) => parse(each));
    expect(message?.get('PID-5.1')).toBe("O'Brien & Sons");
    expect(message?.raw('PID-5.1')).toBe("O'Brien \\T\\ Sons");
    expect(ack?.get('MSA-1')).toBe('AA');
    const original = parse(bytes);
    expect(original.header.type).toBe('ADT^A08');
    expect(original.get('PID-5.1')).toBe('DOE');
    expect(original.get('PID-3[5=MR].1')).toBe('7');
    expect(original.getAll('OBX[*]-5')).toEqual(['120', '80']);
  });
});
