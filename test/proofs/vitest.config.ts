/** For proofs that are stories, too long for every `npm test`: `*.proof.ts`. */
import { defineConfig, mergeConfig } from 'vitest/config';
import usual from '../../vitest.config.ts';

const { include: _, ...test } = usual.test ?? {};

export default defineConfig(
  mergeConfig(
    { ...usual, test },
    { test: { root: `${import.meta.dirname}/../..`, include: ['test/**/*.proof.ts'] } },
  ),
);
