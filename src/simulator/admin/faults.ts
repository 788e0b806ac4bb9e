import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';

/** A response that is forced in place of the real one. */
export interface ForcedResponse {
  readonly status: number;
  /** How many requests it answers. */
  readonly count: number;
  /** `Retry-After`, seconds. */
  readonly retryAfterSeconds?: number;
  /** Only requests whose path contains this text; every request under `/epic` when absent. */
  readonly path?: string;
}

/** What is wrong with the hospital's servers at the moment. */
export class Faults {
  latencyMs = 0;
  readonly #forced: { rule: ForcedResponse; left: number }[] = [];

  force(rule: ForcedResponse): void {
    this.#forced.push({ rule, left: rule.count });
  }

  clear(): void {
    this.latencyMs = 0;
    this.#forced.length = 0;
  }

  state(): { latencyMs: number; respond: readonly ForcedResponse[] } {
    return {
      latencyMs: this.latencyMs,
      respond: this.#forced.map(({ rule, left }) => ({ ...rule, count: left })),
    };
  }

  /** Holds a request back, and answers it when a response is forced; true when it has been answered. */
  async meet(path: string, reply: FastifyReply, stopped: AbortSignal): Promise<boolean> {
    if (this.latencyMs > 0) {
      await pause(this.latencyMs, undefined, { signal: stopped }).catch(() => undefined);
    }
    const index = this.#forced.findIndex(({ rule }) => path.includes(rule.path ?? ''));
    const forced = this.#forced[index];
    if (!forced) return false;
    forced.left -= 1;
    if (forced.left <= 0) this.#forced.splice(index, 1);
    const { status, retryAfterSeconds } = forced.rule;
    if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
    // Epic documents no 429 or 503 of its own: they come from gateways in front of it, which do not speak FHIR.
    reply.code(status).type('text/html').send(`<html><body><h1>${status}</h1></body></html>`);
    return true;
  }
}
