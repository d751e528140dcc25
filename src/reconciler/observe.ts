import type { ReadPort } from '../model/host.ts';
import type { Observed } from '../model/observed.ts';
import type { Provider, Scope } from '../model/provider.ts';

/** All providers look at the same time; what they saw is merged into one observation. */
export async function observeWith(providers: readonly Provider[], port: ReadPort, scope: Scope): Promise<Observed> {
  const seen = await Promise.all(
    providers.map(async (provider) => ({ provider: provider.name, ...(await provider.observe(port, scope)) })),
  );
  return {
    host: scope.host,
    items: Object.assign({}, ...seen.map(({ items }) => items)),
    facts: Object.assign({}, ...seen.map(({ facts }) => facts)),
    incomplete: seen.flatMap(({ provider, errors }) => errors.map((error) => ({ provider, error }))),
  };
}
