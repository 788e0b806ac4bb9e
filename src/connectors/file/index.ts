/** Folders, here or on an SFTP server: files read record by record, once each; files written whole or not at all. */
import { asFailure } from '../../std/index.ts';
import type { Capability } from '../capability.ts';
import type { Connection, ConnectionContext, Connector, TestResult } from '../contract.ts';
import { type FileConfig, fileFields, parseFile } from './config.ts';
import { fileFailure } from './failures.ts';
import type { Folder } from './folder.ts';
import { localFolder } from './local-folder.ts';
import { putFile } from './put.ts';
import { sftpFolder } from './sftp-folder.ts';
import { startSweep, takeFolders } from './sweep.ts';

export type { FileConfig } from './config.ts';
export { fileFailures } from './failures.ts';
export { filePatient } from './patient.ts';

const capabilities: readonly Capability[] = [
  {
    name: 'send',
    about: 'Writes a file: its body, or the message as it was received.',
    effect: true,
    repeatable: true,
    scopes: [],
  },
];

function open(config: FileConfig, context: ConnectionContext): Connection {
  const { take, put, sftp } = config;
  const folder: Folder =
    sftp === undefined ? localFolder(config.folder) : sftpFolder(config.folder, sftp, context.secrets);
  const folders = [...(take === undefined ? [] : takeFolders(take)), ...(put === undefined ? [] : [put.to])];
  const address = sftp === undefined ? config.folder : `sftp://${sftp.host}:${sftp.port}${config.folder}`;

  return {
    async test(signal): Promise<readonly TestResult[]> {
      try {
        await folder.check(folders);
        return [{ check: 'folder', ok: true, text: `${address} can be used.` }];
      } catch (error) {
        signal.throwIfAborted();
        const failure = asFailure(error);
        return [{ check: 'folder', ok: false, text: `${failure.message} ${failure.fix}`, failure }];
      }
    },
    ...(take === undefined
      ? {}
      : {
          listen(receiver) {
            const { files } = receiver;
            if (files === undefined)
              return Promise.reject(fileFailure('FILE_CONFIG', { message: 'Nothing here takes files.' }));
            return Promise.resolve(startSweep({ folder, take, door: files, context, address }));
          },
        }),
    ...(put === undefined ? {} : { call: (call, about) => putFile(folder, config, context, call, about) }),
    close: () => folder.close(),
  };
}

export const file: Connector<FileConfig> = {
  name: 'file',
  about: 'Reads and writes files in folders and on SFTP servers: CSV, NDJSON, HL7 batches, text.',
  fields: fileFields,
  parse: parseFile,
  keys: ({ sftp }) => (sftp?.key === undefined ? [] : [sftp.key]),
  open,
  capabilities,
};
