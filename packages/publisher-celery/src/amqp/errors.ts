import { BeatxError, explainTls, PublishError } from "@beatx/core/adapter";

/** Whether the broker itself said no, as opposed to a connection that broke. */
export function isRefusal(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "number" && code >= 400;
}

/** The broker's or the system's own words. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Several addresses of one host failed; Node leaves the text of the whole empty.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(wordsOf).join(", ");
  // amqplib wraps the broker's words: 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - inequivalent arg …"
  return /with message "(.*)"$/s.exec(error.message)?.[1] ?? error.message.trim();
}

/** The error for a connection that could not be opened. */
export function explainConnect(label: string, error: unknown): PublishError {
  const words = wordsOf(error);
  const where = `the Celery broker at ${label}`;
  if (/ACCESS_REFUSED|ACCESS-REFUSED/.test(words)) {
    return new PublishError(
      `${where} refused the connection (${words}): check the user, the password and the user's permissions`,
    );
  }
  // amqplib does not pass on the broker's words here.
  if (/^Expected ConnectionOpenOk; got <ConnectionClose/.test(words)) {
    const vhost = "the virtual host that the path of the URI names";
    return new PublishError(
      `${where} refused the connection: check that ${vhost} exists, that the user has access to it, and that neither has ` +
        "reached its limit of connections",
    );
  }
  const explanation = explainTls(words);
  if (explanation !== undefined) return new PublishError(`${where} could not be reached: ${explanation} (${words})`);
  const advice = "check that it is running and that the address is right";
  return new PublishError(`${where} could not be reached: ${words}; ${advice}`);
}

/**
 * The error of work that failed on a connection: its own words, or those with which the connection was ended. What amqplib
 * says then is only that no answer will come.
 */
export function explainFailure(
  label: string,
  error: unknown,
  ended: { readonly endReason: Error | undefined } | undefined,
): Error {
  return BeatxError.isInstance(error) ? error : (ended?.endReason ?? explainLoss(label, error));
}

/** The error for an open connection that was lost. */
export function explainLoss(label: string, error: unknown): PublishError {
  return new PublishError(`the connection to the Celery broker at ${label} was lost: ${wordsOf(error)}`);
}
