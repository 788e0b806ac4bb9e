/** What a draft was made of, what is to be confirmed by whom, and what comes next: for the terminal. */
import { TO_CONFIRM } from '../../site/index.ts';
import { printLine } from '../output.ts';
import { countsOf, listed } from './feed-part.ts';
import type { Draft } from './record.ts';
import type { SeenSamples } from './samples.ts';
import type { SeenServer } from './servers.ts';

/** @param written The files, as a person names them. */
export function printSummary(
  site: string,
  servers: readonly SeenServer[],
  samples: SeenSamples,
  { confirm, stubs, connection, value }: Draft,
  written: readonly string[],
): void {
  printLine(`${site}: a first draft`);
  for (const { base, version, observed } of servers) {
    const { metadata, smart } = observed;
    const software = [metadata?.software.name, metadata?.software.version].filter((each) => each).join(' ');
    const types = Object.keys(metadata?.resources ?? {}).length;
    printLine(
      `  server   ${base}: ${software || 'unnamed'}, ${version?.toUpperCase() ?? 'no FHIR version'}, ${types} types`,
    );
    if (smart) printLine(`           sign-in: ${listed(smart.grants)}; by ${listed(smart.authMethods)}`);
  }
  for (const feed of samples.feeds) {
    const names = [...countsOf(feed, 'segment').keys()].flatMap((each) => each.split(' ')[1] ?? []);
    const own = [...new Set(names.filter((id) => id.startsWith('Z')))].sort();
    const types = [...countsOf(feed, 'type').keys()];
    printLine(`  feed     ${feed.name}: ${feed.messages} messages, ${listed(types)}`);
    if (own.length > 0) printLine(`           Z-segments: ${listed(own)}`);
  }
  if (samples.unusable > 0) printLine(`  passed   ${samples.unusable} without a usable MSH`);
  if (samples.leftOut > 0)
    printLine(`  left out ${samples.leftOut} codes that also stand where a person's name or number does`);
  const codes = stubs.reduce((sum, stub) => sum + stub.codes.size, 0);
  if (stubs.length > 0) printLine(`  codes    ${codes} of ${stubs.length} fields, each without a target yet`);
  const learnt = Object.entries((value.learn ?? {}) as Record<string, { readonly method: string }>);
  for (const [resource, { method }] of learnt) printLine(`  learns   ${resource} by ${method}`);
  printLine();
  printLine(`to confirm, ${confirm.length} in all:`);
  const byRole = new Map<string, string[]>();
  for (const { role, at } of confirm)
    byRole.set(role, [...(byRole.get(role) ?? []), at.join('.') || 'the site']);
  for (const [role, places] of [...byRole].sort((a, b) => b[1].length - a[1].length))
    printLine(`  ${role.padEnd(26)} ${listed([...new Set(places)])}`);
  printLine();
  for (const each of written) printLine(`wrote ${each}`);
  const unnamed = JSON.stringify(value).includes(TO_CONFIRM);
  printLine();
  printLine('Next:');
  printLine(
    `  suture check                    ${unnamed ? 'what is still to be said, and by whom' : 'is everything right?'}`,
  );
  if (connection !== undefined) {
    printLine(`  suture sites capabilities ${site}   what can be done there, and whence that is known`);
    printLine(`  suture probe ${site}            once our client is registered: what it is granted`);
  }
}
