export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json'],
  // Source imports end in .ts, so swc alone is enough; types are checked by tsc.
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Where others use the cores everything takes many times longer; what waits for something gives up before this, and says for what.
  testTimeout: 60_000,
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  watchman: false,
};
