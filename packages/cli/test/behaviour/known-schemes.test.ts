import { storeProvider as lmdb } from "@beatx/store-lmdb";
import { storeProvider as redis } from "@beatx/store-redis";
import { expect, it } from "vitest";
import { knownSchemes, packageOf, type UriKind } from "../../../core/src/base/known-schemes.js";
import { publisherProvider as bullmq } from "../../../publisher-bullmq/src/index.js";
import { publisherProvider as celery } from "../../../publisher-celery/src/index.js";
import { storeProvider as dummy } from "../../../store-dummy/src/index.js";
import { storeProvider as memcached } from "../../../store-memcached/src/index.js";
import { storeProvider as memjs } from "../../../store-memjs/src/index.js";

const packages: Readonly<Record<UriKind, Readonly<Record<string, { readonly schemes: readonly string[] }>>>> = {
  store: { redis, lmdb, memcached, memjs, dummy },
  publisher: { celery, bullmq },
};

it.each(["store", "publisher"] as const)("core knows the schemes of each package with a %s, and no others", (kind) => {
  const schemes = Object.entries(packages[kind]).flatMap(([name, provider]) =>
    provider.schemes.map((scheme) => [scheme, `@beatx/${kind}-${name}`] as const),
  );
  expect(schemes.map(([scheme]) => [scheme, packageOf(kind, scheme)])).toEqual(schemes);
  expect(knownSchemes(kind).toSorted()).toEqual(schemes.map(([scheme]) => scheme).toSorted());
});
