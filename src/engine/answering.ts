/** What is answered to those who ask: what the sites can do, and the calls of CDS Hooks. */
import type { SiteRecord } from '../site/index.ts';
import { type CapabilityOptions, createCapabilities } from './capabilities.ts';
import { createResponder, type ResponderOptions } from './respond.ts';
import type { Open } from './view.ts';

export interface AnsweringOptions
  extends Omit<CapabilityOptions, 'lend' | 'changed'>,
    Pick<ResponderOptions, 'store' | 'flows' | 'open' | 'enter' | 'script' | 'see'> {
  readonly changed: (what: 'health') => void;
  /** Opens a connection for one question, when none is at work. */
  readonly openConnection: (site: SiteRecord, name: string) => Open;
}

export function createAnswering(options: AnsweringOptions) {
  const { open, sites } = options;
  const site = (name: string): SiteRecord | undefined => sites().find((each) => each.site === name);
  const capabilities = createCapabilities({
    ...options,
    changed: () => options.changed('health'),
    lend(place, name) {
      const one = open().find((each) => each.site.site === place && each.name === name);
      if (one) return { one, give: () => Promise.resolve() };
      const record = site(place);
      if (record?.connections[name] === undefined) return undefined;
      const own = options.openConnection(record, name);
      return { one: own, give: () => own.connection.close() };
    },
  });
  const responder = createResponder({ ...options, site });
  return {
    capabilities,
    responder,
    start: () => capabilities.start(),
    async stop() {
      await responder.settled();
      await capabilities.stop();
    },
  };
}
