import { storeContract } from '../contract.suite.ts';
import { newDisk, openMemoryStore } from './open.ts';

storeContract('memory', async () => {
  const disk = newDisk();
  let store = await openMemoryStore({ disk });
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await openMemoryStore({ disk });
      return store;
    },
    async crash() {
      store.crash();
      store = await openMemoryStore({ disk });
      return store;
    },
    dispose: () => store.close(),
  };
});
