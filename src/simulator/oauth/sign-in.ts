import { type Html, html, page } from '../page.ts';
import type { Asked } from './authorization.ts';
import { testPassword, type User } from './users.ts';

/** The pages between an authorize request and the client: sign in, choose a chart, allow or deny. */

const place = 'Larkfield General Hospital, a pretend hospital';

/** How long a person may let a client in without them, by the name the page gives it. */
export const durations: Readonly<Record<string, { readonly text: string; readonly seconds: number }>> = {
  hour: { text: 'One hour', seconds: 3_600 },
  day: { text: 'One day', seconds: 86_400 },
  month: { text: 'One month', seconds: 30 * 86_400 },
  quarter: { text: 'Three months', seconds: 90 * 86_400 },
  year: { text: 'One year', seconds: 365 * 86_400 },
};

// What a patient calls what is in a chart. The rest (Binary, Provenance, Location) comes with it and is not named.
const words: Readonly<Record<string, string>> = {
  AllergyIntolerance: 'Allergies',
  Appointment: 'Appointments',
  Condition: 'Health problems',
  Coverage: 'Insurance',
  DiagnosticReport: 'Reports',
  DocumentReference: 'Notes and documents',
  Encounter: 'Visits',
  Immunization: 'Vaccinations',
  MedicationRequest: 'Medicines',
  Observation: 'Measurements and test results',
  Patient: 'Name, birth date, address and telephone',
  Procedure: 'Procedures',
  ServiceRequest: 'Orders',
};

function step(action: string, session: string, fields: Html): Html {
  return html`<section><form method="post" action="${action}">
<input type="hidden" name="session" value="${session}">${fields}</form></section>`;
}

export function signInPage(
  action: string,
  session: string,
  asked: Asked,
  examples: readonly User[],
  problem?: string,
): string {
  const portal = asked.client.usedBy === 'patients';
  const fields = html`
<h2>Sign in to go on to ${clientName(asked)}</h2>
${problem ? html`<p class="bad" role="alert">${problem}</p>` : ''}
<label for="login">User</label>
<input type="text" id="login" name="login" autocomplete="off" autofocus value="${asked.loginHint ?? ''}">
<label for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="off">
<p><button id="sign-in">Sign in</button></p>
<p class="hint">Test users, all with the password <code>${testPassword}</code>:</p>
<table>${examples.map(({ login, display }) => html`<tr><td><code>${login}</code></td><td>${display}</td></tr>`)}</table>`;
  return page(portal ? 'Patient portal' : 'Staff sign-in', place, step(action, session, fields), true);
}

export function chartPage(
  action: string,
  session: string,
  asked: Asked,
  charts: readonly { readonly id: string; readonly name: string; readonly birthDate: string }[],
): string {
  const fields = html`
<h2>Whose chart is ${clientName(asked)} to see?</h2>
${charts.map(
  ({ id, name, birthDate }, index) => html`
<label class="check"><input type="radio" name="patient" value="${id}"${index === 0 ? html` checked` : ''}> ${name}, born ${birthDate}</label>`,
)}
<p><button id="choose">Continue</button></p>`;
  return page('Choose a chart', place, step(action, session, fields), true);
}

export function consentPage(
  action: string,
  session: string,
  asked: Asked,
  kinds: readonly string[],
  offline: boolean,
  whose: string,
): string {
  const fields = html`
<h2>Do you allow ${clientName(asked)} to see ${whose}?</h2>
<ul>${kinds.flatMap((kind) => words[kind] ?? []).map((kind) => html`<li>${kind}</li>`)}</ul>
${
  offline
    ? html`<label for="duration">For how long?</label>
<select id="duration" name="duration">${Object.entries(durations).map(
        ([name, { text }]) =>
          html`<option value="${name}"${name === 'quarter' ? html` selected` : ''}>${text}</option>`,
      )}</select>`
    : html`<p class="hint">Only while you use it, for an hour at most.</p>`
}
<p><button id="allow" name="decision" value="allow">Allow</button>
<button id="deny" class="plain" name="decision" value="deny">Deny</button></p>`;
  return page('Allow access', place, step(action, session, fields), true);
}

/** The page on which every fault of an authorize request ends. */
export function failurePage(words: string): string {
  return page(
    'Authorization failed',
    place,
    html`<section><p class="bad" role="alert">${words}</p></section>`,
    true,
  );
}

function clientName({ client }: Asked): Html {
  return html`<strong>${client.name ?? client.clientId}</strong>`;
}
