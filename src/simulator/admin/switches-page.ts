import { type Html, html, page } from '../page.ts';
import {
  type DescribedSwitch,
  describeBehaviour,
  profileNames,
  profiles,
  type Switchboard,
} from '../profile/index.ts';
import { navigation } from './home-page.ts';

/** Every switch with what it stands for, and the profiles to choose from. */
export function switchesPage(board: Switchboard): string {
  const body = html`${navigation}
<section><h2>Profile</h2><form method="post" action="/admin/profile/choose">
${profileNames.map(
  (name) => html`
<label class="check"><input type="radio" name="profile" value="${name}"${name === board.profile ? html` checked` : ''}> <strong>${name}</strong>: ${profiles[name].about}</label>`,
)}
<p><button id="choose">Take this profile on</button></p><p class="hint">Switches that were changed by hand go back to what the profile says.</p></form></section>
<section><h2>Switches</h2><table><tr><th>Switch</th><th>Now</th><th>What it stands for</th><th>Ground</th></tr>
${describeBehaviour(board.behaviour).map((each) => row(each, board.changed.includes(each.name)))}</table></section>`;
  return page('Behaviour', 'How this hospital differs from others', body);
}

function row(each: DescribedSwitch, changed: boolean): Html {
  const { name, about, ground, words } = each;
  const value = Array.isArray(each.value) ? each.value.join(' ') : String(each.value);
  const field = words
    ? html`<select name="value" aria-label="${name}">${words.map((word) => html`<option${word === value ? html` selected` : ''}>${word}</option>`)}</select>`
    : html`<input type="text" name="value" aria-label="${name}" value="${value}">`;
  return html`<tr><td><code>${name}</code>${changed ? html` <strong>changed</strong>` : ''}</td>
<td><form method="post" action="/admin/behaviour/set"><input type="hidden" name="name" value="${name}">${field} <button class="plain small">Set</button></form></td>
<td>${about}</td><td>${ground}</td></tr>`;
}
