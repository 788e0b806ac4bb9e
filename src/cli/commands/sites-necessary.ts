/** `suture sites necessary`: of whom, and which fields, flows may see; and what was kept from them. */
import type { Command } from 'commander';
import type { NecessaryAnswer } from '../../api/index.ts';
import { printJson, printLine, timeText } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

export function addNecessary(sites: Command): void {
  deskOptions(
    sites
      .command('necessary')
      .description('show of whom, and which fields, flows may see at a site, and what was kept from them')
      .argument('[site]', 'only this site'),
  ).action((site: string | undefined, options: DeskOptions) =>
    withDesk(options, async (desk) => {
      const views = await desk.deploys.necessary(site);
      if (options.json) for (const view of views) printJson(view);
      else if (views.length === 0)
        printLine(site === undefined ? 'there are no sites.' : `there is no site "${site}".`);
      else for (const view of views) printView(view);
    }),
  );
}

type View = NecessaryAnswer['sites'][number];
type Rule = Omit<NonNullable<View['rule']>, 'flows'>;

function printView({ site, rule, since, counts }: View): void {
  if (rule === null || rule === undefined) {
    printLine(`${site}  flows may see everything: the record says nothing under necessary.`);
    return;
  }
  const { flows, ...all } = rule;
  printLine(`${site}  ${ruleText(all)}`);
  for (const [flow, own] of Object.entries(flows ?? {}))
    printLine(`    ${flow}: ${ruleText({ ...all, ...own })}`);
  printLine(`    since ${timeText(since)} UTC:`);
  if (counts.length === 0) printLine('      nothing was kept from a flow.');
  for (const { flow, dropped, fields } of counts)
    printLine(`      ${flow}: ${dropped} records outside, ${fields} fields taken out`);
}

function ruleText({ departments, classes, list, fields }: Rule): string {
  const told = [
    departments && `departments ${departments.join(', ')}`,
    classes && `classes ${classes.join(', ')}`,
    list && `patients of ${list}`,
    fields?.hl7 && `HL7 ${fields.hl7.join(', ')}`,
    fields?.fhir && `FHIR ${fields.fhir.join(', ')}`,
  ].filter((one) => one !== undefined);
  return told.length === 0 ? 'everything' : `only ${told.join('; ')}`;
}
