/** What a channel says besides its connectors: scripts around it, attachments, columns, dependencies, answers that are read. */
import type { Channel } from './export.ts';
import { withoutBlocks } from './remarks.ts';
import type { Place } from './work.ts';

const withoutRemarks = (text: string): string =>
  withoutBlocks(text)
    .replace(/\/\/[^\n]*/g, '')
    .trim();

/** As Mirth writes scripts that do nothing. */
export const doesNothing = (text: string): boolean => /^(return( message)?;?)?$/.test(withoutRemarks(text));

/** Parts of a channel that no flow has: each goes to the list of work, and its script beside it. */
export function noteChannel(
  channel: Channel,
  place: Place,
  leave: (what: string, text: string) => string,
): void {
  const { line } = channel;
  if (!channel.enabled)
    place.add(
      'left out',
      line,
      'the channel is switched off',
      'Its flows are written to import/flows/; move what is needed to flows/.',
    );
  if (channel.initialState !== 'STARTED')
    place.lookAt(
      line,
      `the channel starts as ${channel.initialState.toLowerCase()}`,
      'Suture’s flows run when the engine runs; leave the file out until it is needed.',
    );
  if (channel.attachments !== 'None' && channel.attachments !== '')
    place.toDo(
      line,
      `attachments are taken out of messages (${channel.attachments})`,
      'Suture keeps the whole message; nothing is to be done unless a receiver needs them apart.',
    );
  if (
    channel.metaData.some(
      (each) => !/^(SOURCE|TYPE|mirth_source|mirth_type|VERSION|mirth_version)$/i.test(each),
    )
  )
    place.add(
      'left out',
      line,
      `it keeps columns for the search (${channel.metaData.join(', ')})`,
      'Suture finds messages by patient, control id, type and free text.',
    );
  if (channel.dependsOn.length > 0)
    place.add(
      'left out',
      line,
      `it starts after ${channel.dependsOn.length} other channel${channel.dependsOn.length === 1 ? '' : 's'}`,
      'Flows do not start one another; what is not reachable is tried again.',
    );
  for (const [what, script, fix] of [
    ['postprocessor', channel.postprocessor, 'Put what it does into a step behind the send.'],
    [
      'deploy',
      channel.deploy,
      'Flows have nothing to set up; put fixed values into the flow or a value set map.',
    ],
    ['undeploy', channel.undeploy, 'Flows have nothing to clear up.'],
  ] as const) {
    if (script.elsewhere === undefined && doesNothing(script.text)) continue;
    const file = leave(what, script.text);
    place.of(`${what} script`).toDo(script.line, `the ${what} script is not run; it is in ${file}`, fix);
  }
  for (const destination of channel.destinations) {
    const steps = destination.response?.steps.filter(({ enabled }) => enabled) ?? [];
    for (const step of steps) {
      const text = step.kind === 'script' ? step.script.text : '';
      const where = text === '' ? '' : `; it is in ${leave(`${destination.name} response`, text)}`;
      place
        .of(`destination "${destination.name}", response transformer`)
        .toDo(
          step.line,
          `the step "${step.name}" reads the answer and is not run${where}`,
          'A positive answer ends the delivery; read what came back in a later step by the id of the send step.',
        );
    }
  }
}
