import type { Resource } from '../fhir/outcome.ts';
import { callOut } from '../outgoing.ts';
import type { Behaviour } from '../profile/index.ts';
import type { CallerTokens } from './caller-token.ts';
import type { ShownCard } from './cards.ts';
import type { Exchange } from './exchanges.ts';
import { referenceTo } from './orders.ts';
import type { HookService } from './services.ts';

/** What a clinician did with a card. */
export interface Reaction {
  readonly outcome: 'accepted' | 'overridden';
  /** The suggestion that was taken, by uuid or by its place in the card. */
  readonly suggestion?: string | undefined;
  /** The code of an override reason, one of the card's or one of the hospital's. */
  readonly reason?: string | undefined;
  readonly comment?: string | undefined;
}

export interface FeedbackSent {
  readonly service: string;
  readonly at: string;
  readonly body: unknown;
  /** 0: nobody answered. */
  readonly status: number;
}

export interface FeedbackParts {
  readonly tokens: CallerTokens;
  readonly behaviour: Behaviour;
  readonly stopped: AbortSignal;
  now(): number;
}

const mostBatched = 10;
const timeoutMs = 10_000;
const remembered = 200;
const ownReasons = 'urn:com.epic.cdshooks.feedback.overrideReason';

/** Tells services what became of their cards: at once, or several together. */
export class Feedback {
  readonly sent: FeedbackSent[] = [];
  readonly #parts: FeedbackParts;
  readonly #waiting = new Map<string, { service: HookService; entries: unknown[] }>();

  constructor(parts: FeedbackParts) {
    this.#parts = parts;
  }

  /** How many entries wait to be sent together. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { entries }) => sum + entries.length, 0);
  }

  /**
   * Takes a reaction to a card; the basket of orders changes when a suggestion was accepted. False when nothing is
   * told: Epic sends feedback only for what the service gave a uuid.
   */
  async react(
    service: HookService,
    exchange: Exchange,
    card: ShownCard,
    reaction: Reaction,
  ): Promise<boolean> {
    const suggestion = card.suggestions.find(
      ({ uuid }, index) =>
        reaction.suggestion !== undefined && [uuid, String(index)].includes(reaction.suggestion),
    );
    if (reaction.suggestion !== undefined && !suggestion)
      throw new RangeError('the card has no such suggestion');
    if (reaction.outcome === 'accepted' && suggestion)
      exchange.draft = changed(exchange.draft, suggestion.actions);
    if (card.uuid === undefined) return false;
    const entry = {
      card: card.uuid,
      outcome: reaction.outcome,
      outcomeTimestamp: new Date(this.#parts.now()).toISOString(),
      ...(reaction.outcome === 'accepted'
        ? { acceptedSuggestions: suggestion?.uuid === undefined ? [] : [{ id: suggestion.uuid }] }
        : this.#override(card, reaction)),
    };
    if (service.feedback === 'immediate') {
      await this.#send(service, [entry]);
      return true;
    }
    const batch = this.#waiting.get(service.id) ?? { service, entries: [] };
    batch.entries.push(entry);
    this.#waiting.set(service.id, batch);
    if (batch.entries.length >= mostBatched) await this.flush();
    return true;
  }

  /** Sends what waits. */
  async flush(): Promise<void> {
    const batches = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { service, entries } of batches) await this.#send(service, entries);
  }

  #override(card: ShownCard, { reason, comment }: Reaction): Record<string, unknown> {
    if (reason === undefined && comment === undefined) return {};
    const offered = card.overrideReasons.find(({ code }) => code === reason);
    const note = comment === undefined ? {} : { userComment: comment };
    // A reason of the service's own goes back as it came; one of the hospital's list travels in an extension.
    const value = offered
      ? { reason: { code: offered.code, system: offered.system, display: offered.display }, ...note }
      : {
          ...note,
          extension: {
            'com.epic.cdshooks.feedback.overrideReason.code': reason ?? '',
            'com.epic.cdshooks.feedback.overrideReason.system': ownReasons,
          },
        };
    return { [this.#parts.behaviour.cdsOverrideKey]: value };
  }

  async #send(service: HookService, entries: readonly unknown[]): Promise<void> {
    const { tokens, stopped, now } = this.#parts;
    const body = { feedback: entries };
    const authorization = await tokens.header(service);
    const status = await callOut({
      url: `${service.endpoint}/feedback`,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
      body: JSON.stringify(body),
      stopped,
      timeoutMs,
    }).then(
      (answer) => answer.status,
      () => 0,
    );
    this.sent.push({ service: service.id, at: new Date(now()).toISOString(), body, status });
    if (this.sent.length > remembered) this.sent.shift();
  }
}

/** The basket after a suggestion was taken: its actions change the draft and nothing on the server. */
function changed(
  draft: readonly Resource[],
  actions: readonly Readonly<Record<string, unknown>>[],
): readonly Resource[] {
  let result = [...draft];
  for (const { type, resource, resourceId } of actions) {
    const given = resource as Resource | undefined;
    const name = typeof resourceId === 'string' ? resourceId : given ? referenceTo(given) : '';
    const isMeant = (each: Resource) => referenceTo(each) === name || each.id === name;
    if (type === 'create' && given) result.push(given);
    if (type === 'delete') result = result.filter((each) => !isMeant(each));
    if (type === 'update' && given) result = result.map((each) => (isMeant(each) ? given : each));
  }
  return result;
}
