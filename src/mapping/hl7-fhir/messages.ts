/**
 * Which segment is read by what, in which message. The guide's message maps differ in what a segment is attached to, not
 * in how it is read: one table holds for all, and a family names its exceptions. Segments are taken in the order they
 * come; each belongs to what stands before it, whatever the message structure says of order.
 */
import type { Assembly } from './assembly.ts';
import type { Line } from './line.ts';
import { ft1Handler, gt1Handler } from './segments/charges.ts';
import { al1Handler, dg1Handler, iamHandler, pr1Handler } from './segments/conditions.ts';
import { in1Handler, in2Handler, in3Handler } from './segments/coverage.ts';
import { documentNteHandler, documentObxHandler, txaHandler } from './segments/documents.ts';
import { rxaHandler, rxcHandler, rxeHandler, rxoHandler, rxrHandler } from './segments/medication.ts';
import { evnHandler, mshHandler, sftHandler } from './segments/msh.ts';
import { nteHandler, obxHandler } from './segments/obx.ts';
import { obrHandler, orcHandler, tq1Handler } from './segments/orders.ts';
import { mrgHandler, nk1Handler, pd1Handler, pidHandler } from './segments/patient-parts.ts';
import { prtHandler, rolHandler } from './segments/roles.ts';
import { aigHandler, ailHandler, aipHandler, aisHandler, schHandler } from './segments/scheduling.ts';
import { spmHandler } from './segments/specimen.ts';
import { mfeHandler, orgHandler, praHandler, stfHandler } from './segments/staff.ts';
import { pv1Handler, pv2Handler } from './segments/visit-parts.ts';

export type Handler = (assembly: Assembly, line: Line) => void;
type Handlers = Readonly<Record<string, Handler>>;

/** Segments that say nothing of their own: groups of scheduling, and lists whose entries are read. */
const silent: Handler = () => undefined;

const everywhere: Handlers = {
  MSH: mshHandler,
  SFT: sftHandler,
  EVN: evnHandler,
  PID: pidHandler,
  PD1: pd1Handler,
  NK1: nk1Handler,
  MRG: mrgHandler,
  PV1: pv1Handler,
  PV2: pv2Handler,
  ROL: rolHandler,
  PRT: prtHandler,
  AL1: al1Handler,
  IAM: iamHandler,
  DG1: dg1Handler,
  PR1: pr1Handler,
  IN1: in1Handler,
  IN2: in2Handler,
  IN3: in3Handler,
  GT1: gt1Handler,
  OBX: obxHandler,
  NTE: nteHandler,
  ORC: orcHandler,
  OBR: obrHandler,
  TQ1: tq1Handler,
  SPM: spmHandler,
  RXO: rxoHandler,
  RXE: rxeHandler,
  RXR: rxrHandler,
  RXC: rxcHandler,
};

const families: Readonly<Record<string, Handlers>> = {
  ADT: everywhere,
  ORU: everywhere,
  ORM: everywhere,
  OML: everywhere,
  RDE: everywhere,
  VXU: { ...everywhere, RXA: rxaHandler },
  SIU: {
    ...everywhere,
    SCH: schHandler,
    RGS: silent,
    AIS: aisHandler,
    AIG: aigHandler,
    AIL: ailHandler,
    AIP: aipHandler,
  },
  MDM: {
    ...everywhere,
    TXA: txaHandler,
    OBX: (assembly, line) =>
      assembly.document === undefined ? obxHandler(assembly, line) : documentObxHandler(assembly, line),
    NTE: (assembly, line) =>
      assembly.document === undefined ? nteHandler(assembly, line) : documentNteHandler(assembly, line),
  },
  DFT: { ...everywhere, FT1: ft1Handler },
  MFN: { ...everywhere, MFI: silent, MFE: mfeHandler, STF: stfHandler, PRA: praHandler, ORG: orgHandler },
};

/** The messages this reading is made for, by MSH-9. */
const mapped = new Set(
  (
    'ADT:A01 A02 A03 A04 A05 A06 A07 A08 A11 A12 A13 A28 A31 A40,SIU:S12 S13 S14 S15 S16 S17 S26,ORU:R01,ORM:O01,' +
    'OML:O01 O21,MDM:T02 T04 T08 T11,VXU:V04,DFT:P03,RDE:O11,MFN:M02'
  )
    .split(',')
    .flatMap((each) => {
      const [family = '', triggers = ''] = each.split(':');
      return triggers.split(' ').map((trigger) => `${family}^${trigger}`);
    }),
);

/** True for the messages that the reading was made for; others of a known family are read by the same rows. */
export const isMapped = (family: string, trigger: string): boolean => mapped.has(`${family}^${trigger}`);

/** The readers of a message's segments; those that hold everywhere for a family that is not known. */
export const handlersOf = (family: string): ReadonlyMap<string, Handler> => byFamily.get(family) ?? anyFamily;

/** Maps, since a message names its segments as it likes: `__proto__` is none. */
const byFamily = new Map(
  Object.entries(families).map(([family, handlers]) => [family, new Map(Object.entries(handlers))]),
);
const anyFamily: ReadonlyMap<string, Handler> = new Map(Object.entries(everywhere));
