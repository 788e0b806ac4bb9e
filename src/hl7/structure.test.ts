import { describe, expect, it } from 'vitest';
import { dictionaryVersions } from './dictionary/index.ts';
import { type Message, parse } from './message.ts';
import { type Group, structureOf } from './structure.ts';

const messageOf = (type: string, version: string, ids: string): Message =>
  parse(
    [`MSH|^~\\&|||||||${type}|1|P|${version}`, ...ids.split(' ').map((id, i) => `${id}|${i + 1}`)].join('\r'),
  );

const outline = (group: Group): string =>
  group.members
    .map((member) => ('members' in member ? `${member.name}(${outline(member)})` : member.id))
    .join(' ');

const grouped = (type: string, version: string, ids: string) => {
  const structure = structureOf(messageOf(type, version, ids));
  return {
    outline: outline(structure.root).replace(/^MSH /, ''),
    findings: structure.findings.map(({ rule, path }) => `${rule} ${path}`),
  };
};

describe('segments by their message structure', () => {
  it.each([
    [
      'results of several orders',
      ['ORU^R01', '2.5.1', 'PID PV1 ORC OBR NTE OBX NTE OBX OBR OBX SPM OBX ORC OBR OBX'],
      'PATIENT_RESULT(PATIENT(PID VISIT(PV1)) ORDER_OBSERVATION(ORC OBR NTE OBSERVATION(OBX NTE) OBSERVATION(OBX)) ' +
        'ORDER_OBSERVATION(OBR OBSERVATION(OBX) SPECIMEN(SPM OBX)) ORDER_OBSERVATION(ORC OBR OBSERVATION(OBX)))',
    ],
    [
      'results of several patients',
      ['ORU^R01', '2.3', 'PID OBR OBX PID OBR OBX'],
      'PATIENT_RESULT(PATIENT(PID) ORDER_OBSERVATION(OBR OBSERVATION(OBX))) ' +
        'PATIENT_RESULT(PATIENT(PID) ORDER_OBSERVATION(OBR OBSERVATION(OBX)))',
    ],
    [
      'results without a patient',
      ['ORU^R01', '2.3', 'OBR OBX'],
      'PATIENT_RESULT(ORDER_OBSERVATION(OBR OBSERVATION(OBX)))',
    ],
    [
      'orders of two kinds',
      ['ORM^O01', '2.3', 'PID PV1 IN1 IN2 IN1 ORC OBR NTE DG1 OBX ORC RXO'],
      'PATIENT(PID PATIENT_VISIT(PV1) INSURANCE(IN1 IN2) INSURANCE(IN1)) ' +
        'ORDER(ORC ORDER_DETAIL(OBR NTE DG1 OBSERVATION(OBX))) ORDER(ORC ORDER_DETAIL(RXO))',
    ],
    [
      'laboratory orders with prior results',
      ['OML^O21', '2.5.1', 'PID ORC TQ1 OBR OBX SPM ORC OBR OBX PID ORC OBR OBX OBR OBX'],
      'PATIENT(PID) ORDER(ORC TIMING(TQ1) OBSERVATION_REQUEST(OBR OBSERVATION(OBX) SPECIMEN(SPM))) ' +
        'ORDER(ORC OBSERVATION_REQUEST(OBR OBSERVATION(OBX) PRIOR_RESULT(PATIENT_PRIOR(PID) ' +
        'ORDER_PRIOR(ORC OBR OBSERVATION_PRIOR(OBX)) ORDER_PRIOR(OBR OBSERVATION_PRIOR(OBX)))))',
    ],
    [
      'an appointment and its resources',
      ['SIU^S12', '2.3.1', 'SCH NTE PID PV1 RGS AIS NTE AIG AIL AIP RGS AIS AIS'],
      'SCH NTE PATIENT(PID PV1) RESOURCES(RGS SERVICE(AIS NTE) GENERAL_RESOURCE(AIG) LOCATION_RESOURCE(AIL) ' +
        'PERSONNEL_RESOURCE(AIP)) RESOURCES(RGS SERVICE(AIS) SERVICE(AIS))',
    ],
    [
      'a document',
      ['MDM^T02', '2.7', 'EVN PID PV1 TXA OBX NTE OBX'],
      'EVN PID PV1 TXA OBSERVATION(OBX NTE) OBSERVATION(OBX)',
    ],
    [
      'immunizations',
      ['VXU^V04', '2.5.1', 'PID NK1 ORC RXA RXR OBX OBX ORC RXA'],
      'PID NK1 ORDER(ORC RXA RXR OBSERVATION(OBX) OBSERVATION(OBX)) ORDER(ORC RXA)',
    ],
    [
      'charges',
      ['DFT^P03', '2.3', 'EVN PID PV1 FT1 PR1 FT1 DG1 IN1 IN2 IN1'],
      'EVN PID PV1 FINANCIAL(FT1 FINANCIAL_PROCEDURE(PR1)) FINANCIAL(FT1) DG1 INSURANCE(IN1 IN2) INSURANCE(IN1)',
    ],
    [
      'a prescription',
      ['RDE^O11', '2.5.1', 'PID AL1 ORC RXO RXR RXE TQ1 RXR RXC OBX'],
      'PATIENT(PID AL1) ORDER(ORC ORDER_DETAIL(RXO RXR) RXE TIMING_ENCODED(TQ1) RXR RXC OBSERVATION(OBX))',
    ],
    ['a merge', ['ADT^A40', '2.5.1', 'EVN PID MRG PID MRG'], 'EVN PATIENT(PID MRG) PATIENT(PID MRG)'],
    ['a swap', ['ADT^A17', '2.3', 'EVN PID PV1 PID PV1'], 'EVN PID PV1 PID PV1'],
  ] as const)('%s', (_, [type, version, ids], expected) => {
    expect(grouped(type, version, ids)).toEqual({ outline: expected, findings: [] });
  });

  it('reads an ADT with many insurances in every version', () => {
    for (const version of dictionaryVersions.filter((each) => each !== '2.1'))
      expect([
        version,
        grouped('ADT^A08', version, 'EVN PID NK1 PV1 OBX AL1 DG1 GT1 IN1 IN2 IN1 IN1').outline,
      ]).toEqual([
        version,
        'EVN PID NK1 PV1 OBX AL1 DG1 GT1 INSURANCE(IN1 IN2) INSURANCE(IN1) INSURANCE(IN1)',
      ]);
  });

  it('goes by the version that had the message type when this one has withdrawn it, or names it anew', () => {
    const structure = structureOf(messageOf('ORM^O01', '2.8', 'PID ORC OBR'));
    expect([structure.id, structure.version]).toEqual(['ORM_O01', '2.6']);
    expect(structureOf(messageOf('RDE^O01', '2.5.1', 'PID ORC RXE RXR')).id).toBe('RDE_O01');
  });

  it('keeps what is out of order, and says so', () => {
    expect(grouped('SIU^S12', '2.3.1', 'SCH RGS AIS AIP AIL NTE')).toEqual({
      outline: 'SCH RESOURCES(RGS SERVICE(AIS) PERSONNEL_RESOURCE(AIP) LOCATION_RESOURCE(AIL NTE))',
      findings: ['segment-place AIL[1]'],
    });
    expect(grouped('ADT^A08', '2.5.1', 'EVN PID PV1 IN1 IN2 GT1 IN1 NK1')).toEqual({
      outline: 'EVN PID PV1 INSURANCE(IN1 IN2) GT1 INSURANCE(IN1) NK1',
      findings: ['segment-place GT1[1]', 'segment-place NK1[1]'],
    });
  });

  it('puts what comes late into the group it belongs to', () => {
    expect(grouped('ORU^R01', '2.5.1', 'PID OBR OBX PV1 OBR OBX').outline).toBe(
      'PATIENT_RESULT(PATIENT(PID VISIT(PV1)) ORDER_OBSERVATION(OBR OBSERVATION(OBX)) ORDER_OBSERVATION(OBR OBSERVATION(OBX)))',
    );
    expect(grouped('ORU^R01', '2.5.1', 'PID OBR OBX PV1').findings).toEqual(['segment-place PV1[1]']);
  });

  it('goes on where it was after a segment that came late', () => {
    expect(grouped('ORU^R01', '2.5.1', 'PID OBR OBX PV1 OBX').outline).toBe(
      'PATIENT_RESULT(PATIENT(PID VISIT(PV1)) ORDER_OBSERVATION(OBR OBSERVATION(OBX) OBSERVATION(OBX)))',
    );
  });

  it('leaves PRT with the segment before it, in every version', () => {
    expect(grouped('OML^O21', '2.5.1', 'PID PRT ORC PRT OBR PRT OBX PRT')).toEqual({
      outline: 'PATIENT(PID PRT) ORDER(ORC PRT OBSERVATION_REQUEST(OBR PRT OBSERVATION(OBX PRT)))',
      findings: [],
    });
  });

  it('lets software, continuation and access segments stand wherever they come', () => {
    expect(grouped('ADT^A08', '2.5.1', 'UAC EVN ARV PID PV1 SFT IN1 ADD IN2 ARV DSC')).toEqual({
      outline: 'UAC EVN ARV PID PV1 SFT INSURANCE(IN1 ADD IN2 ARV DSC)',
      findings: [],
    });
    const placed = structureOf(messageOf('ADT^A08', '2.6', 'EVN PID PD1 ARV ROL PV1')).root;
    expect(placed.segments('ARV')).toHaveLength(1);
  });

  it('begins a group whose first segment is missing', () => {
    expect(grouped('ORM^O01', '2.3', 'PID OBR OBX OBR')).toEqual({
      outline: 'PATIENT(PID) ORDER(ORDER_DETAIL(OBR OBSERVATION(OBX))) ORDER(ORDER_DETAIL(OBR))',
      findings: [
        'segment-place OBR[1]',
        'segment-place OBR[2]',
        'segment-missing ORDER[1]/ORC',
        'segment-missing ORDER[2]/ORC',
      ],
    });
  });

  it('keeps Z-segments and unknown ones where they stand; only the latter are told', () => {
    expect(grouped('ADT^A08', '2.5.1', 'EVN PID ZPD PV1 IN1 ZIN NTE IN1')).toEqual({
      outline: 'EVN PID ZPD PV1 INSURANCE(IN1 ZIN NTE) INSURANCE(IN1)',
      findings: ['segment-place NTE[1]'],
    });
  });

  it('says what is missing, and what stands once too often', () => {
    expect(grouped('ADT^A08', '2.5.1', 'EVN PV1 PV1').findings).toEqual([
      'extra-segment PV1[2]',
      'segment-missing PID',
    ]);
    expect(grouped('ORM^O01', '2.5.1', 'ORC').findings).toEqual([]);
    expect(grouped('ORU^R01', '2.5.1', 'PID').findings).toEqual([
      'segment-missing PATIENT_RESULT[1]/ORDER_OBSERVATION',
    ]);
  });

  it('leaves a message of no known type in one piece', () => {
    expect(grouped('XYZ^Z01', '2.5.1', 'PID OBX')).toEqual({
      outline: 'PID OBX',
      findings: ['structure-unknown MSH-9'],
    });
    for (const bytes of ['', 'MSH|', 'PID|1\rPID|2', 'MSH|^~\\&|\r\u0000\r|||\rOBX'])
      expect(() => structureOf(parse(bytes))).not.toThrow();
  });

  it('loses no segment, whatever the order', () => {
    const ids = [
      'PID',
      'OBR',
      'OBX',
      'NTE',
      'ORC',
      'PV1',
      'IN1',
      'IN2',
      'ZZZ',
      'QQQ',
      'SPM',
      'RXA',
      'AIL',
      'MRG',
    ];
    let seed = 7;
    const next = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed;
    };
    for (const type of ['ORU^R01', 'ADT^A01', 'OML^O21', 'SIU^S12', 'DFT^P03', 'XXX'])
      for (let round = 0; round < 200; round += 1) {
        const chosen = Array.from({ length: 1 + (next() % 30) }, () => ids[next() % ids.length]).join(' ');
        const message = messageOf(type, '2.5.1', chosen);
        const structure = structureOf(message);
        const told = structure.root.all().map((segment) => segment.path);
        expect(told.toSorted()).toEqual(
          message
            .segments()
            .map((segment) => segment.path)
            .toSorted(),
        );
      }
  });

  it('takes a time that grows with the segments, not with their square', () => {
    const message = messageOf('ORU^R01', '2.5.1', Array.from({ length: 50_000 }, () => 'OBR OBX').join(' '));
    const orders = structureOf(message).root.groups('PATIENT_RESULT')[0]?.groups('ORDER_OBSERVATION') ?? [];
    expect(orders).toHaveLength(50_000);
    expect(orders[49_999]?.all('OBX')[0]?.path).toBe('OBX[50000]');
    // By number through paths: each look-up walks its own group alone.
    for (let i = 1; i <= 20_000; i += 1)
      expect(message.get(`ORDER_OBSERVATION[${i}]/OBX-1`)).toBe(String(2 * i));
  });

  it('gives the path of a group, which Message.get takes', () => {
    const message = messageOf('ORU^R01', '2.5.1', 'PID OBR OBX OBR OBX OBX');
    const order = structureOf(message).root.groups('PATIENT_RESULT')[0]?.groups('ORDER_OBSERVATION')[1];
    expect(order?.path).toBe('PATIENT_RESULT[1]/ORDER_OBSERVATION[2]');
    expect(order?.occurrence).toBe(2);
    expect(message.get(`${order?.path}/OBX[2]-1`)).toBe('6');
    expect(order?.segments('OBR')[0]?.get('1')).toBe('4');
  });
});
