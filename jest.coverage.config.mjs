import base from './jest.config.mjs';

/** What the planner's own tests reach of it: all of it. Generated cases look for something else, and run without. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/{reconciler,golden}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.property\\.test\\.ts$'],
  collectCoverage: true,
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/reconciler/**/*.ts'],
  coverageThreshold: { './src/reconciler/': { branches: 100 } },
};
