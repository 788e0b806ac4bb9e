import { expect, test } from 'vitest';
import { toXml } from './xml.ts';

const head = '<?xml version="1.0" encoding="UTF-8"?>';

test('values are attributes, arrays repeat, and what XML keeps for itself is escaped', () => {
  const xml = toXml({
    resourceType: 'Patient',
    id: 'e1',
    active: true,
    name: [{ given: ['Ann', 'Bo'], family: 'Marlow & "Hart" <x>' }],
    address: [{ text: '1 Elm\r\nLarkfield\u0000' }],
  });
  expect(xml).toBe(
    `${head}<Patient xmlns="http://hl7.org/fhir"><id value="e1"/><active value="true"/>` +
      '<name><given value="Ann"/><given value="Bo"/><family value="Marlow &amp; &quot;Hart&quot; &lt;x&gt;"/></name>' +
      '<address><text value="1 Elm&#13;&#10;Larkfield"/></address></Patient>',
  );
});

test('the url of an extension and the id of an element are attributes; a primitive keeps its extensions', () => {
  const xml = toXml({
    resourceType: 'Patient',
    extension: [{ url: 'http://example.org/a', valueCode: 'F' }],
    telecom: [{ id: 't1', value: '1' }],
    birthDate: '1980-01-01',
    _birthDate: { extension: [{ url: 'http://example.org/b', valueInteger: 3 }] },
    _gender: { extension: [{ url: 'http://example.org/c', valueCode: 'x' }] },
    link: [{ url: 'http://example.org/plain' }],
  });
  expect(xml).toBe(
    `${head}<Patient xmlns="http://hl7.org/fhir"><extension url="http://example.org/a"><valueCode value="F"/></extension>` +
      '<telecom id="t1"><value value="1"/></telecom>' +
      '<birthDate value="1980-01-01"><extension url="http://example.org/b"><valueInteger value="3"/></extension></birthDate>' +
      '<gender><extension url="http://example.org/c"><valueCode value="x"/></extension></gender>' +
      '<link><url value="http://example.org/plain"/></link></Patient>',
  );
});

test('a resource inside a resource stands in an element of its own type; narrative stays XHTML', () => {
  const xml = toXml({
    resourceType: 'Bundle',
    entry: [
      {
        resource: { resourceType: 'Basic', id: 'b', text: { status: 'empty', div: '<div>a &amp; b</div>' } },
      },
    ],
  });
  expect(xml).toBe(
    `${head}<Bundle xmlns="http://hl7.org/fhir"><entry><resource><Basic><id value="b"/>` +
      '<text><status value="empty"/><div>a &amp; b</div></text></Basic></resource></entry></Bundle>',
  );
});
