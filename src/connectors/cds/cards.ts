/** Cards as CDS Hooks wants them: those that are not are left out and told, never sent. */

export interface Card {
  readonly uuid: string;
  readonly summary: string;
  readonly indicator: 'info' | 'warning' | 'critical';
  readonly source: { readonly label: string };
  readonly [element: string]: unknown;
}

const MOST_SUMMARY = 140;
const ELEMENTS = [
  'uuid',
  'summary',
  'detail',
  'indicator',
  'source',
  'suggestions',
  'selectionBehavior',
  'overrideReasons',
  'links',
  'extension',
];

/**
 * @param uuid Makes an id for a card or suggestion that has none: without one nobody hears what became of it.
 * @returns The cards that can be sent, and one sentence for each that cannot.
 */
export function cardsFrom(
  made: readonly unknown[],
  uuid: () => string,
): { readonly cards: readonly Card[]; readonly faults: readonly string[] } {
  const cards: Card[] = [];
  const faults: string[] = [];
  made.forEach((one, index) => {
    const fault = faultOf(one);
    if (fault !== null) {
      faults.push(`card ${index + 1}: ${fault}`);
      return;
    }
    const known = Object.entries(one as Record<string, unknown>).filter(
      ([name, value]) => ELEMENTS.includes(name) && value !== null && value !== undefined,
    );
    const card = Object.fromEntries(known) as unknown as Card & { suggestions?: unknown };
    const suggestions = Array.isArray(card.suggestions)
      ? {
          suggestions: card.suggestions.map((each) => ({ ...each, uuid: each.uuid ?? uuid() })),
          // Without it a client cannot know what may be chosen together; Epic knows only this one.
          selectionBehavior: card.selectionBehavior ?? 'any',
        }
      : {};
    cards.push({ ...card, uuid: card.uuid ?? uuid(), ...suggestions });
  });
  return { cards, faults };
}

function faultOf(one: unknown): string | null {
  if (typeof one !== 'object' || one === null) return 'it is no object';
  const { summary, indicator, source, suggestions, links } = one as Record<string, unknown>;
  if (typeof summary !== 'string' || summary.trim() === '') return 'it has no summary';
  if (summary.length > MOST_SUMMARY)
    return `its summary has ${summary.length} characters, ${MOST_SUMMARY} are allowed`;
  if (indicator !== 'info' && indicator !== 'warning' && indicator !== 'critical')
    return 'its indicator is not info, warning or critical';
  const label = (source as { label?: unknown } | null)?.label;
  if (typeof label !== 'string' || label.trim() === '') return 'it has no source.label';
  if (suggestions !== undefined && suggestions !== null && !isListOf(suggestions, 'label'))
    return 'a suggestion has no label';
  if (links !== undefined && links !== null && !(isListOf(links, 'label') && isListOf(links, 'url')))
    return 'a link has no label or no url';
  return null;
}

const isListOf = (value: unknown, field: string): boolean =>
  Array.isArray(value) &&
  value.every((each) => typeof each === 'object' && each !== null && typeof each[field] === 'string');
