import { describe, expect, it } from "vitest";
import { storeProvider } from "./index.js";

describe("the provider", () => {
  it("opens a store without a server", async () => {
    const store = await storeProvider.open("memcached://cache:1234", { namespace: "shop", commandTimeoutMs: 100 });
    expect(store.name).toBe("memcached");
    await store.close();
  });

  it.each([
    [{ namespace: "" }, /namespace is ""/],
    [{ commandTimeoutMs: -1 }, /commandTimeoutMs is -1/],
  ])("refuses the options %j", async (options, message) => {
    await expect(storeProvider.open("memcached://cache:1234", options)).rejects.toThrow(message);
  });

  it.each(["memcached://one,two", "http://cache", "memcached://"])("refuses the URI %s", async (uri) => {
    await expect(storeProvider.open(uri)).rejects.toMatchObject({ code: "CONFIG" });
  });

  it("refuses a password without showing it, and names the client that takes one", async () => {
    const opening = storeProvider.open("memcached://user:secret@cache");
    await expect(opening).rejects.toThrow(/\/\/\*\*\*@cache.*write memjs:/);
  });
});
