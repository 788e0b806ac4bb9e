/** `suture sites`: what concerns one hospital. */
import type { Command } from 'commander';
import { addCapabilities } from './sites-capabilities.ts';
import { addConnect } from './sites-connect.ts';
import { addCursors } from './sites-cursors.ts';
import { addDraft } from './sites-draft.ts';
import { addDrift } from './sites-drift.ts';
import { addSigningKeys } from './sites-keys.ts';
import { addNecessary } from './sites-necessary.ts';
import { addSiteRecords } from './sites-record.ts';

export function addSites(program: Command): void {
  const sites = program.command('sites').description('connect hospitals, and see how they stand');
  addSiteRecords(sites);
  addDraft(sites);
  addCapabilities(sites);
  addDrift(sites);
  addNecessary(sites);
  addConnect(sites);
  addCursors(sites);
  addSigningKeys(sites);
}
