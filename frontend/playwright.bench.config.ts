import { defineConfig } from '@playwright/test';
import tests from './playwright.config';

/** Measurements, which say what they found and assert nothing about it. */
export default defineConfig(tests, { testDir: 'bench', timeout: 300_000 });
