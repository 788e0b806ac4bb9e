/** Pages of a sign-in at an EHR: what is asked for, the way there, and how it ended. Plain HTML without script. */
import { type ConsentFacts, shortScopes } from '../connectors/index.ts';
import type { SignInView } from '../engine/index.ts';
import { escapeHtml, page } from './pages.ts';
import type { Registration } from './types.ts';

const list = (rows: readonly (readonly [string, string])[]): string =>
  `<ul class="facts">${rows.map(([name, text]) => `<li><b>${escapeHtml(name)}:</b> ${escapeHtml(text)}</li>`).join('')}</ul>`;

const problemText = (text: string | undefined): string =>
  text === undefined ? '' : `<p class="problem" role="alert" data-testid="problem">${escapeHtml(text)}</p>`;

const timeText = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** One sentence: what it works with now. */
export function consentText(consent: ConsentFacts | null): string {
  if (consent === null) return 'Nobody has consented yet.';
  const who = consent.person ?? 'somebody whom the EHR did not name';
  if (consent.ended) return `The consent of ${who} is over; it must be connected again.`;
  const long = consent.renewable
    ? ''
    : ` It ends at ${timeText(consent.goodUntil)}: the EHR gave no refresh token.`;
  return `Connected by ${who} at ${timeText(consent.at)}.${long}`;
}

/** Of each resource and its actions: `user/Patient.rs`, `user/Patient.read`, `Patient.read`. */
const resourcesOf = (scopes: readonly string[]): ReadonlySet<string> =>
  new Set(scopes.flatMap((scope) => /^(?:\w+\/)?([A-Z]\w+|\*)\./.exec(scope)?.[1] ?? []));

/** Resource types that were asked for and do not stand in what was granted; servers spell scopes in their own ways. */
export function missingOf(consent: ConsentFacts): readonly string[] {
  if (consent.granted === null) return [];
  const granted = resourcesOf(consent.granted);
  return granted.has('*') ? [] : [...resourcesOf(consent.asked)].filter((type) => !granted.has(type));
}

export function connectionsPage(rows: readonly SignInView[], register: Registration): string {
  const sections = rows.map(
    (one) => `<section data-testid="sign-in-${escapeHtml(one.site)}-${escapeHtml(one.connection)}">
<h2>${escapeHtml(`${one.site} / ${one.connection}`)}</h2>
<p>${escapeHtml(consentText(one.consent))}</p>
${list([
  ['EHR', one.host],
  ['client', one.clientId],
  ['begins', one.begins.join(', ')],
])}
${
  one.begins.includes('standalone')
    ? `<form method="post" action="/smart/connect/${encodeURIComponent(one.site)}/${encodeURIComponent(one.connection)}">
<button type="submit" data-testid="connect">Connect ${escapeHtml(one.connection)}</button>
</form>`
    : '<p class="hint">It is connected from within the EHR, by the button that opens the launch address.</p>'
}
</section>`,
  );
  return page({
    title: 'Connect EHRs',
    body: `${rows.length === 0 ? '<p>No connection works with a person’s consent (auth.method consent).</p>' : ''}
<p class="hint">To be registered with each EHR, letter by letter:</p>
${list([
  ['redirect address', register.redirectUri],
  ['launch address', register.launchUrl],
  ['key set', register.keySetUrl],
])}
${sections.join('\n')}`,
  });
}

/** The person sees what it is for before anything is asked of the EHR. */
export function invitationPage(one: SignInView, invitation: string): string {
  return page({
    title: 'Connect your EHR',
    body: `<p>Suture asks for your consent to read from this EHR in your name. You will sign in there; your password is never seen here.</p>
${list([
  ['EHR', one.host],
  ['client', one.clientId],
  ['asks for', shortScopes(one.scopes)],
])}
<form method="post" action="/smart/start">
<input type="hidden" name="invitation" value="${escapeHtml(invitation)}">
<button type="submit" data-testid="connect">Begin</button>
</form>`,
  });
}

/** A link and no redirect: a form may lead to our own pages only, and the person sees where they are going. */
export function leavePage(url: string): string {
  const { host } = new URL(url);
  return page({
    title: 'Continue at the EHR',
    body: `<p>You are going to <b>${escapeHtml(host)}</b>, to sign in and to agree.</p>
<a class="go" data-testid="continue" rel="noreferrer" href="${escapeHtml(url)}">Continue to ${escapeHtml(host)}</a>`,
  });
}

export function connectedPage(connection: string, consent: ConsentFacts): string {
  const missing = missingOf(consent);
  const short =
    missing.length === 0
      ? ''
      : problemText(
          `Asked for and not granted: ${missing.join(', ')}. Flows that need them will be refused.`,
        );
  return page({
    title: 'Connected',
    body: `<p data-testid="connected">${escapeHtml(consentText(consent))}</p>
${short}${list([
  ['connection', connection],
  ['granted', consent.granted === null ? 'the EHR did not say' : shortScopes(consent.granted)],
])}
<p>You can close this window.</p>`,
  });
}

export function notConnectedPage(message: string, fix: string): string {
  return page({ title: 'Not connected', body: `${problemText(message)}<p>${escapeHtml(fix)}</p>` });
}
