import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { storeContract } from '../contract.suite.ts';
import { copyFolder, newRoot } from './folders.suite.ts';
import { openSqliteStore } from './open.ts';

storeContract('sqlite', async () => {
  const { root, remove } = newRoot();
  const masterKey = new Uint8Array(randomBytes(32));
  let folder = join(root, 'data');
  let copies = 0;
  let store = await openSqliteStore({ folder, masterKey });
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await openSqliteStore({ folder, masterKey });
      return store;
    },
    async crash() {
      const left = join(root, `left ${++copies}`);
      copyFolder(folder, left);
      await store.close();
      folder = left;
      store = await openSqliteStore({ folder, masterKey });
      return store;
    },
    async dispose() {
      await store.close();
      remove();
    },
  };
});
