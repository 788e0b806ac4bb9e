import type { ShownCard } from './cards.ts';
import type { Exchange } from './exchanges.ts';
import type { HookService } from './services.ts';

const style = `
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c2733; background: #f4f6f8 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
article, form.call { background: #fff; border: 1px solid #d5dce3; border-radius: 6px; padding: .8rem 1rem; margin: .8rem 0 }
.card { border-left: 5px solid #1f6f8b; padding: .4rem .8rem; margin: .6rem 0; background: #f8fbfc }
.warning { border-left-color: #b7791f; background: #fffaf0 } .critical { border-left-color: #a11f2c; background: #fff5f5 }
.small { color: #5a6b7b; font-size: .85rem } pre { white-space: pre-wrap; font: inherit; margin: .3rem 0 }
button { font: inherit; padding: .2rem .7rem; margin: .2rem .4rem .2rem 0; cursor: pointer } form { display: inline }
form.call { display: block } select, input { font: inherit; margin-right: .6rem } code { font-size: .85rem }
`;

/** The page at `/admin/cds/page`: call a service by hand, and see its cards as a clinician would. */
export function cdsPage(services: readonly HookService[], exchanges: readonly Exchange[]): string {
  const rows = [...exchanges].reverse().map(exchangeHtml).join('');
  const list = services.map(
    ({ id, hook, endpoint }) =>
      `<option value="${escaped(id)}">${escaped(`${id} (${hook}) ${endpoint}`)}</option>`,
  );
  const form =
    services.length === 0
      ? '<p>No service is built in. <code>POST /admin/cds/services</code> builds one; <code>POST /admin/cds/discover</code> all of a server.</p>'
      : `<form class="call" method="post" action="/admin/cds/page/call">
<label>Service <select name="service">${list.join('')}</select></label>
<label>Patient <input name="patient" placeholder="MRN, the first patient when empty"></label>
<button>Call it</button></form>`;
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>CDS Hooks - pretend hospital</title><style>${style}</style></head>
<body><h1>CDS Hooks</h1>${form}<h2>Calls, newest first</h2>${rows || '<p class="small">None yet.</p>'}</body></html>`;
}

function exchangeHtml(exchange: Exchange): string {
  const { id, at, service, situation, outcome, problem, milliseconds, shown, draft } = exchange;
  const heading = `<strong>${escaped(situation.hook)}</strong> to ${escaped(service)}: ${escaped(outcome)}${problem ? `, ${escaped(problem)}` : ''}`;
  const cards = shown.cards.map((card, index) => cardHtml(id, index, card)).join('');
  const none = outcome === 'answered' && shown.cards.length === 0 ? '<p class="small">No cards.</p>' : '';
  const remarks = shown.remarks.map((remark) => `<li>${escaped(remark)}</li>`).join('');
  const orders = draft
    .map(({ resourceType, id: name }) => escaped(`${resourceType}/${String(name)}`))
    .join(', ');
  return `<article>${heading}<div class="small">${escaped(at)}, ${milliseconds} ms</div>${cards}${none}
${remarks ? `<ul class="small">${remarks}</ul>` : ''}${orders ? `<div class="small">Orders in the basket: ${orders}</div>` : ''}</article>`;
}

function cardHtml(exchange: string, index: number, card: ShownCard): string {
  const { summary, detail, indicator, source, suggestions, links, overrideReasons, uuid } = card;
  const button = (label: string, fields: Record<string, string>) => {
    const hidden = Object.entries({ exchange, card: String(index), ...fields })
      .map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`)
      .join('');
    return `<form method="post" action="/admin/cds/page/feedback">${hidden}<button>${escaped(label)}</button></form>`;
  };
  const accept = suggestions.map(({ label, isRecommended }, place) =>
    button(`${label}${isRecommended ? ' (recommended)' : ''}`, {
      outcome: 'accepted',
      suggestion: String(place),
    }),
  );
  const reasons = overrideReasons.map(({ code, display }) =>
    button(`Override: ${display}`, { outcome: 'overridden', reason: code }),
  );
  const dismiss = button('Override', { outcome: 'overridden' });
  const anchors = links.map(
    ({ label, url, type }) =>
      `<a href="${escaped(url)}" rel="noreferrer">${escaped(label)}</a> <span class="small">${escaped(type)}</span> `,
  );
  return `<div class="card ${escaped(indicator)}"><strong>${escaped(summary)}</strong>
<div class="small">${escaped(source)}${uuid === undefined ? ', without a uuid: no feedback is sent' : ''}</div>
<pre>${escaped(detail)}</pre>${anchors.join('')}<div>${accept.join('')}${reasons.join('')}${dismiss}</div></div>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
