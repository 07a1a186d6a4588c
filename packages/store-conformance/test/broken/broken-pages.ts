import { compareNames, type EntryPage, type PageRequest, type StoredEntry } from "@beatx/core/adapter";
import type { DummyStore } from "@beatx/store-dummy";
import type { BrokenStore } from "./broken-store.js";
import { dummySubject } from "../dummy-subject.js";

/** Changes every page, or the request for it. */
function withPages(change: (store: DummyStore, request: PageRequest) => Promise<EntryPage>): BrokenStore["subject"] {
  return () => dummySubject((store) => ({ listEntries: (request) => change(store, request) }));
}

async function everything(store: DummyStore): Promise<StoredEntry[]> {
  return [...(await store.listEntries({ limit: 1e6 })).entries];
}

const EVERY_ENTRY_IN_ORDER =
  "all pages together hold the entries of a complete reading, in the order of the bytes of their names";
const PREFIX = "pages of a prefix hold the names that begin with it, whatever characters it has";
const AFTER = "a page begins after any text, whether it is a name or not";
const ONCE = "names that exist during a whole listing come once, while others are created and removed";

export const brokenPages: readonly BrokenStore[] = [
  {
    flaw: "orders names by UTF-16 units",
    caughtBy: EVERY_ENTRY_IN_ORDER,
    subject: withPages(async (store, { after, limit }) => {
      const all = await everything(store);
      const found = all.filter(({ name }) => after === undefined || name > after);
      found.sort((a, b) => (a.name < b.name ? -1 : 1));
      return { entries: found.slice(0, limit), next: found.length > limit ? found[limit - 1]!.name : null };
    }),
  },
  {
    flaw: "ends a listing one page too early",
    caughtBy: [EVERY_ENTRY_IN_ORDER, "thousands of entries are listed in pages, and the last page says so"],
    subject: withPages(async (store, request) => {
      const page = await store.listEntries(request);
      const isLastButOne =
        page.next !== null && (await store.listEntries({ ...request, after: page.next })).next === null;
      return isLastButOne ? { ...page, next: null } : page;
    }),
  },
  {
    flaw: "goes on for ever",
    caughtBy: "a namespace without entries has no pages but an empty one",
    subject: withPages(async (store, request) => {
      const page = await store.listEntries(request);
      return { ...page, next: page.next ?? request.after ?? "" };
    }),
  },
  {
    flaw: "fills a page beyond its limit",
    caughtBy: EVERY_ENTRY_IN_ORDER,
    subject: withPages((store, request) => store.listEntries({ ...request, limit: request.limit + 1 })),
  },
  {
    flaw: "treats a prefix as a pattern",
    caughtBy: PREFIX,
    subject: withPages(async (store, { prefix = "", after, limit }) => {
      const pattern = new RegExp(
        `^${prefix
          .replace(/[[\]\\]/g, "\\$&")
          .replace(/\*/g, ".*")
          .replace(/%/g, ".*")}`,
        "u",
      );
      const all = await everything(store);
      const isIn = ({ name }: StoredEntry): boolean =>
        pattern.test(name) && (after === undefined || compareNames(name, after) > 0);
      const found = all.filter(isIn);
      return { entries: found.slice(0, limit), next: found.length > limit ? found[limit - 1]!.name : null };
    }),
  },
  {
    flaw: "ends a prefix with the character U+FFFF",
    caughtBy: PREFIX,
    subject: withPages(async (store, request) => {
      const page = await store.listEntries(request);
      const end = `${request.prefix ?? ""}\uffff`;
      const entries = page.entries.filter(({ name }) => compareNames(name, end) < 0);
      return entries.length < page.entries.length ? { entries, next: null } : page;
    }),
  },
  {
    flaw: "begins with the name after which a page was asked for",
    caughtBy: AFTER,
    subject: withPages(async (store, request) => {
      const page = await store.listEntries(request);
      return { ...page, entries: [...(await store.getEntries([request.after ?? ""])), ...page.entries] };
    }),
  },
  {
    flaw: "looks for the name after which a page was asked for",
    caughtBy: AFTER,
    subject: withPages(async (store, { after, prefix = "", limit }) => {
      const all = (await everything(store)).filter(({ name }) => name.startsWith(prefix));
      const start = all.findIndex(({ name }) => name === after) + 1;
      const entries = all.slice(start, start + limit);
      return { entries, next: start + limit < all.length ? entries.at(-1)!.name : null };
    }),
  },
  {
    flaw: "counts the entries of the pages before",
    caughtBy: ONCE,
    subject: withPages(async (store, { after = "0", limit }) => {
      const [all, start] = [await everything(store), Number(after)];
      return { entries: all.slice(start, start + limit), next: start + limit < all.length ? `${start + limit}` : null };
    }),
  },
  {
    flaw: "lists what it has read before",
    caughtBy: "each page shows the changes that were answered before it was asked for",
    subject: () => {
      const read = new Map<string, EntryPage>();
      return dummySubject((store, namespace) => ({
        listEntries: async (request) => {
          const key = JSON.stringify([namespace, request]);
          const page = read.get(key) ?? (await store.listEntries(request));
          read.set(key, page);
          return page;
        },
      }));
    },
  },
  {
    flaw: "shows no cursors in pages",
    caughtBy: "each page shows the changes that were answered before it was asked for",
    subject: withPages(async (store, request) => {
      const page = await store.listEntries(request);
      return { ...page, entries: page.entries.map((entry) => ({ ...entry, cursor: null })) };
    }),
  },
];
