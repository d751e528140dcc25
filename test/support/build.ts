/** What the build puts into the program, for tests of the sources. */
export const BUILD = { version: '9.9.9', build: '0123456789abcdef' };

Object.assign(globalThis, { __MOSAIC_VERSION__: BUILD.version, __MOSAIC_BUILD__: BUILD.build });
