import { runMain } from '@fluvial/runtime';
import { app } from './setup.ts';

await runMain(app);
