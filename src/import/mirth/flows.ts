/** Channels as flows: one for each destination, so that each is tried again by itself, as in Mirth. */
import { type Flow, type Step as FlowStep, lint } from '../../flow/index.ts';
import { child } from '../xml/element.ts';
import { doesNothing, noteChannel } from './channel-notes.ts';
import { ConnectionBook, type NeededSecret } from './connection-book.ts';
import { destinationOf, isMessage, retryOf, sourceOf } from './connections.ts';
import type { Channel, CodeTemplate, Connector, MirthExport } from './export.ts';
import { FlowDraft } from './flow-draft.ts';
import { arrivalOf, eachItsOwn, type From, headOf, read, triggerOf } from './flow-parts.ts';
import { aboutOf, destinationsOf, type Hop, MOST_HOPS } from './hops.ts';
import {
  type ConnectionRecord,
  calledInstead,
  type DestinationMade,
  type Leave,
  type Making,
  standIn,
} from './made.ts';
import { fresh, slug, variableName } from './names.ts';
import { scriptOf } from './read-elements.ts';
import { remark } from './script-text.ts';
import { FlowScript } from './scripts.ts';
import { argumentsOf } from './sending.ts';
import { Place, type WorkItem } from './work.ts';

export interface MadeFlow {
  readonly flow: Flow;
  /** The text of its script, and the file that it is in. */
  readonly code?: TextFile;
  /** It cannot run before somebody worked on it: written apart from the flows that run. */
  readonly parked: boolean;
  readonly channel: string;
  readonly line: number;
}

export interface TextFile {
  readonly file: string;
  readonly text: string;
}

export interface Made {
  readonly flows: readonly MadeFlow[];
  readonly connections: Readonly<Record<string, ConnectionRecord>>;
  /** They would take what no flow wants yet. */
  readonly parkedConnections: Readonly<Record<string, ConnectionRecord>>;
  readonly secrets: readonly NeededSecret[];
  /** Texts that nothing here runs, for who goes on with them; and readers of schedules. */
  readonly left: readonly TextFile[];
}

const USUAL_GIVE_UP = 30 * 86_400_000;
const ENDINGS = { scripts: 'js', sql: 'sql', templates: 'txt' } as const;

export class FlowMaker {
  readonly #export: MirthExport;
  readonly #site: string;
  readonly #work: WorkItem[];
  readonly #byId: ReadonlyMap<string, Channel>;
  readonly #book = new ConnectionBook();
  readonly #flowNames = new Set<string>();
  readonly #fileNames = new Set<string>();
  readonly #flows: MadeFlow[] = [];
  readonly #left: TextFile[] = [];
  readonly #leftOf = new Map<string, string>();
  readonly #written = new Set<string>();

  constructor(exported: MirthExport, site: string, work: WorkItem[]) {
    this.#export = exported;
    this.#site = site;
    this.#work = work;
    this.#byId = new Map(exported.channels.map((each) => [each.id, each]));
  }

  /** Each channel, with what came of it so far: for progress. */
  *make(): Generator<{ readonly channel: Channel; readonly flows: number }, Made> {
    for (const channel of this.#export.channels) {
      const before = this.#flows.length;
      this.#channel(channel);
      yield { channel, flows: this.#flows.length - before };
    }
    for (const channel of this.#export.channels) {
      if (channel.source.type === 'VmReceiverProperties' && !this.#written.has(channel.id))
        this.#alone(channel);
    }
    const wanted = this.#flows.flatMap(({ flow: { trigger }, parked }) =>
      !parked && 'connection' in trigger && trigger.connection !== undefined ? [trigger.connection] : [],
    );
    const { site, parked } = this.#book.split(new Set(wanted));
    return {
      flows: this.#flows,
      connections: site,
      parkedConnections: parked,
      secrets: this.#book.secrets,
      left: this.#left,
    };
  }

  #placeOf(channel: Channel, part = 'channel'): Place {
    return new Place(this.#work, channel.name, channel.file, part);
  }

  /** A channel that others hand over to, and none of them is here. */
  #alone(channel: Channel): void {
    const isHl7 = channel.source.transformer.inbound.name === 'HL7V2';
    const name = slug(channel.name);
    const port = { env: `${variableName(channel.name)}_PORT`, default: 6661 };
    const connection = this.#book.add(
      name,
      isHl7 ? { connector: 'mllp', listen: { host: '127.0.0.1', port } } : calledInstead,
    );
    const arrival = arrivalOf(channel, isHl7 ? 'hl7' : 'webhook');
    for (const destination of destinationsOf(channel))
      this.#way([{ channel, destination }], { arrival, connection, isParked: true });
    this.#placeOf(channel).toDo(
      channel.line,
      'no channel of the export hands messages to it',
      'Import it together with the channels that do; or make a flow with the trigger that it should have.',
    );
  }

  #channel(channel: Channel): void {
    const place = this.#placeOf(channel);
    const leave = this.#leaveOf(channel);
    noteChannel(channel, place, (what, script) => leave('scripts', what, script));
    const sourcePlace = place.of(`source (${channel.source.transport})`);
    const name = slug(channel.name);
    const made = sourceOf(channel.source, sourcePlace, this.#making(channel, name));
    // Its flows begin where messages come in.
    if (made.trigger === 'other channel') return;
    const on = destinationsOf(channel);
    this.#tellDestinations(channel, on, place);
    const reader = made.trigger === 'schedule' ? this.#reader(channel, sourcePlace) : undefined;
    const connection = made.connection === undefined ? undefined : this.#book.add(name, made.connection);
    const from: From = {
      arrival: arrivalOf(channel, made.trigger, made),
      ...(connection === undefined ? {} : { connection }),
      isParked: made.unready === true || reader?.broken === true || !channel.enabled,
      ...(reader === undefined ? {} : { reader: reader.file }),
    };
    for (const destination of on) this.#way([{ channel, destination }], from);
  }

  #tellDestinations(channel: Channel, on: readonly Connector[], place: Place): void {
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
  }

  /** A JavaScript Reader: what it gives becomes messages, at each occurrence of the schedule. */
  #reader(channel: Channel, place: Place): { readonly file: string; readonly broken: boolean } {
    const text = scriptOf(child(channel.source.properties, 'script'));
    const script = new FlowScript(this.#contextOf([channel]));
    script.take(text, place);
    if (script.broken) this.#leaveOf(channel)('scripts', 'reader', text.text);
    script.add(
      '',
      remark(place.part),
      'return mirth.messages(function () {',
      script.rewritten(text.text),
      '});',
    );
    const file = `code/${fresh(`${slug(channel.name)}-reader`, this.#flowNames)}.js`;
    const names = { channel: channel.name, id: channel.id, destinations: [] };
    this.#left.push({ file, text: script.text(headOf(channel), names) });
    return { file, broken: script.broken };
  }

  /** The same text is kept once, however many ways lead past it. */
  #leaveOf(channel: Channel): Leave {
    return (folder, what, text) => {
      const key = [folder, channel.id, channel.line, what, text].join('\n');
      const there = this.#leftOf.get(key);
      if (there !== undefined) return there;
      const stem = `import/${folder}/${slug(channel.name)}-${slug(what)}`;
      const file = `${fresh(stem, this.#fileNames)}.${ENDINGS[folder]}`;
      this.#left.push({ file, text });
      this.#leftOf.set(key, file);
      return file;
    };
  }

  #making(channel: Channel, wanted: string): Making {
    return {
      configured: (key) => this.#export.configuration.get(key)?.value,
      leave: this.#leaveOf(channel),
      name: this.#book.free(wanted),
      site: this.#site,
    };
  }

  #way(hops: readonly Hop[], from: From): void {
    const first = hops[0] as Hop;
    const { channel, destination } = hops.at(-1) as Hop;
    const place = this.#placeOf(channel, `destination "${destination.name}"`);
    const wanted = slug(
      hops.length === 1 && destinationsOf(first.channel).length === 1
        ? `${channel.name}-out`
        : `${channel.name}-${destination.name}`,
    );
    const making = this.#making(channel, wanted);
    const made = destinationOf(destination, place, making);
    if (made.kind !== 'other channel') {
      this.#write(hops, made, from, wanted);
      return;
    }
    const next = this.#byId.get(made.channel as string);
    if (next === undefined) {
      place.toDo(
        destination.line,
        'it hands over to a channel that is not in the export',
        'Import both together.',
      );
      this.#write(hops, { ...made, kind: 'unknown', connection: standIn(making.name) }, from, wanted);
    } else if (hops.some((hop) => hop.channel === next) || hops.length >= MOST_HOPS)
      place.toDo(
        destination.line,
        'channels hand over to one another in a circle',
        'Make flows that each have a trigger of their own.',
      );
    else {
      this.#written.add(next.id);
      const isParked = from.isParked || !next.enabled;
      for (const each of destinationsOf(next))
        this.#way([...hops, { channel: next, destination: each }], { ...from, isParked });
    }
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

  #contextOf(channels: readonly Channel[]) {
    return {
      templates: channels.flatMap((each) => this.#templatesOf(each)),
      configuration: this.#export.configuration,
    };
  }

  #write(hops: readonly Hop[], made: DestinationMade, from: From, wanted: string): void {
    const first = hops[0] as Hop;
    const { channel, destination } = hops.at(-1) as Hop;
    const name = this.#nameOf(hops);
    const draft = new FlowDraft(from.arrival, this.#contextOf(hops.map((hop) => hop.channel)));
    for (const [index, hop] of hops.entries()) this.#stages(hop, draft, index, hops.length);
    const place = this.#placeOf(channel, `destination "${destination.name}"`);
    const body = argumentsOf(made, destination, draft, place, this.#leaveOf(channel));
    const file = `code/${name}.js`;
    if (made.kind === 'script') {
      const script = scriptOf(child(destination.properties, 'script'));
      draft.script.take(script, place);
      draft.script.result = true;
      draft.script.add(
        '',
        remark(`${place.part}, the writer’s script`),
        'return mirth.done((function () {',
        draft.script.rewritten(script.text),
        '})());',
      );
    } else if (!draft.script.isEmpty && !draft.script.result) draft.script.add('', 'return mirth.done();');
    const { steps, message } = draft.steps(file);
    const all: FlowStep[] = [...steps];
    if (made.kind === 'send' || made.kind === 'unknown') {
      const record = made.connection ?? standIn(wanted);
      const connection = this.#book.add(wanted, from.reader === undefined ? record : eachItsOwn(record));
      const args = {
        ...body(message),
        ...(made.do === 'update' ? { method: { value: made.method ?? 'PUT' } } : {}),
      };
      all.push({ kind: 'send', id: 'send', connection, do: 'send', args });
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
      order: from.connection === undefined ? 'flow' : 'connection',
      trigger: triggerOf(from),
      steps: from.reader === undefined ? all : read(from.reader, all),
      giveUpAfter: USUAL_GIVE_UP,
      ...(attempts === undefined ? {} : { attempts }),
      exhausted,
    };
    const findings = lint(flow);
    for (const { place: where, reason, fix } of findings)
      place.toDo(destination.line, `the flow that came of it is not right yet: ${where}: ${reason}`, fix);
    const names = { channel: channel.name, id: channel.id, destinations: [destination.name, destination.id] };
    this.#flows.push({
      flow,
      ...(draft.script.isEmpty
        ? {}
        : { code: { file, text: draft.script.text(headOf(first.channel), names) } }),
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
}
