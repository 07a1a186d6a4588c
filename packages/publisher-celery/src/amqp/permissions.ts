/** What RabbitMQ refused: `configure access to queue 'mail' in vhost '/' refused for user 'beatx'`. */
const REFUSED = /(?:(configure|write|read) )?access to (exchange|queue) '(.*)' in vhost '(.*)' refused/;

/**
 * The permissions that declaring a queue needs: for the queue, and for an exchange that its arguments name. Older brokers do
 * not say which one is missing.
 */
const TO_DECLARE = { exchange: "write", queue: "configure" } as const;

/**
 * The resource that the broker refused, the permission that its user lacks for it, and the way out; `undefined` for words
 * about something else. `toSend`: while sending, not while declaring.
 */
export function explainPermission(words: string, { toSend }: { readonly toSend: boolean }): string | undefined {
  const [, named, kind, resource, vhost] = REFUSED.exec(words) ?? [];
  if (kind === undefined) return undefined;
  const permission = named ?? (toSend ? "write" : TO_DECLARE[kind as keyof typeof TO_DECLARE]);
  return (
    `the user needs the permission ${permission} for the ${kind} ${JSON.stringify(resource)}: add it with ` +
    `rabbitmqctl set_permissions -p ${vhost}, as the README lists`
  );
}
