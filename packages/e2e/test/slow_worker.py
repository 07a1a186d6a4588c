"""A real Celery worker with a slow task, whose runs must not overlap. Prints READY.

Arguments: the broker, the folder of beatx_celery.py, a Redis for the rows, ms that a run takes, and the app's further settings
as JSON. Each run appends `start ID` and `end ID` to the list `rows`. The order of the rows is that of the server, so it does not
depend on any clock.
"""
import json
import os
import sys
import time

broker, folder, rows, run_ms, settings = sys.argv[1:]
sys.path.insert(0, folder)
sys.dont_write_bytecode = True

import redis
from beatx_celery import BeatxTask
from celery import Celery, signals

os.environ['C_FORCE_ROOT'] = '1'
app = Celery('shop', broker=broker, task_cls=BeatxTask)
app.conf.update(worker_prefetch_multiplier=2, broker_connection_retry_on_startup=True, worker_redirect_stdouts=False,
                **json.loads(settings))
notes = redis.Redis.from_url(rows)


@app.task(bind=True, name='tasks.slow')
def slow(self):
    notes.rpush('rows', 'start %s' % self.request.id)
    time.sleep(int(run_ms) / 1000)
    notes.rpush('rows', 'end %s' % self.request.id)


@signals.worker_ready.connect
def on_ready(**_):
    print('READY', flush=True)


# Threads: several runs at a time, which all end with the process.
app.worker_main(['worker', '--pool', 'threads', '--concurrency', '4', '--loglevel', 'INFO', '--without-gossip',
                 '--without-mingle', '--without-heartbeat'])
