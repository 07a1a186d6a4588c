import { ConfigError } from "@beatx/core/adapter";
import { afterEach, describe, expect, it } from "vitest";
import { resetDummy } from "./dummy-backend.js";
import { dummyStore } from "./dummy-store.js";
import { storeProvider } from "./store-provider.js";

afterEach(() => resetDummy());

describe("the provider of dummy:", () => {
  it("opens the backend of the name, with the namespace", async () => {
    const opened = await storeProvider.open("dummy://shop", { namespace: "eu" });
    const revision = await opened.getRevision();
    await opened.setSchedule([{ name: "ping", definition: "{}", expectedRevision: null }]);
    expect(await dummyStore({ name: "shop", namespace: "eu" }).getRevision()).not.toBe(revision);
    expect(await dummyStore({ name: "shop" }).getRevision()).toBe(revision);
  });

  it("opens a backend of its own without a name", async () => {
    const [one, other] = [await storeProvider.open("dummy:"), await storeProvider.open("dummy:")];
    await one.setSchedule([{ name: "ping", definition: "{}", expectedRevision: null }]);
    expect(await other.getRevision()).not.toBe(await one.getRevision());
  });

  it.each(["dummy://a,b", "dummy://a:1", "dummy://a/b", "dummy://a?ttl=1", "dummy://user:secret@a"])(
    "refuses %s without showing a password",
    async (uri) => {
      const rejection: unknown = await storeProvider.open(uri).catch((error: unknown) => error);
      expect(rejection).toBeInstanceOf(ConfigError);
      expect((rejection as Error).message).not.toContain("secret");
    },
  );
});
