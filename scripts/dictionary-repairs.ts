/** What is wrong in the sources of the HL7 dictionary, and what it is put right with. Named paragraphs are of HL7 v2. */

export interface SourceField {
  readonly type: string;
  readonly desc?: string;
  readonly opt?: string;
  readonly rep?: number | 'infinite';
  readonly len?: number;
  readonly table?: number;
}

export interface SourceDefinition {
  readonly desc?: string;
  readonly fields?: Readonly<Record<string, SourceField>>;
}

interface SourcePart {
  readonly idx: number;
  readonly min?: number;
  readonly max?: number;
  readonly segments?: Readonly<Record<string, SourcePart>>;
}

export interface VersionSource {
  readonly segments: Readonly<Record<string, SourceDefinition>>;
  readonly types: Readonly<Record<string, SourceDefinition>>;
  readonly messages: Readonly<Record<string, { readonly segments?: Readonly<Record<string, SourcePart>> }>>;
}

export interface Part {
  readonly name: string;
  min: number;
  max: number;
  readonly parts?: Part[];
}

/** `Set ID – PCE` reached the source as CP1251; semicolons, bars and repeated blanks are separators or noise. */
export const spelling = (name: string): string =>
  name
    .replaceAll('вЂ“', '-')
    .replaceAll(/[|;/]\s*/g, (found) => (found.startsWith('/') ? found : ' '))
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Before 2.3.1 there is no MSH-9.3, and an event may have a structure of its own. */
export const isOwnStructure = (version: string): boolean => ['2.1', '2.2', '2.3'].includes(version);

/**
 * The structure that an event shares with another (chapter 2, "Message structure", table 0354). The source repeats the
 * structure under each event, in 2.5 and 2.5.1 without SFT (ADT_A04, A08, A13, A14, A28, A31, A40), or has none.
 */
const shared: Readonly<Record<string, string>> = {
  ADT_A01: 'A04 A08 A13',
  ADT_A05: 'A14 A28 A31',
  ADT_A06: 'A07',
  ADT_A09: 'A10 A11',
  ADT_A21: 'A22 A23 A25 A26 A27 A29 A32 A33',
  ADT_A30: 'A34 A35 A36 A46 A47 A48 A49',
  ADT_A39: 'A40 A41 A42',
  ADT_A43: 'A44',
  ADT_A50: 'A51',
  ADT_A52: 'A53',
  ADT_A54: 'A55',
  ADT_A61: 'A62',
  CCR_I16: 'I17 I18',
  CRM_C01: 'C02 C03 C04 C05 C06 C07 C08',
  CSU_C09: 'C10 C11 C12',
  LSU_U12: 'U13',
  MDM_T01: 'T03 T05 T07 T09 T11',
  MDM_T02: 'T04 T06 T08 T10',
  MFK_M01: 'M02 M03 M04 M05 M06 M07 M08 M09 M10 M11 M12 M13 M14 M15 M16 M17',
  MFQ_M01: 'M02 M03 M04 M05 M06',
  MFR_M01: 'M02 M03',
  ORF_R04: 'R02',
  PEX_P07: 'P08',
  PGL_PC6: 'PC7 PC8',
  PMU_B01: 'B02',
  PMU_B04: 'B05 B06',
  PPG_PCG: 'PCC PCH PCJ',
  PPP_PCB: 'PCC PCD',
  PPR_PC1: 'PC2 PC3',
  QBP_Q21: 'Q22 Q23 Q24 Q25 Q31 Q32',
  QCN_J01: 'J02',
  QRY_PC4: 'PC9 PCE PCK',
  RDE_O11: 'O25',
  REF_I12: 'I13 I14 I15',
  RPA_I08: 'I09 I10 I11',
  RQA_I08: 'I09 I10 I11',
  RQC_I05: 'I06',
  RQI_I01: 'I02 I03 I07',
  RRE_O12: 'O26',
  RRI_I12: 'I13 I14 I15',
  RSP_K23: 'K24',
  SIU_S12: 'S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26 S27',
  SRM_S01: 'S02 S03 S04 S05 S06 S07 S08 S09 S10 S11',
  SRR_S01: 'S02 S03 S04 S05 S06 S07 S08 S09 S10 S11',
  TCU_U10: 'U11',
};

export const aliases: ReadonlyMap<string, string> = new Map(
  Object.entries(shared).flatMap(([structure, events]) =>
    events.split(' ').map((event): [string, string] => [`${structure.slice(0, 4)}${event}`, structure]),
  ),
);

/**
 * The source keeps the parts of a structure by name, so that of a segment that stands twice in one group the first is
 * lost; a hole in its numbering is left. [structures, versions, behind which part, what stood there].
 */
const lost: readonly [structures: RegExp, versions: RegExp, group: string, behind: string, parts: string][] =
  [
    // 2.4 and 2.5, chapter 3: `[PD1] [{ROL}] … [PV2] [{ROL}]`; from 2.6 on `[PD1] [{ARV}] [{ROL}]`.
    [/^(ADT|DFT)_/, /^2\.(3|4|5|5\.1)$/, '', 'PD1', 'ROL*'],
    [/^ADR_A19$/, /^2\.(4|5|5\.1)$/, 'QUERY_RESPONSE', 'PD1', 'ROL*'],
    [/^ADR_A19$/, /^2\.6$/, 'QUERY_RESPONSE', 'PD1', 'ARV* ROL*'],
    [/^ADT_A60$/, /^2\.[678]/, '', 'PID', 'ARV*'],
    [/^(DFT_|ADT_A(54|55|61|62)$)/, /^2\.[678]/, '', 'PD1', 'ROL*'],
    [/^ADT_/, /^2\.[678]/, '', 'PD1', 'ARV* ROL*'],
    // 3.3.24 and 3.3.37, link and unlink, and 3.3.17, swap: two patients, one after the other.
    [/^ADT_A24$/, /^2\.1$/, '', 'EVN', 'PID'],
    [/^ADT_A(24|37)$/, /^2\.2$/, '', 'EVN', 'PID PV1?'],
    [/^ADT_A17$/, /^2\.2$/, '', 'EVN', 'PID PV1 PV2? OBX*'],
    [/^ADT_A37$/, /^2\.3$/, '', 'EVN', 'PID'],
    [/^ADT_A37$/, /^2\.3$/, '', 'PD1', 'PV1? DB1*'],
    [/^ADT_A(24|37)$/, /./, '', 'EVN', 'PID PD1? PV1? DB1*'],
    [/^ADT_A17$/, /./, '', 'EVN', 'PID PD1? PV1 PV2? DB1* OBX*'],
    // Chapter 14, "Network management": `[NCK [{NTE}]] [NST [{NTE}]] [NSC [{NTE}]]`.
    [/^NMR_N0/, /./, 'CLOCK_AND_STATS_WITH_NOTES_ALT', 'NCK', 'NTE*'],
    [/^NMR_N0/, /./, 'CLOCK_AND_STATS_WITH_NOTES_ALT', 'NST', 'NTE*'],
    // Chapter 4, ORP and RRO: notes on the RXO, and again on its components.
    [/^(RRO_O02|ORP_O10)$/, /./, 'ORDER_DETAIL', 'RXO', 'NTE*'],
    // Chapter 7, "Unsolicited population/location-based laboratory observation": notes on the message, and again on the observation.
    [/^OPU_R25$/, /./, '', 'UAC', 'NTE*'],
    // Chapter 8, "Patient location master files": characteristics of the location, and again of its department.
    [/^MFR_M05$/, /./, 'MF_QUERY', 'LOC', 'LCH*'],
    // 2.7 and later: PRT behind each segment that had a ROL or a person in it.
    [/^CSU_/, /./, 'STUDY_OBSERVATION', 'OBR', 'PRT*'],
    [/^OMG_O19$/, /./, 'ORDER', 'ORC', 'PRT*'],
    [/^ORU_R3[012]$/, /./, '', 'PD1', 'PRT*'],
    [/^OSM_R26$/, /./, 'SUBJECT_POPULATION_LOCATION_IDENTIFICATION', 'PV1', 'PRT*'],
  ];

/** CCM_I21 of 2.7 and later names its choices by their separators only; CCI_I22 has the same ones (chapter 11). */
const choices: Readonly<Record<string, string>> = {
  ',,,': 'AIS,AIG,AIL,AIP',
  ',,,,,,,,,,,': 'OBR,ODS,PR1,RF1,AL1,IAM,ACC,RMI,DB1,DG1,DRG,PDA',
  ',': 'ROL,PRD',
};

function partName(message: string, name: string): string {
  if (name.includes(',')) return choices[name] ?? name;
  if (name === 'TIIMING') return 'TIMING';
  // Chapter 9, MDM^T02: the group of OBX and NTE is OBSERVATION from 2.7 on.
  if (name === 'GROUP' && message.startsWith('MDM_')) return 'OBSERVATION';
  return name.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
}

function read(
  version: string,
  message: string,
  group: string,
  parts: Readonly<Record<string, SourcePart>>,
): Part[] {
  const sorted = Object.entries(parts).sort(([, a], [, b]) => a.idx - b.idx);
  const repaired: Part[] = [];
  const added = new Set<number>();
  let expected = 0;
  for (const [source, { idx, min = 0, max = 0, segments }] of sorted) {
    if (idx > expected) {
      const behind = repaired.at(-1)?.name ?? '';
      const at = lost.findIndex(
        (rule, i) =>
          !added.has(i) &&
          rule[0].test(message) &&
          rule[1].test(version) &&
          rule[2] === group &&
          rule[3] === behind &&
          rule[4].split(' ').length === idx - expected,
      );
      if (at >= 0) {
        added.add(at);
        repaired.push(...(lost[at]?.[4] ?? '').split(' ').map(partOf));
      }
    }
    expected = idx + 1;
    // Chapter 8, MFN^M01 of 2.3: "[Z..]", any local segment; those attach where they stand.
    if (source === 'GenericSegment') continue;
    const name = partName(message, source);
    // A choice has no cardinality in the source: one of its segments stands there, and where it opens its group one
    // must (chapter 4, ORM^O01: `[<OBR|RQD|RQ1|RXO|ODS|ODT> [{NTE}] ...]`).
    const often = name.includes(',') ? { min: repaired.length === 0 ? 1 : 0, max: 1 } : { min, max };
    repaired.push(
      segments === undefined
        ? { name, ...often }
        : { name, ...often, parts: read(version, message, name, segments) },
    );
  }
  return repaired;
}

const partOf = (text: string): Part => {
  const often = /[?*]$/.exec(text)?.[0];
  return { name: text.slice(0, 3), min: often === undefined ? 1 : 0, max: often === '*' ? 0 : 1 };
};

type Structures = Map<string, Part[]>;

export function repairedStructures(
  versions: readonly string[],
  sourceOf: (version: string) => VersionSource,
): Map<string, Structures> {
  const all = new Map<string, Structures>();
  for (const version of versions) {
    const structures: Structures = new Map();
    for (const [id, { segments }] of Object.entries(sourceOf(version).messages))
      structures.set(id === 'ORU' ? 'ORU_R01' : id, read(version, id, '', segments ?? {}));
    all.set(version, structures);
  }
  // RDS_O13 (chapter 4, "Pharmacy/treatment dispense"): `RXO [{NTE} {RXR} …]` would demand a note before every route. Notes are optional in all the other
  // structures, and senders send none.
  for (const structures of all.values()) optionalNotes(structures.get('RDS_O13') ?? []);
  const flat = versions.map((version) => placesOf(all.get(version) ?? new Map()));
  // In 2.6 the groups of OMG_O19, OML_O21, OML_O33, OML_O35, ORB_O28, ORI_O24 and RSP_Z82 lost their brackets (chapter 4),
  // and single places did in other versions: where the versions before and after agree on a wider cardinality, it is theirs.
  for (let i = 1; i < versions.length - 1; i += 1)
    for (const [path, part] of flat[i] ?? []) {
      const before = flat[i - 1]?.get(path);
      const after = flat[i + 1]?.get(path);
      if (before === undefined || after === undefined || before.min !== after.min || before.max !== after.max)
        continue;
      part.min = Math.min(part.min, before.min);
      if (before.max === 0) part.max = 0;
    }
  return all;
}

function optionalNotes(parts: readonly Part[]): void {
  for (const part of parts) {
    if (part.name === 'NTE') part.min = 0;
    optionalNotes(part.parts ?? []);
  }
}

function placesOf(structures: Structures): Map<string, Part> {
  const places = new Map<string, Part>();
  const walk = (parts: readonly Part[], path: string): void => {
    for (const part of parts) {
      let own = `${path}/${part.name}`;
      while (places.has(own)) own += "'";
      places.set(own, part);
      if (part.parts !== undefined) walk(part.parts, own);
    }
  };
  for (const [id, parts] of structures) walk(parts, id);
  return places;
}

interface CodeSystem {
  readonly resourceType: string;
  readonly id: string;
  readonly concept?: readonly Concept[];
}

interface Concept {
  readonly code: string;
  readonly concept?: readonly Concept[];
}

/** A code that stands for others: `99zzz`, `HL7nnnn`, `2 and higher`, `47 ... 49`, `Q<integer>D`, `(pad)`. */
const isPattern = (code: string): boolean =>
  /\.\.\.|…|<[a-z#]|zzz|nnn|nn$|#>| and | or |\(|^\?\?$|,/.test(code);

export function codesOf(bundle: {
  readonly entry: readonly { readonly resource: CodeSystem }[];
}): Map<number, Set<string>> {
  const tables = new Map<number, Set<string>>();
  for (const { resource } of bundle.entry) {
    const number = /^v2-(?:[\d.]+-)?(\d{4})$/.exec(resource.id)?.[1];
    if (resource.resourceType !== 'CodeSystem' || number === undefined) continue;
    const codes = tables.get(Number(number)) ?? new Set();
    tables.set(Number(number), codes);
    const add = (concepts: readonly Concept[]): void => {
      for (const { code, concept } of concepts) {
        codes.add(code.trim());
        add(concept ?? []);
      }
    };
    add(resource.concept ?? []);
  }
  for (const [table, codes] of tables)
    if (codes.size === 0 || [...codes].some((code) => isPattern(code) || code.includes('|')))
      tables.delete(table);
  // 7.4.2.2 (OBX-2), table 0125: not among the code systems of FHIR, which has it as a part of table 0440.
  tables.set(
    125,
    new Set(
      'AD CE CF CK CN CNE CP CWE CX DR DT DTM ED FT HD ID IS MA MO NA NM PN RP SI SN ST TM TN TS TX XAD XCN XON XPN XTN'.split(
        ' ',
      ),
    ),
  );
  return tables;
}
