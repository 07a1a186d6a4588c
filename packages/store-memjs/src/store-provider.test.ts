import { describe, expect, it } from "vitest";
import { storeProvider } from "./index.js";

describe("the provider", () => {
  it("opens a store without a server", async () => {
    const store = await storeProvider.open("memjs://cache:1234", { namespace: "shop", commandTimeoutMs: 100 });
    expect(store.name).toBe("memjs");
    await store.close();
  });

  it.each([
    [{ namespace: "" }, /namespace is ""/],
    [{ commandTimeoutMs: -1 }, /commandTimeoutMs is -1/],
  ])("refuses the options %j", async (options, message) => {
    await expect(storeProvider.open("memjs://cache:1234", options)).rejects.toThrow(message);
  });

  it.each(["memjs://one,two", "http://cache", "memjs://"])("refuses the URI %s", async (uri) => {
    await expect(storeProvider.open(uri)).rejects.toMatchObject({ code: "CONFIG" });
  });

  it("also answers to the scheme that Celery uses", async () => {
    expect(storeProvider.schemes).toEqual(["memjs", "pylibmc"]);
    const store = await storeProvider.open("pylibmc://user:secret@cache");
    expect(store.name).toBe("memjs");
    await store.close();
  });
});
