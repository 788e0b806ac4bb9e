import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { components, segment, text } from '../feed/segment.ts';
import { Ring } from '../ring.ts';
import { hl7Time } from '../world/calendar.ts';
import type { Hospital } from '../world/hospital.ts';
import { Incoming, Unreadable } from './message.ts';
import type { Receiving } from './receiving.ts';
import { Refused } from './refused.ts';
import { type AcknowledgementRule, type ReceivingRules, takesEffect, usualRules } from './rules.ts';
import { take } from './take.ts';

// The minimal lower layer protocol (HL7 v2.5.1, appendix C.4).
const startOfBlock = 0x0b;
const endOfBlock = Buffer.of(0x1c, 0x0d);
const longestMessage = 16 * 2 ** 20;
const rememberedMessages = 1_000;

export interface ReceiverOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host?: string;
  readonly rules?: Partial<ReceivingRules>;
}

/** One message that came in, and what became of it. */
export interface ReceivedMessage {
  /** Hospital time, ISO 8601. */
  readonly at: string;
  /** `SIU^S12`. */
  readonly message: string;
  readonly controlId: string;
  readonly sender: string;
  /** What was answered: an acknowledgement code, or `none`, `close`, `cut`. */
  readonly answered: string;
  /** What it was about, `appointment 1000200001`; empty when it had no effect. */
  readonly effect: string;
  /** Why it was refused. */
  readonly problem?: string;
}

/** The hospital's incoming interface: what it takes in has its effect in the truth, and so on every outgoing feed. */
export class Hl7Receiver {
  readonly received = new Ring<ReceivedMessage>(rememberedMessages);
  rules: ReceivingRules;
  readonly #hospital: Hospital;
  readonly #options: ReceiverOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #placers = new Map<string, number>();
  readonly #stopped = new AbortController();
  #acknowledgements: { rule: AcknowledgementRule; left: number }[] = [];

  constructor(hospital: Hospital, options: ReceiverOptions) {
    this.#hospital = hospital;
    this.#options = options;
    this.rules = { ...usualRules, ...options.rules };
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async open(): Promise<void> {
    const { port, host = '127.0.0.1' } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Answers the next messages as the rule says; rules are used up in the order in which they came. */
  acknowledge(rule: AcknowledgementRule): void {
    this.#acknowledgements.push({ rule, left: rule.count ?? 1 });
  }
  /** The usual answers again. */
  clear(): void {
    this.#acknowledgements = [];
  }
  state() {
    return {
      port: this.port,
      rules: this.rules,
      received: this.received.total,
      connections: this.#sockets.size,
      acknowledgements: this.#acknowledgements.map(({ rule, left }) => ({ ...rule, count: left })),
    };
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let held: Buffer = Buffer.alloc(0);
    // One after the other, whatever the sender does: an interface files in order.
    let turn: Promise<void> = Promise.resolve();
    socket.on('data', (chunk) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      for (let end = held.indexOf(endOfBlock); end >= 0; end = held.indexOf(endOfBlock)) {
        const start = held.lastIndexOf(startOfBlock, end);
        const frame = held.subarray(start + 1, end).toString('utf8');
        held = held.subarray(end + 2);
        turn = turn.then(() => this.#take(socket, frame));
      }
      if (held.length > longestMessage) socket.destroy();
    });
  }

  async #take(socket: Socket, frame: string): Promise<void> {
    let message: Incoming;
    try {
      message = new Incoming(frame);
    } catch (error) {
      // What cannot be read cannot be answered by its control id; a real interface closes or says nothing.
      if (!(error instanceof Unreadable)) throw error;
      this.#note(undefined, 'none', '', error.message);
      return;
    }
    const rule = this.#ruleFor(message);
    let effect = '';
    let refused: Refused | undefined;
    if (takesEffect(rule)) {
      try {
        const { rules } = this;
        const receiving: Receiving = { hospital: this.#hospital, rules, placers: this.#placers };
        effect = take(receiving, message);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refused = error;
      }
    }
    const deserved = refused?.code ?? 'AA';
    const code = ['usual', 'other-id', 'cut'].includes(rule.answer) ? deserved : rule.answer;
    this.#note(message, rule.answer === 'usual' ? code : rule.answer, effect, refused?.message);
    if (rule.delayMs) {
      await pause(rule.delayMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
    if (socket.destroyed || rule.answer === 'none') return;
    if (rule.answer === 'close') {
      socket.destroy();
      return;
    }
    const id = rule.answer === 'other-id' ? `${message.controlId}0` : message.controlId;
    const body = Buffer.from(this.#acknowledgement(message, code, id, refused), 'utf8');
    if (rule.answer === 'cut') {
      socket.end(Buffer.concat([Buffer.of(startOfBlock), body.subarray(0, Math.ceil(body.length / 2))]));
      return;
    }
    socket.write(Buffer.concat([Buffer.of(startOfBlock), body, endOfBlock]));
  }

  #ruleFor({ type, trigger }: Incoming): AcknowledgementRule {
    const index = this.#acknowledgements.findIndex(
      ({ rule: { message } }) =>
        message === undefined || message === type || message === `${type}^${trigger}`,
    );
    const found = this.#acknowledgements[index];
    if (!found) return { answer: 'usual' };
    found.left -= 1;
    if (found.left <= 0) this.#acknowledgements.splice(index, 1);
    return found.rule;
  }

  #acknowledgement(
    { header, trigger }: Incoming,
    code: string,
    id: string,
    refused: Refused | undefined,
  ): string {
    const now = hl7Time(this.#hospital.now(), this.#hospital.timeZone);
    const lines = [
      segment('MSH', {
        1: '^~\\&',
        2: header.raw(5),
        3: header.raw(6),
        4: header.raw(3),
        5: header.raw(4),
        6: now,
        8: components('ACK', trigger),
        9: text(id),
        10: header.raw(11),
        11: header.raw(12),
      }),
      segment('MSA', { 1: code, 2: text(id), 3: refused ? text(refused.message) : '' }),
    ];
    if (refused) {
      lines.push(
        segment('ERR', {
          2: refused.place === undefined ? '' : components(...refused.place.split('-')),
          3: components('207', 'Application internal error', 'HL70357'),
          4: 'E',
          8: text(refused.message),
        }),
      );
    }
    return `${lines.join('\r')}\r`;
  }

  #note(message: Incoming | undefined, answered: string, effect: string, problem: string | undefined): void {
    this.received.add({
      at: new Date(this.#hospital.now()).toISOString(),
      message: message ? `${message.type}^${message.trigger}` : '',
      controlId: message?.controlId ?? '',
      sender: message?.header.text(3) ?? '',
      answered,
      effect,
      ...(problem === undefined ? {} : { problem }),
    });
  }
}
