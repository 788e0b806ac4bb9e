/** Writes a file: complete under its name, or not there at all. A second attempt writes the same file again. */
import type { Json } from '../../std/index.ts';
import type { Call, CallContext, ConnectionContext } from '../contract.ts';
import type { FileConfig } from './config.ts';
import { fileFailure } from './failures.ts';
import { below, type Folder } from './folder.ts';

interface Arguments {
  readonly body?: Json;
}

export async function putFile(
  folder: Folder,
  config: FileConfig,
  context: Pick<ConnectionContext, 'site' | 'connection' | 'clock' | 'report'>,
  call: Call,
  about: CallContext,
): Promise<Json> {
  if (call.do !== 'send') throw fileFailure('FILE_CAPABILITY_UNKNOWN');
  if (config.put === undefined) throw fileFailure('FILE_NO_TARGET');
  const { body } = argumentsOf(call.args);
  const { bytes, extension } = contentOf(body, about);
  const name = nameFor(config.put.name, {
    site: context.site,
    connection: context.connection,
    flow: about.flow,
    step: about.step,
    delivery: about.delivery,
    extension,
  });
  const path = below(config.put.to, name);
  const started = context.clock.elapsed();
  const report = (kind: Parameters<ConnectionContext['report']>[0]['kind'], code?: string): void =>
    context.report({
      kind,
      ms: Math.round(context.clock.elapsed() - started),
      ...(code === undefined ? {} : { code }),
    });
  try {
    await folder.write(path, bytes);
    if (config.put.done !== undefined) await folder.write(path + config.put.done, new Uint8Array());
  } catch (error) {
    const { kind, code } = error as { kind?: 'config'; code?: string };
    report(kind ?? 'defect', code);
    throw error;
  }
  report('ok');
  return { file: path, bytes: bytes.length };
}

function argumentsOf(args: Json): Arguments {
  if (args === null || args === undefined) return {};
  if (typeof args !== 'object' || Array.isArray(args)) throw fileFailure('FILE_ARGUMENTS');
  return args as Arguments;
}

const ENDINGS = { hl7: 'hl7', fhir: 'json', json: 'json', text: 'txt' } as const;

function contentOf(body: Json | undefined, about: CallContext): { bytes: Uint8Array; extension: string } {
  if (body === undefined) return { bytes: about.message.bytes, extension: ENDINGS[about.message.format] };
  if (typeof body !== 'string') return { bytes: Buffer.from(`${JSON.stringify(body)}\n`), extension: 'json' };
  return { bytes: Buffer.from(body), extension: body.startsWith('MSH|') ? 'hl7' : 'txt' };
}

/** Names of flows and steps are people's words: whatever a name of a file cannot hold becomes a hyphen. */
function nameFor(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    (values[name] ?? '').replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, ''),
  );
}
