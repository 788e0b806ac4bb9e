import { type Html, html, page } from '../page.ts';
import type { AdminParts, AdminState } from './admin.ts';
import { deeds, troubles } from './form-routes.ts';

export const navigation: Html = html`<nav><p><a href="/admin">Hospital</a> <a href="/admin/clients">Clients</a> <a href="/admin/behaviour">Behaviour</a> <a href="/admin/cds/page">CDS Hooks</a></p></nav>`;

const shownRequests = 15;

/** What runs, what the time is, what is wrong, and buttons for all of it. */
export function homePage(state: AdminState, parts: AdminParts): string {
  return page(
    'Larkfield General Hospital',
    'A pretend hospital: nobody in it is real',
    html`${navigation}${[addresses(state, parts), clock(state), feeds(state), faults(state), requests(parts)]}`,
  );
}

function addresses(
  { profile, changedSwitches, counts, seed }: AdminState,
  { fhirBase, genericBase, oauth, receiver }: AdminParts,
): Html {
  const { tokenUrl, authorizeUrl } = oauth.addresses();
  const rows: [string, unknown][] = [
    ['FHIR R4', html`<code>${fhirBase()}</code>`],
    ['A server that is not Epic', html`<code>${genericBase()}</code>`],
    ['Authorize', html`<code>${authorizeUrl}</code>`],
    ['Token', html`<code>${tokenUrl}</code>`],
    [
      'Profile',
      html`<a href="/admin/behaviour">${profile}</a>${changedSwitches.length > 0 ? `, with ${changedSwitches.join(', ')} changed` : ''}`,
    ],
    ['HL7 in', receiver ? `MLLP port ${receiver.port}, ${receiver.received.total} received` : 'off'],
    ['Patients', `${counts.patients}, made from the seed ${seed}; ${counts.openVisits} are in the house now`],
    [
      'Clients',
      html`<a href="/admin/clients">${counts.clients} on record</a>; ${counts.accessTokens} access and ${counts.refreshTokens} refresh tokens`,
    ],
  ];
  return html`<section><h2>What runs</h2><table>${rows.map(([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>`)}</table></section>`;
}

function clock({ clock: { now, speed, running }, timeZone, counts }: AdminState): Html {
  const local = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium', timeZone });
  const button = (name: string, text: string) =>
    html`<button class="plain small" name="do" value="${name}">${text}</button> `;
  return html`<section><h2>Clock</h2>
<p><strong id="clock">${local.format(new Date(now))}</strong> (${timeZone}), ${running ? `running at ${speed} times real time` : 'stopped'}; ${counts.happenings} things have happened</p>
<form method="post" action="/admin/clock/form">${running ? button('stop', 'Stop') : button('start', 'Start')}
<input type="hidden" name="minutes" value="60">${button('step', 'Step an hour')}
<select name="speed" aria-label="speed" style="width:auto">${[1, 10, 60, 600, 3600].map((factor) => html`<option value="${factor}"${factor === speed ? html` selected` : ''}>${factor} ×</option>`)}</select> ${button('speed', 'Set speed')}</form></section>`;
}

function feeds(state: AdminState): Html {
  if (state.feeds.length === 0) return html`<section><h2>HL7 feeds</h2><p class="hint">None.</p></section>`;
  return html`<section><h2>HL7 feeds</h2><table><tr><th>Feed</th><th>To</th><th>Carries</th><th>State</th><th>Queued</th><th>Accepted</th><th>Last problem</th></tr>
${state.feeds.map(
  (
    feed,
  ) => html`<tr><td>${feed.name}</td><td><code>${feed.host}:${feed.port}</code></td><td>${feed.kinds.join(', ')}</td>
<td>${feed.hushed ?? (feed.running ? (feed.connected ? 'connected' : 'waiting for a connection') : 'stopped')}</td>
<td>${feed.queued}</td><td>${feed.accepted}</td><td>${feed.lastProblem ?? ''}</td></tr>`,
)}</table></section>`;
}

function faults(state: AdminState): Html {
  const rows = state.faults.map(
    ({ id, met, kind, ...rest }) =>
      html`<tr><td>${id}</td><td>${kind}</td><td><code>${JSON.stringify(rest)}</code></td><td>met ${met} times</td></tr>`,
  );
  const button = ([name, { text }]: [string, { readonly text: string }]) =>
    html`<button class="plain small" name="do" value="${name}">${text}</button> `;
  return html`<section><h2>What is wrong</h2>
${rows.length > 0 ? html`<table id="faults">${rows}</table>` : html`<p class="hint">Nothing.</p>`}
<form method="post" action="/admin/faults/form"><p>${Object.entries(troubles).map(button)}</p><p>${Object.entries(deeds).map(button)}</p>
<p><button class="small" name="do" value="clear">Clear all faults</button></p></form></section>`;
}

function requests({ requests: log }: AdminParts): Html {
  const newest = log.newest(shownRequests).reverse();
  return html`<section><h2>Newest requests</h2><table><tr><th>#</th><th>At</th><th>Request</th><th>Status</th><th>Client</th><th>Met</th></tr>
${newest.map(
  (each) =>
    html`<tr><td>${each.number}</td><td>${each.at.slice(11, 19)}</td><td>${each.method} <code>${each.path}</code></td><td>${each.status || 'none'}</td><td>${each.clientId ?? ''}</td><td>${each.faults?.join(', ') ?? ''}</td></tr>`,
)}</table></section>`;
}
