// The build puts the version of package.json and a hash of its sources in their place.
// oxlint-disable-next-line no-underscore-dangle
declare const __MOSAIC_VERSION__: string;
// oxlint-disable-next-line no-underscore-dangle
declare const __MOSAIC_BUILD__: string;

/** One build of mosaic: what it installs follows from its version and its very sources. */
export interface Build {
  readonly version: string;
  readonly build: string;
}

/** The build that runs. */
export const thisBuild = (): Build => ({ version: __MOSAIC_VERSION__, build: __MOSAIC_BUILD__ });

export const isSameBuild = (a: Build, b: Build): boolean => a.version === b.version && a.build === b.build;

/** `0.1.0 (build 0123456789ab)`. */
export const buildText = ({ version, build }: Build): string => `${version} (build ${build.slice(0, 12)})`;
