/**
 * One session with the server: connects when it is needed, is thrown away at the first sign of trouble, and looks at
 * each new connection whether the server can be trusted. Statements go out without waiting for one another.
 */
import pg from 'pg';
import { type Clock, Failure, pause } from '../../std/index.ts';
import { storeFailure } from '../failures.ts';
import { faultOf, sqlStateOf } from './faults.ts';

export interface SessionOptions {
  readonly url: string;
  readonly clock: Clock;
  /** How long an answer may take before the server counts as gone, in milliseconds. Left out: a minute. */
  readonly patience?: number;
  /** How long a transaction may wait for this node before the server ends it, in milliseconds. Left out: as the server has it. */
  readonly stall?: number;
  /** After each round with the server: what is wrong with it, `null` when it answered. */
  readonly fault: (failure: Failure | null) => void;
  /** Called for each new connection, before anything else is asked on it. */
  readonly greet: (ask: Ask) => Promise<void>;
}

/** A statement and its values; `name` lets the server plan it once for the life of the connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export type Row = Readonly<Record<string, unknown>>;
export type Ask = <Kind = Row>(
  statement: Statement | string,
  values?: readonly unknown[],
) => Promise<readonly Kind[]>;

export interface Session {
  /** One statement, which is a transaction by itself. */
  readonly ask: Ask;
  /** The same, sent right behind others that were asked so and are not answered yet. The server takes them in their order. */
  readonly askBehind: Ask;
  /** Several in one transaction. What `work` did not wait for goes out with the commit. */
  transaction<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result>;
  /** The server plans its statements anew: what is right for an empty table is not for a full one. */
  replan(): void;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** Milliseconds after which a server that says nothing counts as gone. */
const CONNECT_TIMEOUT = 5_000;
const CLOSE_TIMEOUT = 5_000;
const ANSWER_TIMEOUT = 60_000;

const INT8 = 20;
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    // Ids and times stay below 2^53.
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** Anything that the driver says by itself means that the way to the server is broken. */
function brokenWay(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = (error as { code?: unknown } | null)?.code;
  const why = typeof code === 'string' ? ` (${code})` : '';
  return storeFailure('DATABASE_UNREACHABLE', `The database cannot be reached${why}.`, error);
}

export function openSession(options: SessionOptions): Session {
  let client: pg.Client | undefined;
  let connecting: Promise<pg.Client> | undefined;
  /** The last piece of work that has the session to itself, and all that goes out behind one another since. */
  let last: Promise<unknown> = Promise.resolve();
  let behind: Promise<unknown> = Promise.resolve();
  let closed = false;
  let plansAreOld = false;

  const drop = (one: pg.Client | undefined): void => {
    if (client === one) client = undefined;
    void one?.end().catch(() => undefined);
  };
  const askOf =
    (one: pg.Client): Ask =>
    async (statement, values = []) => {
      const query =
        typeof statement === 'string'
          ? { text: statement, values: [...values] }
          : { ...statement, values: [...values] };
      try {
        return (await one.query(query)).rows as never;
      } catch (error) {
        if (sqlStateOf(error) !== undefined) throw error;
        drop(one);
        throw brokenWay(error);
      }
    };
  const connected = async (): Promise<pg.Client> => {
    if (client) {
      // Goes out with what follows.
      if (plansAreOld) askOf(client)('DISCARD PLANS').catch(() => undefined);
      plansAreOld = false;
      return client;
    }
    connecting ??= connect().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };
  const connect = async (): Promise<pg.Client> => {
    const config = {
      connectionString: options.url,
      pipeline: true,
      types,
      application_name: 'suture',
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      query_timeout: options.patience ?? ANSWER_TIMEOUT,
      keepAlive: true,
    };
    let fresh: pg.Client;
    try {
      fresh = new pg.Client(config);
    } catch (error) {
      throw brokenWay(error);
    }
    fresh.on('error', () => drop(fresh));
    try {
      await fresh.connect();
      // A node that stands still in a transaction would keep the others from the rows that it has locked.
      const stall = options.stall && Math.ceil(options.stall);
      const bounded = stall && askOf(fresh)(`SET idle_in_transaction_session_timeout = ${stall}`);
      // One journey for both: a new session is often waited for.
      await Promise.all([bounded, options.greet(askOf(fresh))]);
    } catch (error) {
      drop(fresh);
      throw sqlStateOf(error) === undefined ? brokenWay(error) : error;
    }
    client = fresh;
    plansAreOld = false;
    return fresh;
  };

  const done = async <Result>(work: (one: pg.Client) => Promise<Result>): Promise<Result> => {
    try {
      const result = await work(await connected());
      options.fault(null);
      return result;
    } catch (error) {
      const fault = faultOf(error);
      if (fault) {
        drop(client);
        options.fault(fault);
        throw fault;
      }
      throw error;
    }
  };
  const isClosed = (): Promise<never> => Promise.reject(storeFailure('STORE_CLOSED', 'The store is closed.'));
  /** One piece of work at a time; the next begins when the last has ended. */
  const inTurn = <Result>(work: (one: pg.Client) => Promise<Result>): Promise<Result> => {
    if (closed) return isClosed();
    const turn = Promise.all([last, behind]).then(() => done(work));
    last = turn.catch(() => undefined);
    return turn;
  };
  const besides = <Result>(work: (one: pg.Client) => Promise<Result>): Promise<Result> => {
    if (closed) return isClosed();
    const turn = last.then(() => done(work));
    // Of nothing: a promise of their answers would hold those before it, and these theirs, to the first of all.
    behind = Promise.allSettled([behind, turn]).then(() => undefined);
    return turn;
  };

  return {
    ask: (statement, values) => inTurn((one) => askOf(one)(statement, values)) as never,
    askBehind: (statement, values) => besides((one) => askOf(one)(statement, values)) as never,
    transaction: (work) =>
      inTurn(async (one) => {
        const open: Promise<unknown>[] = [];
        const own = askOf(one);
        const ask: Ask = (statement, values) => {
          const answer = own(statement, values);
          answer.catch(() => undefined);
          open.push(answer);
          return answer as never;
        };
        const begun = own('BEGIN');
        begun.catch(() => undefined);
        try {
          const result = await work(ask);
          const committed = own('COMMIT');
          committed.catch(() => undefined);
          // A statement that failed turns COMMIT into a rollback: only when all went well did it commit.
          await begun;
          await Promise.all(open);
          await committed;
          return result;
        } catch (error) {
          await Promise.allSettled(open);
          await own('ROLLBACK').catch(() => undefined);
          throw error;
        }
      }),
    replan() {
      plansAreOld = true;
    },
    async close() {
      if (closed) return;
      closed = true;
      // A server that says nothing must not keep the program from ending.
      await Promise.race([Promise.all([last, behind]), pause(options.clock, CLOSE_TIMEOUT)]);
      const one = client;
      client = undefined;
      await Promise.race([one?.end().catch(() => undefined), pause(options.clock, CLOSE_TIMEOUT)]);
    },
  };
}
