import { expect, test } from 'vitest';
import { elementsOf, issuesOf, issuesOfXml } from './outcome.ts';

const outcome = (...issue: readonly object[]) => ({ resourceType: 'OperationOutcome', issue }) as never;

test('a refusal names the elements it is about, however old its way of naming them; nothing else of the answer', () => {
  const issues = issuesOf(
    outcome(
      { severity: 'fatal', code: 'required', expression: ['Observation.effectiveDateTime'] },
      { severity: 'error', code: 'value', location: ['/f:valueQuantity/f:unit', 'valueQuantity.unit'] },
      { severity: 'error', code: 'value', expression: ['the name Ida Newcomer is wrong', 'x'.repeat(400)] },
      { severity: 'warning', code: 'value', expression: ['note[0].text'] },
    ),
  );
  expect(elementsOf(issues)).toEqual(['Observation.effectiveDateTime', 'valueQuantity.unit']);
  const xml = issuesOfXml(
    '<OperationOutcome><issue><severity value="fatal"/><code value="required"/><details/><location value="/f:birthDate"/></issue></OperationOutcome>',
  );
  expect(elementsOf(xml)).toEqual(['birthDate']);
});
