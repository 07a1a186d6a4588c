"""A burst of one scheduler for Celery: `count` entries that are all due are sent to the Celery queue of a Redis server.

    python burst.py '{"peer": "celery-beat", "count": 1000, "port": 6379}'

The scheduler's own `tick` runs until all are sent, or until the time is up. The last line of the output is JSON: `values` as
those of the other cells. A scheduler that was stopped has `missing` messages, and its time is extrapolated.
"""

import json
import logging
import os
import signal
import sys
import time
import warnings
from datetime import datetime, timedelta, timezone

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import redis
from celery import Celery
from celery.schedules import schedule

TIME_LIMIT_S = 6
TASK = "reports.refresh"
ARGS = [0, "2024-01-01"]
KWARGS = {"region": "eu-central-1", "force": False}
HOUR = schedule(3600.0)
LAST_RUN = datetime.now(timezone.utc) - timedelta(hours=2)


class TimeIsUp(BaseException):
    """Not an Exception: schedulers catch those."""


def make_app(port, entries):
    url = "redis://127.0.0.1:%d/0" % port
    app = Celery("bench", broker=url)
    app.conf.update(
        result_expires=None,
        beat_schedule=entries,
        beatx_store=url,
        beatx_store_lock_ttl=100000,
        redbeat_redis_url=url,
        redbeat_key_prefix="redbeat:",
        redbeat_lock_key=None,
    )
    return app


def due_entries(count):
    entry = {"task": TASK, "args": ARGS, "kwargs": KWARGS, "schedule": HOUR, "last_run_at": LAST_RUN}
    return {"entry-%d" % index: dict(entry) for index in range(count)}


def celery_beat(port, count):
    from celery.beat import Scheduler

    return Scheduler(make_app(port, due_entries(count)))


def celery_beatx(port, count):
    from beatx.schedulers import Scheduler

    scheduler = Scheduler(make_app(port, due_entries(count)))
    if not scheduler.acquire_lock():
        raise RuntimeError("celery-beatx got no lock")
    return scheduler


def redbeat(port, count):
    from redbeat import RedBeatScheduler, RedBeatSchedulerEntry

    app = make_app(port, {})
    scheduler = RedBeatScheduler(app)
    scheduler.lock_key = None
    for index in range(count):
        name = "entry-%d" % index
        RedBeatSchedulerEntry(name, TASK, HOUR, ARGS, KWARGS, app=app, last_run_at=LAST_RUN).save()
    # An entry that is saved counts from now: it is made due as its own rule would do it in an hour.
    client = redis.Redis(port=port)
    past = LAST_RUN.timestamp()
    for key in client.zrange("redbeat::schedule", 0, -1):
        client.hset(key, "meta", json.dumps({"last_run_at": {"__type__": "datetime", "year": LAST_RUN.year,
                    "month": LAST_RUN.month, "day": LAST_RUN.day, "hour": LAST_RUN.hour, "minute": LAST_RUN.minute,
                    "second": LAST_RUN.second, "microsecond": 0, "timezone": "UTC"}, "total_run_count": 1}))
        client.zadd("redbeat::schedule", {key: past})
    return scheduler


PEERS = {"celery-beat": celery_beat, "celery-beatx": celery_beatx, "redbeat": redbeat}


def drain(scheduler, count, queue_length):
    def stop(_signal, _frame):
        raise TimeIsUp()

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT_S)
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        for tick in range(2 * count):
            scheduler.tick()
            if tick % 50 == 0 or tick >= count - 1:
                if queue_length() >= count:
                    break
    except TimeIsUp:
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
    return time.perf_counter() - wall, time.process_time() - cpu


def main():
    request = json.loads(sys.argv[1])
    count, port = request["count"], request["port"]
    client = redis.Redis(port=port)
    client.flushall()
    scheduler = PEERS[request["peer"]](port, count)
    client.delete("celery")
    before = client.info("cpu")
    wall, cpu = drain(scheduler, count, lambda: client.llen("celery"))
    after = client.info("cpu")
    sent = client.llen("celery")
    server = sum(after[name] - before[name] for name in ("used_cpu_user", "used_cpu_sys"))
    done = max(1, sent)
    values = {
        "wallMs": wall * 1000 * count / done,
        "cpuUs": cpu * 1e6 / done,
        "serverCpuUs": server * 1e6 / done,
        "missing": count - sent,
    }
    print(json.dumps({"values": values}))
    sys.stdout.flush()
    # Threads of the client libraries do not keep it alive.
    os._exit(0)


main()
