/** Of the schedulers that keep what an entry says, and not where Celery's routes would send it. */
export const ROUTES_NOTE =
  "queues that task_routes or a task's class choose are not stored: name them in the entries' options, as in options.queue";
