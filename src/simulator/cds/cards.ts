/** What becomes of an answer: what the hospital shows of it, and what it passes over. */

export interface ShownSuggestion {
  readonly label: string;
  readonly uuid: string | undefined;
  readonly isRecommended: boolean;
  readonly actions: readonly Readonly<Record<string, unknown>>[];
}
export interface ShownLink {
  readonly label: string;
  readonly url: string;
  readonly type: string;
  readonly opensByItself: boolean;
}
export interface ShownCard {
  readonly uuid: string | undefined;
  readonly summary: string;
  readonly detail: string;
  readonly indicator: string;
  readonly source: string;
  readonly suggestions: readonly ShownSuggestion[];
  readonly links: readonly ShownLink[];
  readonly overrideReasons: readonly {
    readonly code: string;
    readonly display: string;
    readonly system: string;
  }[];
}
export interface Shown {
  readonly cards: readonly ShownCard[];
  /** Actions that the hospital carries out without asking anybody. */
  readonly systemActions: readonly Readonly<Record<string, unknown>>[];
  /** What of the answer has no effect here, and why. */
  readonly remarks: readonly string[];
}

export interface Screen {
  readonly systemActions: boolean;
  /** Launch addresses on the client's record: a SMART link must be one of them. */
  readonly launchUrls: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const indicators = ['info', 'warning', 'critical'];
const longestSummary = 140;
const orderSystems = [
  'urn:com.epic.cdshooks.action.code.system.preference-list-item',
  'urn:com.epic.cdshooks.action.code.system.orderset-item',
  'urn:com.epic.cdshooks.action.code.system.cms-hcc',
  'urn:oid:2.16.840.1.113883.6.90',
];

/** Reads the body of an answer as Epic's screens do. Throws an Error when it is no answer of a CDS service. */
export function shownOf(body: unknown, screen: Screen): Shown {
  const { cards, systemActions } = (body ?? {}) as { cards?: unknown; systemActions?: unknown };
  if (!Array.isArray(cards)) throw new Error('the answer has no list of cards');
  const remarks: string[] = [];
  const shown = cards.flatMap((card, index) => {
    const one = cardOf(card as Json, screen, (text) => remarks.push(`card ${index + 1}: ${text}`));
    return one ? [one] : [];
  });
  return { cards: opening(shown), systemActions: systemActionsOf(systemActions, screen, remarks), remarks };
}

function cardOf(card: Json, screen: Screen, remark: (text: string) => void): ShownCard | undefined {
  const { summary, indicator, source, detail, uuid } = card ?? {};
  const label = (source as Json | undefined)?.label;
  if (typeof summary !== 'string' || typeof label !== 'string' || label === '') {
    remark('not shown, it lacks summary or source.label');
    return undefined;
  }
  if (typeof indicator !== 'string' || !indicators.includes(indicator)) {
    remark('not shown, indicator is none of info, warning, critical');
    return undefined;
  }
  if (summary.length > longestSummary) remark(`summary is cut to ${longestSummary} characters`);
  return {
    uuid: text(uuid),
    summary: summary.slice(0, longestSummary),
    detail: text(detail) ?? '',
    indicator,
    source: label,
    suggestions: suggestionsOf(card, remark),
    links: linksOf(card, screen, remark),
    overrideReasons: list(card.overrideReasons).map(({ code, display, system }) => ({
      code: text(code) ?? '',
      display: text(display) ?? text(code) ?? '',
      system: text(system) ?? '',
    })),
  };
}

function suggestionsOf(card: Json, remark: (text: string) => void): ShownSuggestion[] {
  const suggestions = list(card.suggestions);
  const { selectionBehavior } = card;
  if (suggestions.length > 0 && selectionBehavior !== 'any') {
    remark('suggestions are not shown, selectionBehavior must be any');
    return [];
  }
  return suggestions.map((suggestion) => {
    const actions = list(suggestion.actions);
    for (const action of actions) {
      if (!['create', 'delete', 'update'].includes(String(action.type))) remark('an action of no known type');
      else if (action.type === 'create' && !isKnownOrder(action.resource as Json)) {
        remark('an action to create names no code that Epic knows');
      }
    }
    return {
      label: text(suggestion.label) ?? '',
      uuid: text(suggestion.uuid),
      isRecommended: suggestion.isRecommended === true,
      actions,
    };
  });
}

/** Orders and diagnoses are created by Epic's own lists, or by ICD-10. */
function isKnownOrder(resource: Json | undefined): boolean {
  const written = JSON.stringify(resource ?? {});
  return orderSystems.some((system) => written.includes(`"${system}"`));
}

function linksOf(card: Json, screen: Screen, remark: (text: string) => void): ShownLink[] {
  return list(card.links).flatMap(({ label, url, type }) => {
    if (typeof url !== 'string' || !URL.canParse(url)) {
      remark('a link without an absolute URL is not shown');
      return [];
    }
    if (type === 'smart' && !screen.launchUrls.includes(url)) {
      remark('a SMART link is not shown, its address is not registered for the application');
      return [];
    }
    return [{ label: text(label) ?? url, url, type: text(type) ?? 'absolute', opensByItself: false }];
  });
}

/** A SMART application that is the only link of the only card may open by itself (August 2023). */
function opening(cards: readonly ShownCard[]): readonly ShownCard[] {
  const [card] = cards;
  const [link] = card?.links ?? [];
  if (cards.length !== 1 || !card || card.links.length !== 1 || link?.type !== 'smart') return cards;
  return [{ ...card, links: [{ ...link, opensByItself: true }] }];
}

function systemActionsOf(value: unknown, screen: Screen, remarks: string[]): Json[] {
  return list(value).filter((action) => {
    const resource = action.resource as Json | undefined;
    const annotates = action.type === 'update' && resource?.resourceType === 'ServiceRequest';
    if (!screen.systemActions) remarks.push('system actions are not taken by this release');
    else if (!annotates) remarks.push('a system action can only annotate a ServiceRequest');
    return screen.systemActions && annotates;
  });
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
