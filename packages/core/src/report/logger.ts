import { systemClock } from "../base/clock.js";

/** The shape of pino's methods: fields first, then the message. Any logger with these four fits. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** One JSON object a line on stderr, without `debug`: `{ level, time, msg, … }`. */
export const jsonLogger: Logger = {
  debug() {},
  info: (fields, message) => writeLine("info", fields, message),
  warn: (fields, message) => writeLine("warn", fields, message),
  error: (fields, message) => writeLine("error", fields, message),
};

function writeLine(level: string, fields: object, msg: string): void {
  process.stderr.write(
    `${JSON.stringify({ level, time: new Date(systemClock.now()).toISOString(), ...fields, msg })}\n`,
  );
}
