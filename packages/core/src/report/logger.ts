import { systemClock } from "../base/clock.js";

/** Methods like pino's: fields first, then the message. Any logger that has these three fits. */
export interface Logger {
  /** Called once per batch that was sent. */
  debug?(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Drops everything. */
export const silentLogger: Logger = { info() {}, warn() {}, error() {} };

/** Writes one JSON object per line to stderr: `{ level, time, msg, … }`. */
export const jsonLogger: Logger = {
  info: (fields, message) => writeLine("info", fields, message),
  warn: (fields, message) => writeLine("warn", fields, message),
  error: (fields, message) => writeLine("error", fields, message),
};

function writeLine(level: string, fields: object, msg: string): void {
  process.stderr.write(
    `${JSON.stringify({ level, time: new Date(systemClock.now()).toISOString(), ...fields, msg })}\n`,
  );
}
