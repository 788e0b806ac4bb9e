/** Where a File Reader or File Writer has its files: a folder of this machine, or of an SFTP server. */
import { child, isTrue, textAt } from '../xml/element.ts';
import type { Connector } from './export.ts';
import type { ConnectionRecord, Making } from './made.ts';
import { settingOr } from './settings.ts';
import type { Place } from './work.ts';

export interface FilePlace {
  /** The fields of the connection that say where. */
  readonly fields: ConnectionRecord;
  /** Absolute, as the record has it. */
  readonly folder: string;
  readonly unready: boolean;
}

/** No server has this key: nothing is sent to one before its own stands there. */
export const UNKNOWN_HOST_KEY = `SHA256:${'A'.repeat(43)}`;

const ABSOLUTE = /^(?:\/|[A-Za-z]:[\\/])[^$]*$/;
const REFERENCE = /^\$!?\{[\w.]+\}$/;

export function placeOfFiles(connector: Connector, place: Place, making: Making): FilePlace {
  const { properties, line } = connector;
  const scheme = textAt(properties, 'scheme').toUpperCase() || 'FILE';
  const given = textAt(properties, 'host');
  // Written by hand, and by tools: the folder beside an empty host.
  const folder = given === '' ? textAt(properties, 'directory') : given;
  if (scheme === 'SFTP') return onServer(connector, place, making, folder);
  if (scheme !== 'FILE') {
    place.toDo(
      line,
      `files are reached by ${scheme}`,
      'Have them on SFTP, or in a folder of this machine, and put it into the connection.',
    );
    return notThere(folder);
  }
  if (ABSOLUTE.test(folder)) return { fields: { folder }, folder, unready: false };
  const there = REFERENCE.test(folder)
    ? (settingOr(folder, making.configured, notThere(folder).folder) as { default: string })
    : undefined;
  if (there !== undefined && ABSOLUTE.test(there.default) && !there.default.startsWith('/not-set'))
    return { fields: { folder: there }, folder: there.default, unready: false };
  place.toDo(
    line,
    'its folder is not absolute, or made of variables',
    'Put the folder into the connection, absolute.',
  );
  return notThere(folder);
}

function notThere(folder: string): FilePlace {
  const name = folder
    .slice(0, 255)
    .replace(/\$!?\{[^}]*\}/g, '')
    .replace(/[^\w./-]+/g, '-');
  const path = `/not-set/${name
    .split('/')
    .filter((part) => !/^\.*$/.test(part))
    .join('/')}`.replace(/\/$/, '');
  return { fields: { folder: path }, folder: path, unready: true };
}

function onServer({ properties, line }: Connector, place: Place, making: Making, address: string): FilePlace {
  const [, host = '', port, path = ''] =
    /^([^/:]*)(?::(\d+))?(\/.*)?$/.exec(address.replaceAll('\\', '/')) ?? [];
  const folder = path === '' || path.includes('$') ? '/' : path.replace(/(?<=.)\/$/, '');
  if (path.includes('$'))
    place.toDo(line, 'its folder is made of variables', 'Put the folder into the connection.');
  const schemes = child(properties, 'schemeProperties');
  const byKey = isTrue(schemes, 'keyAuth');
  const byPassword = !byKey || isTrue(schemes, 'passwordAuth');
  const user = textAt(properties, 'username');
  const host2 = /^[\w.-]+$/.test(host)
    ? host
    : settingOr(address.split('/')[0] ?? '', making.configured, 'not-set.invalid');
  const isHost = typeof host2 === 'object' || (host2 !== '' && /^[\w.-]+$/.test(String(host2)));
  place.toDo(
    line,
    'files are on an SFTP server, whose host key an export does not hold',
    `Ask the site for its fingerprint, compare it with what \`ssh-keyscan ${/^[\w.-]+$/.test(host) ? host : '<host>'} | ssh-keygen -lf -\` shows, put it into sftp.hostKey of the connection, then move the flow to flows/.`,
  );
  if (byKey)
    place.toDo(
      line,
      'it signs in with a key in a file of the Mirth server',
      'Give the key’s text as the secret that the connection names; one without a passphrase.',
    );
  return {
    fields: {
      folder,
      sftp: {
        host: isHost ? host2 : 'not-set.invalid',
        ...(port === undefined || port === '22' ? {} : { port: Number(port) }),
        user: settingOr(user === '' ? 'not-set' : user, making.configured, 'not-set'),
        ...(byPassword ? { secret: '' } : {}),
        ...(byKey ? { key: '' } : {}),
        hostKey: UNKNOWN_HOST_KEY,
      },
    },
    folder,
    unready: true,
  };
}
