/** The messages that the libraries are measured with, synthetic, and what a right answer is for each. */

/** About 1.2 KB: an admission of eight segments, as interface engines see all day. */
export const admission = Buffer.from(
  `${[
    'MSH|^~\\&|EPICADT|MERCY GENERAL|SUTURE|CARELINK|20260131120000-0600|REGCLERK|ADT^A01^ADT_A01|4711000123|P|2.5.1|||AL|NE|||||',
    'EVN|A01|20260131120000-0600||ADM_PAT|1234^CLERK^REGINA^^^^^^PROVID|20260131115500-0600',
    'PID|1||203713^^^EPI^MRN~Z44029771^^^EPIC&1.2.840.114350&ISO^MR||DOE^JOHN^QUINCY^JR^MR.^^L||19800412|M||2106-3^White^CDCREC|1 MAIN STREET^APT 4^SPRINGFIELD^IL^62704^USA^H^^SANGAMON||(217)555-0142^PRN^PH^^1^217^5550142|(217)555-0199^WPN^PH|ENG^English^HL70296|M^Married^HL70002|1013^Christian^HL70006|500012345^^^EPIC^AN|999-99-9999|||2186-5^Not Hispanic^CDCREC||N|||||N',
    'PD1|||MERCY GENERAL CLINIC^^10501|1700000001^FAMILY^FIONA^F^^DR.^MD^^NPI^^^^NPI',
    'NK1|1|DOE^JANE^^^^^L|SPO^Spouse^HL70063|1 MAIN STREET^APT 4^SPRINGFIELD^IL^62704^USA|(217)555-0143^PRN^PH||EC^Emergency Contact^HL70131',
    'PV1|1|I|4WEST^412^B^MERCY^^^^^^^DEPID|EL|||1700000002^ATTEND^ANNA^A^^DR.^MD^^NPI|1700000003^REFER^ROBERT|1700000004^CONSULT^CARL|MED||||1|||1700000002^ATTEND^ANNA|IP|700081234^^^EPIC^VN|COMM|||||||||||||||||||||||||20260131115500-0600',
    'AL1|1|DA^Drug allergy^HL70127|70618^PENICILLIN G^RXNORM|SV^Severe^HL70128|HIVES',
    'DG1|1||I21.4^Non-ST elevation (NSTEMI) myocardial infarction^I10|NSTEMI|20260131|A',
  ].join('\r')}\r`,
);

/** `[segment, field, component]`; component 0 is the whole field. */
export const tenPlaces = [
  ['MSH', 9, 2],
  ['MSH', 10, 0],
  ['PID', 3, 1],
  ['PID', 5, 1],
  ['PID', 5, 2],
  ['PID', 7, 0],
  ['PID', 8, 0],
  ['PID', 11, 3],
  ['PV1', 2, 0],
  ['PV1', 3, 1],
] as const;

export const tenAnswers: readonly string[] = [
  'A01',
  '4711000123',
  '203713',
  'DOE',
  'JOHN',
  '19800412',
  'M',
  'SPRINGFIELD',
  'I',
  '4WEST',
];

/** One field set: PID-8 becomes F, and nothing else changes. */
export const editedAdmission = Buffer.from(
  admission.toString('latin1').replace('|19800412|M|', '|19800412|F|'),
  'latin1',
);

const observations = 500;

/** About 112 KB: a result of 500 observations. */
export const result = Buffer.from(
  `${[
    'MSH|^~\\&|LAB|MERCY GENERAL|SUTURE|CARELINK|20260131120000-0600||ORU^R01^ORU_R01|4711000124|P|2.5.1',
    'PID|1||203713^^^EPI^MRN||DOE^JOHN^QUINCY||19800412|M',
    'OBR|1|5551^EPIC|7771^LAB|58410-2^CBC panel^LN|||20260131110000-0600',
    ...Array.from(
      { length: observations },
      (_, i) =>
        `OBX|${i + 1}|NM|${10_000 + i}-${i % 10}^Measured quantity number ${i + 1} of the panel^LN^L${i}^local name of the quantity^L||${(i * 7) % 500}.${i % 10}|10*3/uL^thousand per microlitre^UCUM|4.5-11.0|N|||F|||20260131110000-0600||1700000009^TECH^TINA^^^^^^NPI^^^^NPI|AUTO^Automated^L||20260131113000-0600`,
    ),
  ].join('\r')}\r`,
);

export const observationAnswers: readonly string[] = Array.from(
  { length: observations },
  (_, i) => `${10_000 + i}-${i % 10}=${(i * 7) % 500}.${i % 10}`,
);

/** A message of about so many megabytes in an MLLP frame: observations of 16 KB text each. */
export function largeFrame(megabytes: number): Buffer {
  const text = 'Measured, as the text of a scanned report is. '.repeat(356);
  const line = `OBX|1|TX|11502-2^Laboratory report^LN||${text}||||||F\r`;
  const head = 'MSH|^~\\&|LAB|MERCY|SUTURE|CARELINK|20260131||ORU^R01^ORU_R01|9|P|2.5.1\rPID|1||203713\r';
  const count = Math.ceil((megabytes * 1_000_000) / line.length);
  return Buffer.from(`\x0b${head}${line.repeat(count)}PV1|1|LAST\r\x1c\r`);
}
