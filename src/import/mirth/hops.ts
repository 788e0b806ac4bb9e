/** Ways through channels: from a source to one destination, through the channels that hand over to one another. */
import type { XmlElement } from '../xml/element.ts';
import type { Channel, Connector } from './export.ts';

/** One destination on a way; several where a channel hands over to another. */
export interface Hop {
  readonly channel: Channel;
  readonly destination: Connector;
}

/** Channels that hand over to channels that hand over … */
export const MOST_HOPS = 6;

const NOTHING: XmlElement = {
  name: 'properties',
  attributes: {},
  children: [],
  text: '',
  line: 0,
  textLine: 0,
};

/** Those that are switched on; a channel without any still runs its transformer. */
export function destinationsOf(channel: Channel): readonly Connector[] {
  const on = channel.destinations.filter(({ enabled }) => enabled);
  if (on.length > 0 || channel.destinations.length > 0) return on;
  const { outbound } = channel.source.transformer;
  const transformer = { steps: [], inbound: outbound, outbound, template: '', line: channel.line };
  return [
    {
      ...channel.source,
      id: 1,
      name: 'none',
      type: 'VmDispatcherProperties',
      properties: NOTHING,
      filter: [],
      transformer,
      response: undefined,
    },
  ];
}

export function aboutOf(hops: readonly Hop[]): string {
  const names = hops.map(({ channel, destination }) => `${channel.name}: ${destination.name}`).join(', ');
  const about = (hops[0] as Hop).channel.about.replace(/\s+/g, ' ').slice(0, 200);
  return `Channel ${names}${about === '' ? '' : `. ${about}`}`;
}
