import { ConfigError } from "@beatx/core/adapter";
import { expect, it } from "vitest";
import { DamagedFileError } from "./data-file.js";
import { cannotOpen, cannotUse, FilesChangedError } from "./errors.js";

const coded = (code: string | number): Error => Object.assign(new Error("it failed"), { code });

it.each([
  [coded("ENOSPC"), /the disk is full/],
  [coded(28), /the disk is full/],
  [coded("EDQUOT"), /quota/],
  [coded(13), /right to read and write/],
  [coded("EPERM"), /right to read and write/],
  [coded("EROFS"), /read-only/],
  [coded(5), /disk reports an error/],
  [coded(-30_792), /memory limits/],
  [coded(-30_790), /too many processes/],
  [coded(-30_796), /move data\.mdb and lock\.mdb away/],
  [new DamagedFileError("page 7 is damaged"), /page 7 is damaged.*move data\.mdb and lock\.mdb away/],
  [new FilesChangedError("it changed"), /commands fail until the files stay unchanged/],
  [cannotOpen("/data", new DamagedFileError("page 7")), /page 7.*move data\.mdb and lock\.mdb away/],
  [new Error("something else"), /full, failing or read-only disk/],
  ["a text", /\(a text\)/],
])("%s has its own way out", (cause, advice) => {
  const error = cannotUse("/data", cause);
  expect(error).toMatchObject({ code: "STORE", cause });
  expect(error.message).toMatch(/^the lmdb store in \/data cannot be used \(/);
  expect(error.message).toMatch(advice);
});

it("a folder that cannot be opened is an error in the configuration", () => {
  expect(cannotOpen("/data", coded("EACCES"))).toBeInstanceOf(ConfigError);
  expect(cannotOpen("/data", coded("EACCES")).message).toMatch(/"\/data" \(it failed\): give this user the right/);
});
