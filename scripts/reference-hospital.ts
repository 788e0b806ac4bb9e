/** The page of docs/reference about the demo hospital: its switches, profiles and refusals, made of the source. */
import {
  behaviourOf,
  genericSwitches,
  type ProfileName,
  profileNames,
  profiles,
  refusals,
  type SwitchName,
  switches,
  switchGroups,
} from '../src/simulator/index.ts';

const titles = {
  signingIn: 'Signing in',
  reading: 'Reading and searching',
  writing: 'Writing, exporting, calling others, HL7',
} as const satisfies Record<keyof typeof switchGroups, string>;

const code = (value: unknown): string =>
  `\`${Array.isArray(value) ? value.join(' ') || '(none)' : value === '' ? '(empty)' : String(value)}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The whole page; `made` is its first line. */
export function hospitalPage(made: string): string {
  return [
    made,
    '# The demo hospital: reference\n',
    'What `suture simulator` can be set to, and what its token endpoint refuses. How to use it: [../hospital](../hospital/README.md).\n',
    '**Ground** says how sure each is: *confirmed* by Epic’s own text or output, *one source* outside Epic, *inferred* from what is',
    'confirmed, *reported* and unverified, or a thing that each *site* decides.\n',
    ...(Object.keys(switchGroups) as (keyof typeof switchGroups)[]).flatMap((group) => [
      `## ${titles[group]}\n`,
      '| switch | what it stands for | may be | in `sandbox-2026-05` | ground |',
      '|---|---|---|---|---|',
      ...Object.entries(switchGroups[group]).map(
        ([name, { about, expects, usual, ground }]) =>
          `| \`${name}\` | ${cell(about)} | ${cell(expects)} | ${code(usual)} | ${ground} |`,
      ),
      '',
    ]),
    '## Profiles\n',
    'Each is `sandbox-2026-05` with these changes.\n',
    ...profileNames.flatMap(profile),
    '## The server that is not Epic\n',
    'Its own switches: `POST /admin/generic/behaviour`, or `generic: { behaviour }` in a test.\n',
    '| switch | what it stands for | may be | usual |',
    '|---|---|---|---|',
    ...Object.entries(genericSwitches).map(
      ([name, { about, expects, usual }]) =>
        `| \`${name}\` | ${cell(about)} | ${cell(expects)} | ${code(usual)} |`,
    ),
    '',
    '## What the token and registration endpoints refuse\n',
    'The body is `{"error": ..., "error_description": null}`; nothing tells one fault of an assertion from another.\n',
    '| when | status | error | ground |',
    '|---|---|---|---|',
    ...Object.values(refusals).map(
      ({ when, status, error, ground }) => `| ${cell(when)} | ${status} | \`${error}\` | ${ground} |`,
    ),
    '',
  ].join('\n');
}

function profile(name: ProfileName): string[] {
  const behaviour = behaviourOf(name);
  const usual = behaviourOf('sandbox-2026-05');
  const differing = (Object.keys(switches) as SwitchName[]).filter(
    (each) => JSON.stringify(behaviour[each]) !== JSON.stringify(usual[each]),
  );
  return [
    `### ${name}\n`,
    `${profiles[name].about.charAt(0).toUpperCase()}${profiles[name].about.slice(1)}.\n`,
    ...(differing.length === 0
      ? []
      : [
          '| switch | value |',
          '|---|---|',
          ...differing.map((each) => `| \`${each}\` | ${code(behaviour[each])} |`),
          '',
        ]),
  ];
}
