/** What the contract will have besides; each part goes when `contract.ts` has it. */
import type { MessageQuery, MessageRow, Page } from '../contract.ts';

export interface PruneRequest {
  readonly receivedBefore: number;
  readonly limit: number;
  readonly site?: string;
  readonly connection?: string;
  readonly ended?: 'delivered' | 'filtered' | 'dead' | 'rejected' | 'unrouted';
}

export interface StoreToCome {
  scan(
    query: MessageQuery & { text: string; from: number; to: number },
  ): Promise<Page<MessageRow> & { looked: number }>;
  prune(request: PruneRequest): Promise<number>;
  shelve(request: { readonly receivedBefore: number; readonly limit: number }): Promise<number>;
  rewrap(masterKey: Uint8Array): Promise<number>;
}
