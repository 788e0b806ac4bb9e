/** Makes a project of each template below the folder named, checks it and plays its cases; a line of JSON for each. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runCases } from '../../src/cli/case-run.ts';
import { loadProject } from '../../src/cli/project/index.ts';
import { scaffold } from '../../src/cli/scaffold.ts';
import { templates } from '../../src/cli/templates.ts';
import { root } from './process.ts';

const [home = ''] = process.argv.slice(2);
for (const template of templates()) {
  const folder = join(home, template.name);
  const { files } = scaffold(folder, template, {
    name: template.name,
    site: 'larkfield',
    siteName: 'Larkfield',
  });
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'suture'));
  const project = await loadProject(folder, {});
  const { outcomes, faults, untested } = await runCases(project, { update: false });
  const states = outcomes.map(({ flow, case: name, state, differences, reason }) =>
    state === 'fine' ? 'fine' : `${flow}/${name} ${state} ${JSON.stringify(differences)} ${reason ?? ''}`,
  );
  const { name, kind } = template;
  const told = { name, kind, files, faults: [...project.faults, ...faults], untested, states };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
