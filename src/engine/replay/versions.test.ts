import { expect, test } from 'vitest';
import { flow, flowVersion, hl7 } from '../../flow/index.ts';
import type { Json } from '../../std/index.ts';
import { flowFrom, flowValue } from './versions.ts';

const counted = (count: () => number) =>
  flow('counted', { about: 'Counts.', order: 'patient' })
    .on(hl7.message('ADT^A01'))
    .code('count', { reads: { id: 'hl7:MSH-10' }, run: count })
    .send('tell', { connection: 'app', do: 'send', args: { 'body.count': 'count' } });

const one = counted(() => 1);
const version = flowVersion(one);
const kept = JSON.parse(JSON.stringify(flowValue(one))) as Json;

test('a flow that was kept as data is the same flow again, with the functions of today', () => {
  const again = flowFrom(
    kept,
    version,
    counted(() => 1),
  );
  expect('gone' in again).toBe(false);
  expect(flowVersion(again as typeof one)).toBe(version);
  expect((again as typeof one).steps[0]).toMatchObject({ kind: 'code', run: expect.any(Function) });
});

test('where the code has changed, or the flow is gone, it is not run with something else', () => {
  expect(
    flowFrom(
      kept,
      version,
      counted(() => 2),
    ),
  ).toEqual({ gone: expect.stringMatching(/"count" has changed/) });
  expect(flowFrom(kept, version, undefined)).toEqual({ gone: expect.stringMatching(/"count" has changed/) });
});

test('what does not give its version again is not run', () => {
  const other = { ...(kept as object), giveUpAfter: 1 } as unknown as Json;
  expect(flowFrom(other, version, one)).toEqual({
    gone: expect.stringMatching(/does not give that version/),
  });
});
