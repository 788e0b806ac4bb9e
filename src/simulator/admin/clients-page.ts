import type { ClientState } from '../oauth/clients.ts';
import { type Html, html, page } from '../page.ts';
import type { Behaviour } from '../profile/index.ts';
import { navigation } from './home-page.ts';

export interface ClientPage {
  readonly clients: readonly ClientState[];
  /** The names of every API there is. */
  readonly apis: readonly string[];
  readonly behaviour: Behaviour;
  readonly registered?: ClientState;
  /** Shown once. */
  readonly secret?: string;
  readonly problem?: string;
  /** What was filled in, when it has to be mended. */
  readonly filled?: URLSearchParams;
}

/** The page on which a client is registered, as on Epic's: who uses it, where it lives, which APIs it calls. */
export function clientsPage(shown: ClientPage): string {
  const body = html`${navigation}
${shown.registered ? welcome(shown.registered, shown.secret, shown.behaviour) : ''}
<section><h2>Clients on record</h2>${list(shown)}</section>
<section><h2>Register a client</h2>${form(shown)}</section>`;
  return page('Clients', 'Applications that may sign in to the hospital', body);
}

function welcome(client: ClientState, secret: string | undefined, behaviour: Behaviour): Html {
  return html`<section id="registered"><h2>${client.name ?? 'The client'} is on record</h2>
<p>Client ID: <code id="client-id">${client.clientId}</code></p>
${secret ? html`<p>Client secret, shown this once: <code id="client-secret">${secret}</code></p>` : ''}
${client.arrived ? '' : html`<p class="hint">The record arrives in ${behaviour.clientSyncSeconds} seconds; until then sign-in fails.</p>`}
${
  client.usedBy === 'backend' && !(client.backgroundUser ?? behaviour.backgroundUserMapped)
    ? html`<p class="hint">This hospital has not mapped a background user yet: tokens are refused with <code>unauthorized_client</code> until it does (the button below).</p>`
    : ''
}</section>`;
}

function list({ clients, behaviour }: ClientPage): Html {
  if (clients.length === 0) return html`<p class="hint">None yet.</p>`;
  return html`<table><tr><th>Client</th><th>Used by</th><th>Proves itself by</th><th>APIs</th><th></th></tr>
${clients.map((client) => {
  const mapped = client.backgroundUser ?? behaviour.backgroundUserMapped;
  const action = (name: string) => `/admin/clients/${encodeURIComponent(client.clientId)}/${name}`;
  return html`<tr><td>${client.name ?? ''} <code>${client.clientId}</code>${client.arrived ? '' : html`<br><span class="hint">not arrived yet</span>`}${client.instanceOf ? html`<br><span class="hint">an instance of ${client.instanceOf}</span>` : ''}</td>
<td>${client.usedBy}</td>
<td>${proofs(client)}</td>
<td>${client.scopes ? `${client.scopes.length} chosen` : 'all'}</td>
<td>${
    client.usedBy === 'backend' && !client.instanceOf
      ? html`<form class="inline" method="post" action="${action('background-user')}"><input type="hidden" name="mapped" value="${mapped ? 'false' : 'true'}"><button class="plain small">${mapped ? 'Unmap background user' : 'Map background user'}</button></form> `
      : ''
  }${
    client.launchUrl
      ? html`<form class="inline" method="post" action="${action('launch')}"><input class="short" type="text" name="patient" value="Z6101" aria-label="patient to launch with"><button class="plain small">Launch</button></form> `
      : ''
  }<form class="inline" method="post" action="${action('remove')}"><button class="plain small">Remove</button></form></td></tr>`;
})}</table>`;
}

function proofs(client: ClientState): Html {
  const ways = [
    client.jwksUrl ? html`keys at <code>${client.jwksUrl}</code>` : '',
    client.jwks ? html`keys handed over` : '',
    client.hasSecret ? html`a secret` : '',
    client.public ? html`nothing (public)` : '',
  ].filter((way) => way !== '');
  return html`${ways.map((way, index) => html`${index > 0 ? ', ' : ''}${way}`)}`;
}

function form({ apis, problem, filled, behaviour }: ClientPage): Html {
  const value = (name: string) => filled?.get(name) ?? '';
  const usedBy = filled?.get('usedBy') ?? 'backend';
  const ticked = (name: string, usual: boolean) =>
    (filled ? filled.has(name) : usual) ? html` checked` : '';
  const kinds = [
    ['backend', 'Backend: a program, nobody signs in'],
    ['clinicians', 'Clinicians or other staff'],
    ['patients', 'Patients, in the portal'],
  ];
  return html`<form method="post" action="/admin/clients/register">
${problem ? html`<p class="bad" role="alert">${problem}</p>` : ''}
<label for="name">Name</label><input type="text" id="name" name="name" value="${value('name')}">
<label for="clientId">Client ID</label><input type="text" id="clientId" name="clientId" value="${value('clientId')}">
<p class="hint">Left empty, the hospital gives one.</p>
<label for="usedBy">Who uses it?</label><select id="usedBy" name="usedBy">${kinds.map(([name, text]) => html`<option value="${name}"${usedBy === name ? html` selected` : ''}>${text}</option>`)}</select>
<label for="jwksUrl">JWK Set URL</label><input type="url" id="jwksUrl" name="jwksUrl" value="${value('jwksUrl')}">
<p class="hint">Where the client publishes its public keys. A backend needs it; others may use it in place of a secret.</p>
<label for="redirectUris">Redirect URIs</label><textarea id="redirectUris" name="redirectUris" rows="2">${value('redirectUris')}</textarea>
<p class="hint">One a line, compared letter by letter. For clients that people sign in to.</p>
<label for="launchUrl">Launch URL</label><input type="url" id="launchUrl" name="launchUrl" value="${value('launchUrl')}">
<label class="check"><input type="checkbox" name="confidential"${ticked('confidential', false)}> Give it a client secret</label>
<label class="check"><input type="checkbox" name="dynamicClients"${ticked('dynamicClients', false)}> Its instances may register themselves</label>
<label class="check"><input type="checkbox" name="backgroundUser"${ticked('backgroundUser', behaviour.backgroundUserMapped)}> The hospital has mapped a background user (backends)</label>
<label>APIs</label>
<label class="check"><input type="checkbox" name="everyApi"${ticked('everyApi', true)}> Every API of the hospital</label>
<p class="hint">Or, without that tick, these:</p>
<div class="columns">${apis.map((name) => html`<label class="check"><input type="checkbox" name="api" value="${name}"${filled?.getAll('api').includes(name) ? html` checked` : ''}> ${name}</label>`)}</div>
<p><button id="register">Register</button></p></form>`;
}
