/** The kinds of things that a URI opens. */
export type UriKind = "store" | "publisher";

/** The schemes of this project's packages, by package. No other package is ever recommended. */
const PACKAGES: Readonly<Record<UriKind, Readonly<Record<string, readonly string[]>>>> = {
  store: {
    "@beatx/store-redis": [
      "redis", "rediss", "redis+unix", "redis+socket", "redis-sentinel", "rediss-sentinel", "redis-cluster",
      "rediss-cluster", "valkey", "valkeys",
    ],
    "@beatx/store-lmdb": ["lmdb"],
    "@beatx/store-memcached": ["memcached"],
    "@beatx/store-memjs": ["memjs", "pylibmc"],
    "@beatx/store-dummy": ["dummy"],
  },
  publisher: {
    "@beatx/publisher-celery": [
      "celery+redis", "celery+rediss", "celery+redis+unix", "celery+redis+socket", "celery+redis-sentinel",
      "celery+rediss-sentinel", "celery+sentinel", "celery+amqp", "celery+amqps", "celery+pyamqp",
    ],
    "@beatx/publisher-bullmq": ["bullmq+redis", "bullmq+rediss"],
  },
}; // prettier-ignore

/** All schemes of a kind, in lower case and without the colon. */
export function knownSchemes(kind: UriKind): string[] {
  return Object.values(PACKAGES[kind]).flat();
}

/** Whether a package of this project answers to the scheme, as a store or as a publisher. */
export function isKnownScheme(scheme: string): boolean {
  return [...knownSchemes("store"), ...knownSchemes("publisher")].includes(scheme.toLowerCase());
}

/** The package of this project that answers to the scheme; `undefined`: none does. */
export function packageOf(kind: UriKind, scheme: string): string | undefined {
  return Object.entries(PACKAGES[kind]).find(([, schemes]) => schemes.includes(scheme))?.[0];
}
