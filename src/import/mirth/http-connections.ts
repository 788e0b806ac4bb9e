/** HTTP Listener and HTTP Sender as webhook connections: signed calls, at one address. */
import { child, entriesOf, isOn, isTrue, textAt, within } from '../xml/element.ts';
import { answered } from './answers.ts';
import type { Connector } from './export.ts';
import { type DestinationMade, type Making, notSet, type SourceMade } from './made.ts';
import { isSecret } from './names.ts';
import { LEFT_OUT } from './secrets.ts';
import { secondsText, setting } from './settings.ts';
import type { Place } from './work.ts';

export function httpListener(connector: Connector, place: Place): SourceMade {
  const { properties, line } = connector;
  answered(connector, place);
  place.lookAt(
    line,
    'callers come to another address: /hooks/<site>/<connection> of Suture’s one port, signed with the connection’s secret',
    'Give the caller the address and the secret; `suture sites keys` and the reference of the webhook connector tell how a call is signed.',
  );
  const plugins = child(properties, 'pluginProperties')?.children ?? [];
  const asks = plugins.find((each) => /HttpAuth/.test(each.name) && textAt(each, 'authType') !== 'NONE');
  if (asks !== undefined)
    place.toDo(
      asks.line,
      `callers sign in (${textAt(asks, 'authType') || 'by a plugin'})`,
      'Have them sign each call with the connection’s secret instead.',
    );
  const isWrapped = isTrue(properties, 'xmlBody') || isTrue(properties, 'includeMetadata');
  if (isWrapped)
    place.toDo(line, 'the channel reads the call wrapped in XML', 'Read the body itself, as JSON or text.');
  const files = within(properties, 'staticResources')?.children ?? [];
  if (files.length > 0)
    place.toDo(
      line,
      `it serves ${files.length} file${files.length === 1 ? '' : 's'} of its own`,
      'Let a web server serve them; Suture takes calls and answers 202.',
    );
  if (
    entriesOf(within(properties, 'responseHeaders')).length > 0 ||
    textAt(properties, 'responseStatusCode') !== ''
  )
    place.lookAt(
      line,
      'the channel sets headers or the status of its answer',
      'Suture answers 202 when the message is kept.',
    );
  return {
    connection: { connector: 'webhook', secret: '', accepts: true },
    trigger: 'webhook',
    unready: isWrapped,
  };
}

/** The address without what signs in by itself, and what is wrong with it. */
function addressOf(text: string, making: Making, connector: Connector, place: Place): unknown {
  const given = /\$!?\{/.test(text) ? setting(text, making.configured) : text;
  if (typeof given !== 'string') {
    if ('default' in (given as object)) return given;
    place.toDo(
      connector.line,
      `its address is ${text}, which the export does not say`,
      'Set it in the environment, under the name that site.yaml gives it.',
    );
    return { ...(given as object), default: notSet(making.name) };
  }
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    place.toDo(
      connector.line,
      'its address is made of variables or is none',
      'Give the address in site.yaml; a path below it may come from a map.',
    );
    return notSet(making.name);
  }
  const url = new URL(given);
  const secret = [...url.searchParams.keys()].filter(isSecret);
  if (url.username === '' && url.password === '' && secret.length === 0 && !given.includes(LEFT_OUT))
    return given;
  place.toDo(
    connector.line,
    'its address holds a user, a password or a token',
    'It was left out: the webhook connector signs every call with the connection’s secret; have the receiver check that.',
  );
  url.username = '';
  url.password = '';
  for (const key of secret) url.searchParams.delete(key);
  return url.href;
}

export function httpSender(connector: Connector, place: Place, making: Making): DestinationMade {
  const { properties, line } = connector;
  const method = textAt(properties, 'method').toUpperCase() || 'POST';
  const acts = { POST: 'send', PUT: 'update', PATCH: 'update' } as const;
  const act = acts[method as keyof typeof acts];
  if (act === undefined)
    place.toDo(
      line,
      `the destination asks with ${method}`,
      'Use a find step for a question, or let the application do it.',
    );
  const headers = entriesOf(within(properties, 'headers'))
    .map(([name]) => name)
    .filter((name) => !/^(content-type|accept)$/i.test(name));
  const ownHeaders = headers.length > 0 || isOn(properties, 'useHeadersVariable');
  if (ownHeaders)
    place.toDo(
      line,
      `it sends headers of its own${headers.length > 0 ? ` (${headers.join(', ')})` : ''}`,
      'The webhook connector sends none; have the receiver check the signature instead, or put a gateway between.',
    );
  const parameters =
    entriesOf(within(properties, 'parameters')).length > 0 || isOn(properties, 'useParametersVariable');
  if (parameters) place.toDo(line, 'it sends parameters in the address', 'Put them into the body.');
  const signsIn = isTrue(properties, 'useAuthentication');
  if (signsIn)
    place.toDo(
      line,
      `it signs in with a user and a password (${textAt(properties, 'authenticationType') || 'Basic'})`,
      'The webhook connector signs every call with the connection’s secret; have the receiver check that.',
    );
  const multipart = isTrue(properties, 'multipart');
  if (multipart) place.toDo(line, 'it sends a multipart body', 'Send JSON.');
  if (isTrue(properties, 'useProxyServer'))
    place.lookAt(line, 'it goes through a proxy', 'Suture goes straight to the address.');
  const address = textAt(properties, 'host');
  const url = addressOf(address, making, connector, place);
  const isSet = !JSON.stringify(url).includes('not-set.invalid');
  const isPlain =
    typeof url === 'string' && url.startsWith('http:') && !/^http:\/\/(127\.|localhost|\[::1\])/.test(url);
  if (isPlain)
    place.lookAt(
      line,
      'it is sent over http: without encryption',
      'Use https:, or keep plainHttp: true where the network is your own.',
    );
  const timeout = secondsText(textAt(properties, 'socketTimeout'), 10_000);
  const connection = {
    connector: 'webhook',
    url,
    secret: '',
    ...(isPlain || typeof url !== 'string' ? { plainHttp: true } : {}),
    ...(timeout === undefined ? {} : { timeout }),
  };
  return {
    connection,
    kind: act === undefined ? 'unknown' : 'send',
    do: act ?? 'send',
    ...(method === 'PATCH' ? { method: 'PATCH' as const } : {}),
    template: textAt(properties, 'content'),
    takes: act === undefined ? 'anything' : 'json',
    unready: ownHeaders || parameters || signsIn || multipart || !isSet || address.includes(LEFT_OUT),
  };
}
