/** SMTP Sender as an e-mail connection: its server, who it is from, and to whom it may send. */
import { child, entriesOf, isOn, isTrue, textAt, within } from '../xml/element.ts';
import type { Connector } from './export.ts';
import type { DestinationMade, Making } from './made.ts';
import { portOf, secondsText, setting, settingOr } from './settings.ts';
import type { Place } from './work.ts';

const LOOPBACK = /^(localhost|127\.0\.0\.1|::1)$/;
const ADDRESS = /^(?:[^<>\r\n$]*<[^\s<>@,;$]+@[^\s<>@,;$]+>|[^\s<>@,;$]+@[^\s<>@,;$]+)$/;
const NOBODY = 'not-set@not-set.invalid';

const addressesOf = (text: string): readonly string[] =>
  text
    .split(/[,;]/)
    .map((each) => each.trim())
    .filter((each) => each !== '');

const bare = (address: string): string => /<([^<>]+)>$/.exec(address)?.[1] ?? address;

export function smtpSender(connector: Connector, place: Place, { configured }: Making): DestinationMade {
  const { properties, line } = connector;
  let unready = false;
  const toDo = (reason: string, fix: string): void => {
    unready = true;
    place.toDo(line, reason, fix);
  };
  const host = textAt(properties, 'smtpHost');
  const isHost = host !== '' && !/\$.*\W\w/.test(host.replace(/^\$!?\{[\w.]+\}$/, ''));
  if (!isHost) toDo('its server is not named', 'Put the mail server into the connection.');
  const server = isHost ? settingOr(host, configured, 'not-set.invalid') : 'not-set.invalid';
  if (JSON.stringify(server).includes('not-set') && isHost)
    toDo(
      `its server is ${host}, which the export does not say`,
      'Set it in the environment, under the name that site.yaml gives it.',
    );
  const encryption = textAt(properties, 'encryption').toUpperCase() || 'NONE';
  const isHere = LOOPBACK.test(host);
  const tls = encryption === 'SSL' ? 'implicit' : encryption === 'NONE' && isHere ? 'none' : 'starttls';
  if (encryption === 'NONE' && !isHere)
    place.lookAt(
      line,
      'mail goes to its server unencrypted',
      'The connection asks for STARTTLS, and sends nothing without it; use a server that has it.',
    );
  const signsIn = isTrue(properties, 'authentication');
  const user = textAt(properties, 'username');
  const from = textAt(properties, 'from');
  if (!ADDRESS.test(from))
    toDo(
      from === '' ? 'it names no sender' : 'its sender is made of variables',
      'Put the sender’s address into from of the connection.',
    );
  const to = addressesOf(textAt(properties, 'to'));
  const cc = addressesOf(textAt(properties, 'cc'));
  const known = [...to, ...cc].filter((each) => ADDRESS.test(each)).map(bare);
  if (to.length === 0)
    toDo(
      'it names nobody whom it is sent to',
      'Put the address into the step, and into recipients of the connection.',
    );
  if ([...to, ...cc].some((each) => !ADDRESS.test(each)))
    toDo(
      'whom it is sent to is made of variables',
      'Add the addresses or domains that it may be sent to, such as "@mercy.example", to recipients of the connection.',
    );
  if (textAt(properties, 'bcc') !== '')
    toDo('it sends blind copies', 'The e-mail connector has none: add a send step of its own for them.');
  if (entriesOf(within(properties, 'headers')).length > 0 || isOn(properties, 'useHeadersVariable'))
    place.lookAt(line, 'it sends headers of its own', 'The e-mail connector sends none.');
  if (
    (child(properties, 'attachments')?.children.length ?? 0) > 0 ||
    isOn(properties, 'useAttachmentsVariable')
  )
    toDo(
      'it sends attachments',
      'The e-mail connector sends text; put a file where the receiver may fetch it, and the link into the text.',
    );
  if (/\$/.test(textAt(properties, 'subject')))
    place.lookAt(
      line,
      'its subject holds values of the message',
      'Subjects stand in lists and logs of mail servers: leave out what names a patient.',
    );
  const timeout = secondsText(textAt(properties, 'timeout'), 30_000);
  const usual = tls === 'implicit' ? 465 : 587;
  const port = portOf(textAt(properties, 'smtpPort') || '25', configured, place, line, usual);
  return {
    connection: {
      connector: 'email',
      host: server,
      port,
      ...(tls === 'starttls' ? {} : { tls }),
      ...(signsIn
        ? { user: settingOr(user === '' ? 'not-set' : user, configured, 'not-set'), secret: '' }
        : {}),
      from: ADDRESS.test(from) ? from : NOBODY,
      recipients: known.length > 0 ? [...new Set(known)] : [NOBODY],
      ...(timeout === undefined ? {} : { timeout }),
    },
    kind: 'send',
    do: 'send',
    template: child(properties, 'body')?.text ?? '',
    takes: 'anything',
    mail: {
      to: to.length > 0 ? to : [NOBODY],
      cc,
      replyTo: textAt(properties, 'replyTo'),
      subject: child(properties, 'subject')?.text.trim() ?? '',
      isHtml: isTrue(properties, 'html'),
    },
    unready: unready || typeof setting(host, configured) !== 'string',
  };
}
