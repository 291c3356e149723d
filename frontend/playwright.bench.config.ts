import { defineConfig } from '@playwright/test';
import tests from './playwright.config';

/** Measurements and pictures, for people to read and to look at. */
export default defineConfig(tests, { testDir: 'bench', timeout: 300_000 });
