import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MantineProvider } from '@mantine/core';
import { createElement, type ReactElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { ReplayPreview, Structure } from '../api/types.ts';
import { Preview } from './dead/preview.tsx';
import { RawView } from './message/raw-view.tsx';
import { TreeView } from './message/tree-view.tsx';
import { JsonTree } from './parts/json-tree.tsx';
import { StateBadge } from './parts/state-badge.tsx';

/** What sends scripts in place of names. */
const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "' onmouseover='alert(1)",
  '<svg/onload=alert(1)>',
  '</pre><iframe srcdoc="<script>alert(1)</script>">',
  'javascript:alert(1)',
  '{{constructor.constructor("alert(1)")()}}',
  '<style>*{background:url(//evil.example)}</style>',
];

const render = (element: ReactElement): string =>
  renderToStaticMarkup(createElement(MantineProvider, null, element));

/** Elements that our own screens write; anything else came out of a value. */
const OWN =
  /^\/?(?:br|dd|details|div|dl|dt|li|ol|p|pre|section|span|strong|style|summary|table|tbody|td|th|thead|tr|ul)$/;

function foreignMarkup(html: string): string[] {
  const tags =
    html.replace(/<style[^>]*data-mantine[^>]*>[^<]*<\/style>/g, '').match(/<\/?[a-z][^>]*>/gi) ?? [];
  return tags.filter(
    (tag) =>
      !OWN.test(/^<(\/?[a-z0-9]+)/i.exec(tag)?.[1] ?? '') ||
      /\son[a-z]+=|srcdoc|javascript:/i.test(tag.replace(/"[^"]*"/g, '""')),
  );
}

test.each(HOSTILE)('%s in a field, a name or a path stays text', (text) => {
  const structure: Structure & { kind: 'hl7' } = {
    kind: 'hl7',
    separator: '|',
    cut: false,
    segments: [
      {
        id: text,
        name: text,
        fields: [{ number: 5, path: text, name: text, raw: text, parts: [{ path: text, value: text }] }],
        trailing: 0,
      },
    ],
  };
  const preview: ReplayPreview = {
    count: 1,
    of: [{ site: text, flow: text, count: 1 }],
    refused: [{ reason: text, count: 1, deliveryId: '1' }],
    samples: [
      {
        ...{ deliveryId: '1', messageId: '1', site: text, flow: text, ranVersion: text, withVersion: text },
        ...{ end: text, failure: null },
        steps: [
          {
            ...{ step: text, kind: text, connection: text, do: text, state: 'done', args: text },
            differences: [{ path: text, before: text, after: { [text]: text } }],
          },
        ],
      },
    ],
  };
  const screens = [
    createElement(Preview, { preview, revealed: true, revealing: false, onReveal: () => undefined }),
    createElement(RawView, { structure }),
    createElement(TreeView, { structure }),
    createElement(JsonTree, { name: text, value: { [text]: text, list: [text, { resourceType: text }] } }),
    createElement(StateBadge, { state: 'dead', flow: text }),
  ];
  for (const screen of screens) {
    const html = render(screen);
    expect(foreignMarkup(html)).toEqual([]);
    if (text.includes('<')) expect(html).not.toContain(text);
  }
});

test('nothing in the console makes markup from text', () => {
  for (const entry of readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || entry.name.endsWith('.test.ts')) continue;
    const source = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    expect([
      entry.name,
      /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|localStorage|sessionStorage/.exec(
        source,
      ),
    ]).toEqual([entry.name, null]);
  }
});
