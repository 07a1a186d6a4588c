/** The names of an application's entries (R47): pure functions. */

/** The name under which an entry of the configuration is stored. `app`: `null` if the configuration gives no name. */
export function fullName(app: string | null, name: string): string {
  return app === null ? name : `${prefixOf(app)}${name}`;
}

/** The name of an entry as its configuration writes it. `full`: a name of this application. */
export function writtenName(app: string | null, full: string): string {
  return app === null ? full : full.slice(prefixOf(app).length);
}

/** All names of the application begin with it. A name of an application has no slash, so no other's do. */
export function prefixOf(app: string): string {
  return `${app}/`;
}
