import type { ChartSource } from '../chart-source.ts';
import type { WallTime } from '../day/clock.ts';
import { issue, operationOutcome } from '../fhir/outcome.ts';
import type { Behaviour } from '../profile/index.ts';
import { type ExportFile, type FileRoom, FileWriter } from './files.ts';
import type { Wanted } from './wanted.ts';

/** Who asked for an export, and what the client's record lets it have. */
export interface BulkCaller {
  readonly clientId: string;
  allows(type: string, interaction: 'read' | 'search', category?: string): boolean;
}

export interface JobParts {
  readonly source: ChartSource;
  readonly room: FileRoom;
  readonly behaviour: Behaviour;
  readonly wall: WallTime;
  readonly stopped: AbortSignal;
  newName(): string;
}

export interface JobRequest {
  readonly caller: BulkCaller;
  readonly wanted: Wanted;
  readonly members: readonly string[];
}

export interface Progress {
  searched: number;
  readonly of: number;
  /** Held back by the admin API, at the patient it has come to. */
  held: boolean;
}

/** What charts refer to and what is no chart: exported once each. */
const directory = ['Practitioner', 'Location', 'Organization'] as const;
const reference = new RegExp(`"reference":"((?:${directory.join('|')})/[^"]+)"`, 'g');
/** Categories whose APIs a client may have one without the other. */
const divided: Readonly<Record<string, readonly string[]>> = {
  Condition: ['problem-list-item', 'encounter-diagnosis'],
  Observation: ['vital-signs', 'laboratory', 'social-history'],
};
const pauseMs = 10;

/** The types an export can have. */
export function exportedTypes(source: ChartSource): readonly string[] {
  return [...source.types, ...directory];
}

/**
 * Writes the charts of a group into files, one patient after another from the records as they stand at that moment:
 * Epic exports from the database that the hospital works on. Gives the files; undefined when it was called off.
 */
export async function runExport(
  { caller, wanted, members }: JobRequest,
  progress: Progress,
  called: AbortSignal,
  parts: JobParts,
): Promise<readonly ExportFile[] | undefined> {
  const { source, behaviour, wall } = parts;
  const writer = new FileWriter(parts.room, behaviour.bulkFileResources, parts.newName);
  const isOff = () => called.aborted || parts.stopped.aborted;
  const types = wanted.types ?? exportedTypes(source).filter((type) => caller.allows(type, 'search'));
  const referred = new Set<string>();
  await remarks(types, caller, writer);
  const granted = types.filter((type) => caller.allows(type, 'search'));
  const charted = source.types.filter((type) => granted.includes(type));
  const begun = wall.now();
  for (const id of members) {
    while (!isOff() && (progress.held || isAhead(progress, wall.now() - begun, behaviour))) {
      await pause(wall, pauseMs, parts.stopped);
    }
    if (isOff()) break;
    const patient = source.patient(id);
    for (const type of charted) {
      for (const resource of patient ? source.chart(type, patient) : []) {
        if (!isGranted(resource, type, caller) || !wanted.takes(resource)) continue;
        const json = JSON.stringify(resource);
        for (const [, name] of json.matchAll(reference)) referred.add(name as string);
        await writer.write(type, json);
      }
    }
    progress.searched += 1;
    // The hospital goes on working between two patients.
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const name of referred) {
    const [type = '', id = ''] = name.split('/');
    const resource = granted.includes(type) ? source.read(type, id) : undefined;
    if (resource && wanted.takes(resource)) await writer.write(type, JSON.stringify(resource));
  }
  if (!isOff()) return writer.close();
  await writer.discard();
  return undefined;
}

/** Whether an export of the hospital's speed would not be this far yet. */
function isAhead({ searched }: Progress, passedMs: number, { bulkPatientsPerSecond }: Behaviour): boolean {
  return bulkPatientsPerSecond > 0 && searched > (passedMs / 1000) * bulkPatientsPerSecond;
}

/** What the client asked for and may not have: an OperationOutcome each, in the error files. */
async function remarks(types: readonly string[], caller: BulkCaller, writer: FileWriter): Promise<void> {
  for (const type of types) {
    const parts = caller.allows(type, 'search')
      ? (divided[type] ?? [])
          .filter((category) => !caller.allows(type, 'search', category))
          .map((each) => `${type} - ${each}`)
      : [type];
    for (const part of parts) {
      const diagnostics = `Client not authorized for ${part}. Resources of this type have not been included.`;
      const outcome = operationOutcome([issue(59204, { diagnostics })]);
      await writer.write('OperationOutcome', JSON.stringify(outcome));
    }
  }
}

function isGranted(resource: Readonly<Record<string, unknown>>, type: string, caller: BulkCaller): boolean {
  const categories = divided[type];
  if (!categories) return true;
  const text = JSON.stringify(resource.category ?? '');
  const own = categories.find((category) => text.includes(`"${category}"`));
  return own === undefined || caller.allows(type, 'search', own);
}

function pause(wall: WallTime, milliseconds: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      stopped.removeEventListener('abort', end);
      resolve();
    };
    const cancel = wall.after(milliseconds, end);
    stopped.addEventListener('abort', end);
  });
}
