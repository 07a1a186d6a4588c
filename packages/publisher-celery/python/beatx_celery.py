"""Ends the hold of an entry whose runs must not overlap, as soon as its task has ended.

    from beatx_celery import BeatxTask

    @app.task(base=BeatxTask)
    def report(): ...

or for all tasks: `Celery("shop", task_cls="beatx_celery:BeatxTask")`.

beatx sends such a task with a header that names a key in Redis, whose value is the task's id. With a Redis broker the key is in
the broker's database. With any other broker it is in the Redis that `app.conf.beatx_overlap_redis` names, a URL, or without
that in the result backend, if this is Redis: the same as the option `overlapRedis` of beatx. The worker
deletes the key when the task has succeeded, failed, was ignored, rejected, revoked or has expired, has passed its hard time
limit, or has lost its process; not when it is retried or sent back to the queue. If the key cannot be deleted, or the whole
worker is killed, the entry's `ttlMs` ends it. No task fails because of this file.

Works with Celery 5.2 to 5.7. A Redis broker or result backend is reached as the worker itself reaches it: TLS, sentinels,
passwords, prefix.
"""

import logging

import redis
from billiard.exceptions import WorkerLostError
from celery import Task, signals, states
from celery.backends.redis import RedisBackend
from celery.exceptions import ImproperlyConfigured
from celery.worker.request import Request

HEADER = "beatx-overlap"

# A Redis that is away or silent delays the end of a task by no more than a few times this.
TIMEOUT_S = 2

# Another run may hold the key by now, because this one took longer than `ttlMs`.
DELETE_IF_OWN = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

logger = logging.getLogger(__name__)

# One for each app. redis-py opens connections of its own in each process and thread.
_clients = {}


class BeatxRequest(Request):
    """Ends the hold where the process of the task cannot, because it was killed."""

    def on_timeout(self, soft, timeout):
        try:
            return super().on_timeout(soft, timeout)
        finally:
            if not soft:
                end_hold(self.task.app, self.request_dict)

    def on_failure(self, exc_info, *args, **kwargs):
        try:
            return super().on_failure(exc_info, *args, **kwargs)
        finally:
            error = getattr(exc_info.exception, "exc", exc_info.exception)
            is_sent_back = self.task.acks_late and self.task.reject_on_worker_lost
            if isinstance(error, WorkerLostError) and not is_sent_back:
                end_hold(self.task.app, self.request_dict)


class BeatxTask(Task):
    """The base of tasks whose entries have `overlap`. Any other task may have it, too."""

    abstract = True
    Request = BeatxRequest

    def signature_from_request(self, request=None, *args, **kwargs):
        """A retry keeps the header, which Celery before 5.3 would drop."""
        signature = super().signature_from_request(request, *args, **kwargs)
        key = (self.request if request is None else request).get(HEADER)
        if key:
            signature.set(headers={**(signature.options.get("headers") or {}), HEADER: key})
        return signature


@signals.task_postrun.connect(weak=False, dispatch_uid="beatx: the task has ended")
def _on_end(task=None, state=None, retval=None, **_):
    if state == states.RETRY or (state == states.REJECTED and getattr(retval, "requeue", False)):
        return
    end_hold(task.app, task.request)


@signals.task_revoked.connect(weak=False, dispatch_uid="beatx: the task was revoked or has expired")
def _on_revoked(sender=None, request=None, **_):
    end_hold(sender.app, request)


def end_hold(app, request):
    """Deletes the key of the run that the request belongs to. Never raises. A run without a key costs nothing."""
    try:
        key = request.get(HEADER)
        if key:
            _client_of(app).eval(DELETE_IF_OWN, 1, key, request.get("id"))
    except Exception as error:
        logger.warning("could not end the hold of a beatx entry, so its ttlMs does: %r", error)


def _client_of(app):
    """A client of the Redis that has the keys."""
    known = _clients.get(app.main, (None, None, None))
    if known[0] is app:
        return known[1]
    is_redis = app.connection_for_write().transport.driver_type == "redis"
    client, connection = _client_of_broker(app) if is_redis else (_client_beside_broker(app), None)
    # The channel closes its connections when it is collected, so the connection stays.
    _clients[app.main] = (app, client, connection)
    return client


def _client_beside_broker(app):
    url = app.conf.get("beatx_overlap_redis")
    if url:
        return redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
    if isinstance(app.backend, RedisBackend):
        return app.backend.client
    raise ImproperlyConfigured("set app.conf.beatx_overlap_redis to the Redis that beatx has as overlapRedis")


def _client_of_broker(app):
    """A client of the broker, connected as the worker is, and the connection that it needs."""
    configured = app.conf.broker_transport_options or {}
    timeouts = {name: configured.get(name) or TIMEOUT_S for name in ("socket_timeout", "socket_connect_timeout")}
    connection = app.connection_for_write(transport_options=timeouts)
    # Without limits, kombu would try for ever.
    connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    with connection.default_channel.conn_or_acquire() as given:
        pool = given.connection_pool
    # Not kombu's own client: it would put `global_keyprefix` before the key, which has it already.
    return redis.Redis(connection_pool=pool), connection
