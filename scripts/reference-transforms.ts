/** The page of transforms: each with what it is done with and its examples, which a test tries. */
import { type Transform, transforms } from '../src/mapping/index.ts';

const code = (value: unknown): string => (value === undefined ? 'nothing' : `\`${text(value)}\``);
/** As YAML has it on one line. */
function text(value: unknown): string {
  return JSON.stringify(value).replaceAll('|', '\\|');
}

const anchor = (group: string): string => group.toLowerCase().replaceAll(' ', '-');

export function transformsPage(made: string): string {
  const groups = Map.groupBy([...transforms], ([, { group }]) => group);
  return [
    made,
    '# Transforms: reference\n',
    'What a field’s `transform` names in a map, and in every field map of a flow. Several are written as a list and done one',
    'after the other; what one is done with stands behind its name: `transform: [trim, { maxLength: 20 }]`. Times without an',
    'offset are in the site’s zone; the examples are in America/New_York. See [maps](../maps.md).\n',
    ...[...groups].map(
      ([group, list]) =>
        `- [${group}](#${anchor(group)}): ${list.map(([name]) => `[\`${name}\`](#${name.toLowerCase()})`).join(', ')}`,
    ),
    '',
    ...[...groups].flatMap(([group, list]) => [
      `## ${group}\n`,
      ...list.map(([name, one]) => entry(name, one)),
    ]),
  ].join('\n');
}

function entry(name: string, { about, many, with: argument, examples }: Transform): string {
  const withs = examples.some((example) => example.with !== undefined);
  const head = withs ? '| from | with | gives |\n|---|---|---|' : '| from | gives |\n|---|---|';
  const rows = examples.map(({ from, with: given, gives }) =>
    withs
      ? `| ${code(from)} | ${given === undefined ? '' : code(given)} | ${code(gives)} |`
      : `| ${code(from)} | ${code(gives)} |`,
  );
  return [
    `### ${name}\n`,
    `${about}${many ? ' Takes the values of all sources.' : ''}\n`,
    ...(argument === undefined ? [] : [`Done with: ${argument.about}.\n`]),
    head,
    ...rows,
    '',
  ].join('\n');
}
