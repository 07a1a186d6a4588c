"""A real Celery worker with tasks of BeatxTask. Prints READY. Arguments: broker, pool, broker_transport_options as JSON,
a Redis for notes, and more settings of the app as JSON.

Each run of a task notes its name and attempt in the list `runs`; the list `end` ends the tasks that wait.
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'python'))

import redis
from beatx_celery import BeatxTask
from celery import Celery, signals
from celery.exceptions import Ignore, Reject

broker, pool, options, notebook, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4], sys.argv[5]
os.environ['C_FORCE_ROOT'] = '1'
app = Celery('shop', broker=broker, task_cls=BeatxTask)
app.conf.update(broker_transport_options=options, worker_prefetch_multiplier=8, broker_connection_retry_on_startup=True,
                worker_redirect_stdouts=False, **json.loads(settings))
notes = redis.Redis.from_url(notebook)


def note(task):
    notes.rpush('runs', '%s %s' % (task.name, task.request.retries))


@app.task(bind=True, name='wait')
def wait(self):
    """Ends when its entry is told to."""
    note(self)
    while not notes.lpop('end'):
        time.sleep(0.02)


@app.task(bind=True, name='fail')
def fail(self):
    note(self)
    raise ValueError('on purpose')


@app.task(bind=True, name='retry', max_retries=1)
def retry(self):
    note(self)
    if self.request.retries == 0:
        raise self.retry(countdown=0)
    while not notes.lpop('end'):
        time.sleep(0.02)


@app.task(bind=True, name='ignore')
def ignore(self):
    note(self)
    raise Ignore()


@app.task(bind=True, name='reject', acks_late=True)
def reject(self):
    note(self)
    raise Reject('on purpose', requeue=False)


@app.task(bind=True, name='limit', time_limit=1)
def limit(self):
    note(self)
    time.sleep(3600)


@app.task(bind=True, name='die')
def die(self):
    note(self)
    os.kill(os.getpid(), 9)


@signals.worker_ready.connect
def on_ready(**_):
    print('READY', flush=True)


app.worker_main(['worker', '--pool', pool, '--concurrency', '3', '--loglevel', 'INFO', '--without-gossip',
                 '--without-mingle', '--without-heartbeat'])
