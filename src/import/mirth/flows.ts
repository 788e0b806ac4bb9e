/** Channels as flows: one for each destination, so that each is tried again by itself, as in Mirth. */
import { type FieldRule, type Flow, type Step as FlowStep, lint } from '../../flow/index.ts';
import { child, type XmlElement } from '../xml/element.ts';
import {
  type Configured,
  type ConnectionRecord,
  type DestinationMade,
  destinationOf,
  isMessage,
  retryOf,
  sourceOf,
} from './connections.ts';
import type { Channel, CodeTemplate, Connector, MirthExport } from './export.ts';
import { FlowDraft } from './flow-draft.ts';
import { fresh, slug } from './names.ts';
import { scriptOf } from './read-elements.ts';
import { remark } from './script-text.ts';
import { filled } from './template.ts';
import { Place, type WorkItem } from './work.ts';

export interface MadeFlow {
  readonly flow: Flow;
  /** The text of its script, and the file that it is in. */
  readonly code?: { readonly file: string; readonly text: string };
  /** It cannot run before somebody worked on it: written apart from the flows that run. */
  readonly parked: boolean;
  readonly channel: string;
  readonly line: number;
}

/** Scripts that nothing here runs, for who goes on with them. */
export interface LeftScript {
  readonly file: string;
  readonly text: string;
}

export interface Made {
  readonly flows: readonly MadeFlow[];
  readonly connections: Readonly<Record<string, ConnectionRecord>>;
  readonly left: readonly LeftScript[];
}

/** One destination on a way; several where a channel hands over to another. */
interface Hop {
  readonly channel: Channel;
  readonly destination: Connector;
}

/** Channels that hand over to channels that hand over … */
const MOST_HOPS = 6;
const USUAL_GIVE_UP = 30 * 86_400_000;

const withoutRemarks = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/[^\n]*/g, '')
    .trim();

/** As Mirth writes scripts that do nothing. */
const doesNothing = (text: string): boolean => /^(return( message)?;?)?$/.test(withoutRemarks(text));

/** Those that are switched on; a channel without any still runs its transformer. */
function destinationsOf(channel: Channel): readonly Connector[] {
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

const NOTHING: XmlElement = {
  name: 'properties',
  attributes: {},
  children: [],
  text: '',
  line: 0,
  textLine: 0,
};

export class FlowMaker {
  readonly #export: MirthExport;
  readonly #site: string;
  readonly #work: WorkItem[];
  readonly #byId: ReadonlyMap<string, Channel>;
  readonly #configured: Configured;
  readonly #connections: Record<string, ConnectionRecord> = {};
  readonly #connectionNames = new Set<string>();
  readonly #flowNames = new Set<string>();
  readonly #fileNames = new Set<string>();
  readonly #flows: MadeFlow[] = [];
  readonly #left: LeftScript[] = [];
  readonly #written = new Set<string>();

  constructor(exported: MirthExport, site: string, work: WorkItem[]) {
    this.#export = exported;
    this.#site = site;
    this.#work = work;
    this.#byId = new Map(exported.channels.map((each) => [each.id, each]));
    this.#configured = (key) => exported.configuration.get(key)?.value;
  }

  /** Each channel, with what came of it so far: for progress. */
  *make(): Generator<{ readonly channel: Channel; readonly flows: number }, Made> {
    for (const channel of this.#export.channels) {
      const before = this.#flows.length;
      this.#channel(channel);
      yield { channel, flows: this.#flows.length - before };
    }
    for (const channel of this.#export.channels) {
      if (channel.source.type !== 'VmReceiverProperties' || this.#written.has(channel.id)) continue;
      const isHl7 = channel.source.transformer.inbound.name === 'HL7V2';
      const connection = fresh(slug(channel.name), this.#connectionNames);
      for (const destination of destinationsOf(channel))
        this.#way([{ channel, destination }], {
          trigger: isHl7 ? 'hl7' : 'webhook',
          connection,
          isParked: true,
        });
      this.#placeOf(channel).toDo(
        channel.line,
        'no channel of the export hands messages to it',
        'Import it together with the channels that do; or make a flow with the trigger that it should have.',
      );
    }
    return { flows: this.#flows, connections: this.#connections, left: this.#left };
  }

  #placeOf(channel: Channel, part = 'channel'): Place {
    return new Place(this.#work, channel.name, channel.file, part);
  }

  #channel(channel: Channel): void {
    const place = this.#placeOf(channel);
    this.#about(channel, place);
    const sourcePlace = place.of(`source (${channel.source.transport})`);
    const made = sourceOf(channel.source, sourcePlace, this.#configured);
    if (channel.source.type === 'JavaScriptReceiverProperties')
      this.#leave(channel, 'reader', child(channel.source.properties, 'script')?.text ?? '');
    // Its flows begin where messages come in.
    if (made.trigger === 'other channel') return;
    const isHl7 = channel.source.transformer.inbound.name === 'HL7V2';
    const trigger = made.trigger === 'none' ? (isHl7 ? 'hl7' : 'webhook') : made.trigger;
    const name = slug(channel.name);
    const connection =
      made.connection === undefined
        ? fresh(name, this.#connectionNames)
        : this.#connection(name, made.connection);
    const on = destinationsOf(channel);
    for (const off of channel.destinations) {
      if (!off.enabled)
        place
          .of(`destination "${off.name}"`)
          .add(
            'left out',
            off.line,
            'the destination is switched off',
            'Switch it on in Mirth and export again, if it is needed.',
          );
    }
    if (on.length > 1)
      place.lookAt(
        channel.line,
        `its ${on.length} destinations are ${on.length} flows, each tried again by itself`,
        'Where one must come after another, put both send steps into one flow, the first first.',
      );
    for (const destination of on)
      this.#way([{ channel, destination }], {
        trigger,
        connection,
        isParked: made.connection === undefined || !channel.enabled,
      });
  }

  #about(channel: Channel, place: Place): void {
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
      const file = this.#leave(channel, what, script.text);
      place.of(`${what} script`).toDo(script.line, `the ${what} script is not run; it is in ${file}`, fix);
    }
    for (const destination of channel.destinations) {
      const steps = destination.response?.steps.filter(({ enabled }) => enabled) ?? [];
      for (const step of steps) {
        const text = step.kind === 'script' ? step.script.text : '';
        const where =
          text === '' ? '' : `; it is in ${this.#leave(channel, `${destination.name} response`, text)}`;
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

  #leave(channel: Channel, what: string, text: string): string {
    const file = `import/scripts/${fresh(`${slug(channel.name)}-${slug(what)}`, this.#fileNames)}.js`;
    this.#left.push({ file, text });
    return file;
  }

  #connection(wanted: string, record: ConnectionRecord): string {
    // A sender’s connection is shared: its receiver gets one message at a time, whoever sends.
    const twin = Object.entries(this.#connections).find(
      ([, other]) => JSON.stringify(other) === JSON.stringify(record),
    );
    if (twin !== undefined && 'send' in record) return twin[0];
    const name = fresh(wanted, this.#connectionNames);
    this.#connections[name] = 'secret' in record ? { ...record, secret: name } : record;
    return name;
  }

  #way(
    hops: readonly Hop[],
    from: { readonly trigger: 'hl7' | 'webhook'; readonly connection: string; readonly isParked: boolean },
  ): void {
    const { channel, destination } = hops.at(-1) as Hop;
    const place = this.#placeOf(channel, `destination "${destination.name}"`);
    const made = destinationOf(destination, place, this.#configured);
    if (made.kind === 'other channel') {
      const next = this.#byId.get(made.channel as string);
      if (next === undefined) {
        place.toDo(
          destination.line,
          'it hands over to a channel that is not in the export',
          'Import both together.',
        );
        this.#write(hops, { ...made, kind: 'unknown' }, from);
      } else if (hops.some((hop) => hop.channel === next) || hops.length >= MOST_HOPS)
        place.toDo(
          destination.line,
          'channels hand over to one another in a circle',
          'Make flows that each have a trigger of their own.',
        );
      else {
        this.#written.add(next.id);
        for (const each of destinationsOf(next))
          this.#way([...hops, { channel: next, destination: each }], {
            ...from,
            isParked: from.isParked || !next.enabled,
          });
      }
      return;
    }
    this.#write(hops, made, from);
  }

  #nameOf(hops: readonly Hop[]): string {
    const parts = hops.flatMap(({ channel, destination }, index) => {
      const isOnly = destinationsOf(channel).length === 1;
      return [channel.name, ...(isOnly || index < hops.length - 1 ? [] : [destination.name])];
    });
    return fresh(slug(parts.join('-')), this.#flowNames);
  }

  #templatesOf({ id }: Channel): readonly CodeTemplate[] {
    return this.#export.templates.filter(
      ({ channels }) => channels === null || channels.size === 0 || channels.has(id),
    );
  }

  #write(
    hops: readonly Hop[],
    made: DestinationMade,
    from: { readonly trigger: 'hl7' | 'webhook'; readonly connection: string; readonly isParked: boolean },
  ): void {
    const first = hops[0] as Hop;
    const last = hops.at(-1) as Hop;
    const name = this.#nameOf(hops);
    const draft = new FlowDraft(from.trigger, first.channel.source.transformer.inbound.name, {
      templates: hops.flatMap(({ channel }) => this.#templatesOf(channel)),
      configuration: this.#export.configuration,
    });
    for (const [index, hop] of hops.entries()) this.#stages(hop, draft, index, hops.length);
    const { channel, destination } = last;
    const place = this.#placeOf(channel, `destination "${destination.name}"`);
    const body = this.#arguments(made, destination, draft, place);
    const file = `code/${name}.js`;
    if (made.kind === 'script') {
      const script = scriptOf(child(destination.properties, 'script'));
      draft.script.take(script, place);
      draft.script.result = true;
      draft.script.add(
        '',
        remark(`${place.part}, the writer’s script`),
        'return mirth.done((function () {',
        `${script.text}`,
        '})());',
      );
    } else if (!draft.script.isEmpty && !draft.script.result) draft.script.add('', 'return mirth.done();');
    const { steps, message } = draft.steps(file);
    const all: FlowStep[] = [...steps];
    if (made.kind === 'send' || made.kind === 'unknown') {
      const wanted = slug(
        hops.length === 1 && destinationsOf(first.channel).length === 1
          ? `${channel.name}-out`
          : `${channel.name}-${destination.name}`,
      );
      const connection =
        made.connection === undefined
          ? fresh(wanted, this.#connectionNames)
          : this.#connection(wanted, made.connection);
      const sent = {
        ...body(message),
        ...(made.do === 'update' ? { method: { value: made.method ?? 'PUT' } } : {}),
      };
      all.push({ kind: 'send', id: 'send', connection, do: 'send', args: sent });
    }
    if (all.length === 0) {
      place.add(
        'left out',
        destination.line,
        'it does nothing with the message',
        'Nothing: Suture keeps every message that comes.',
      );
      return;
    }
    const { attempts, exhausted } = retryOf(destination, place);
    const flow: Flow = {
      name,
      about: aboutOf(hops),
      sites: [this.#site],
      order: 'connection',
      trigger:
        from.trigger === 'hl7'
          ? { kind: 'hl7', type: '*', connection: from.connection }
          : { kind: 'webhook', connection: from.connection },
      steps: all,
      giveUpAfter: USUAL_GIVE_UP,
      ...(attempts === undefined ? {} : { attempts }),
      exhausted,
    };
    const findings = lint(flow);
    for (const { place: where, reason, fix } of findings)
      place.toDo(destination.line, `the flow that came of it is not right yet: ${where}: ${reason}`, fix);
    const head = [
      `Made by \`suture import mirth\` of the channel "${first.channel.name}" (${first.channel.file}).`,
      'What it does not do as Mirth did is in IMPORT.md.',
    ];
    const names = { channel: channel.name, id: channel.id, destinations: [destination.name, destination.id] };
    this.#flows.push({
      flow,
      ...(draft.script.isEmpty ? {} : { code: { file, text: draft.script.text(head, names) } }),
      parked:
        from.isParked ||
        made.kind === 'unknown' ||
        made.unready === true ||
        draft.script.broken ||
        findings.length > 0,
      channel: first.channel.name,
      line: first.channel.line,
    });
  }

  #stages({ channel, destination }: Hop, draft: FlowDraft, index: number, count: number): void {
    const of = (part: string): Place => this.#placeOf(channel, part);
    const { source, preprocessor } = channel;
    if (index > 0 && !draft.script.isEmpty) draft.script.add('mirth.channel();');
    if (preprocessor.elsewhere !== undefined || !doesNothing(preprocessor.text))
      draft.preprocess(preprocessor, of('preprocessor script'));
    draft.filter(source.filter, source.transformer, of('source filter'));
    draft.transform(source.transformer, of('source transformer'));
    if (!draft.script.isEmpty) draft.script.add('mirth.connector();');
    draft.filter(
      destination.filter,
      destination.transformer,
      of(`destination "${destination.name}", filter`),
    );
    draft.transform(destination.transformer, of(`destination "${destination.name}", transformer`));
    if (index === count - 1) return;
    const template = child(destination.properties, 'channelTemplate')?.text ?? '';
    if (isMessage(template)) return;
    draft.script.add(`mirth.send(${JSON.stringify(template)});`);
    draft.changed();
  }

  /** What the last step is done with: the message as it came, as it was made, or a body of its own. */
  #arguments(
    made: DestinationMade,
    destination: Connector,
    draft: FlowDraft,
    place: Place,
  ): (message: string | undefined) => Record<string, FieldRule> {
    const whole = (message: string | undefined): Record<string, FieldRule> =>
      message === undefined ? {} : { body: message };
    if (made.kind !== 'send' && made.kind !== 'unknown') return whole;
    if (isMessage(made.template)) {
      const isText =
        made.takes === 'json' && draft.isChanged && destination.transformer.outbound.name !== 'JSON';
      if (isText) {
        draft.script.broken = true;
        place.toDo(
          destination.line,
          `it sends ${destination.transformer.outbound.name} that was changed on the way, and a webhook sends JSON`,
          'Let the last step send the fields as JSON, or the receiver take HL7 over MLLP.',
        );
      }
      return whole;
    }
    const result = filled(made.template, (name) =>
      name.startsWith('message.') ? undefined : draft.variable(name),
    );
    if (result.kind === 'program') {
      draft.script.broken = true;
      place.toDo(
        destination.line,
        'its template is a program of Velocity (#if, #foreach, calls)',
        'Write the body in a map or a code step.',
      );
      return whole;
    }
    if (made.takes === 'json' && result.kind === 'fields')
      return () => result.fields as Record<string, FieldRule>;
    const isJson = made.takes === 'json' && result.kind !== 'text';
    if (made.takes === 'json' && !isJson) {
      draft.script.broken = true;
      place.toDo(
        destination.line,
        'its body is a text, and a webhook sends JSON',
        'Let the receiver take JSON, or the message as it came.',
      );
    }
    const filledIn = `mirth.template(${JSON.stringify(made.template)}${isJson ? ", 'json'" : ''})`;
    draft.script.result = true;
    draft.script.add(
      '',
      remark(`${place.part}, what is sent`),
      `return mirth.done(${isJson ? `JSON.parse(${filledIn})` : filledIn});`,
    );
    return whole;
  }
}

function aboutOf(hops: readonly Hop[]): string {
  const names = hops.map(({ channel, destination }) => `${channel.name}: ${destination.name}`).join(', ');
  const about = (hops[0] as Hop).channel.about.replace(/\s+/g, ' ').slice(0, 200);
  return `Channel ${names}${about === '' ? '' : `. ${about}`}`;
}
