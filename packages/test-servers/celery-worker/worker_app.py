"""A minimal real Celery application for end-to-end tests.

Every task writes one JSON line per execution to a Redis list, so that a test can
see what a real worker got.  Settings come from the environment, set by
run_worker.py:

  WORKER_BROKER   broker URL                       redis://127.0.0.1:6379/0
  WORKER_RECORD   Redis URL of the record          redis://127.0.0.1:6379/15
  WORKER_KEY      name of the record list          received
  WORKER_TASKS    more task names, comma separated (they behave like tasks.echo)
  WORKER_BACKEND  result backend URL               (none)
  WORKER_TZ       timezone of the app              UTC
  WORKER_QUEUES   queues, comma separated, for WORKER_QUEUE_ARGUMENTS
  WORKER_QUEUE_ARGUMENTS    RabbitMQ arguments of the queues as JSON      (none)
  WORKER_TRANSPORT_OPTIONS  broker_transport_options as JSON  (none)
"""
import json
import os
import time

import redis
from celery import Celery, signals
from kombu import Exchange, Queue
from kombu.transport.pyamqp import Transport

BROKER = os.environ.get('WORKER_BROKER', 'redis://127.0.0.1:6379/0')
RECORD = os.environ.get('WORKER_RECORD', 'redis://127.0.0.1:6379/15')
KEY = os.environ.get('WORKER_KEY', 'received')

app = Celery('tasks', broker=BROKER, backend=os.environ.get('WORKER_BACKEND') or None)
app.conf.timezone = os.environ.get('WORKER_TZ', 'UTC')
app.conf.worker_hijack_root_logger = False
app.conf.worker_redirect_stdouts = False
app.conf.broker_connection_retry_on_startup = True
app.conf.task_acks_late = False
if os.environ.get('WORKER_TRANSPORT_OPTIONS'):      # the name of the sentinels' master
    app.conf.broker_transport_options = json.loads(os.environ['WORKER_TRANSPORT_OPTIONS'])
if os.environ.get('WORKER_MAX_PRIORITY'):           # RabbitMQ x-max-priority
    app.conf.task_queue_max_priority = int(os.environ['WORKER_MAX_PRIORITY'])
if os.environ.get('WORKER_QUEUE_ARGUMENTS'):
    arguments = json.loads(os.environ['WORKER_QUEUE_ARGUMENTS'])
    app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name, queue_arguments=arguments)
                            for name in os.environ['WORKER_QUEUES'].split(',')]
    # Quorum queues refuse the prefetch limit of a whole channel, which Celery sets before version 5.5.
    Transport.qos_semantics_matches_spec = lambda self, connection: True

_redis = None


def record(kind, obj):
    global _redis
    if _redis is None:
        _redis = redis.Redis.from_url(RECORD)
    key = KEY if kind is None else KEY + ':' + kind
    _redis.rpush(key, json.dumps(obj, default=str))


def note(task, args, kwargs, result=None):
    """One record per execution."""
    q = task.request
    di = q.delivery_info or {}

    def g(name):        # a message may lack some fields
        return getattr(q, name, None)
    record(None, {
        'id': g('id'), 'task': task.name, 'args': list(args), 'kwargs': kwargs, 'result': result,
        'received_at': time.time(),
        'eta': g('eta'), 'expires': g('expires'), 'retries': g('retries'), 'timelimit': g('timelimit'),
        'root_id': g('root_id'), 'parent_id': g('parent_id'), 'group': g('group'),
        'correlation_id': g('correlation_id'), 'reply_to': g('reply_to'), 'origin': g('origin'),
        # Celery makes each custom header an attribute of the request.
        'headers': {k: v for k, v in vars(q).items() if '-' in k}, 'shadow': g('shadow'), 'argsrepr': g('argsrepr'), 'kwargsrepr': g('kwargsrepr'),
        'ignore_result': g('ignore_result'),
        'exchange': di.get('exchange'), 'routing_key': di.get('routing_key'),
        'priority': di.get('priority'), 'redelivered': di.get('redelivered'),
        'worker': g('hostname'),
    })


@app.task(name='tasks.add', bind=True)
def add(self, x, y):
    note(self, (x, y), {}, x + y)
    return x + y


@app.task(name='tasks.echo', bind=True)
def echo(self, *args, **kwargs):
    note(self, args, kwargs)
    return [list(args), kwargs]


@app.task(name='tasks.sleep', bind=True)
def sleep(self, seconds, *args):
    note(self, (seconds,) + args, {})
    time.sleep(seconds)


@app.task(name='tasks.fail', bind=True)
def fail(self, *args, **kwargs):
    note(self, args, kwargs)
    raise RuntimeError('asked to fail')


def _make(name):
    @app.task(name=name, bind=True)
    def dynamic(self, *args, **kwargs):
        note(self, args, kwargs)
        return None
    return dynamic


for _n in filter(None, os.environ.get('WORKER_TASKS', '').split(',')):
    _make(_n)


# Messages that were not executed go to the list KEY:events.
@signals.task_revoked.connect
def _revoked(request=None, expired=None, terminated=None, **_):
    record('events', {'event': 'expired' if expired else 'revoked', 'id': request.id, 'task': request.task if hasattr(request, 'task') else None,
                      'at': time.time()})


@signals.task_unknown.connect
def _unknown(name=None, id=None, **_):
    record('events', {'event': 'unknown', 'id': id, 'task': name, 'at': time.time()})


@signals.task_rejected.connect
def _rejected(message=None, exc=None, **_):
    record('events', {'event': 'rejected', 'error': repr(exc), 'headers': getattr(message, 'headers', None), 'at': time.time()})


@signals.task_internal_error.connect
def _internal(task_id=None, exception=None, **_):
    record('events', {'event': 'internal-error', 'id': task_id, 'error': repr(exception), 'at': time.time()})


@signals.worker_ready.connect
def _ready(**_):
    record('events', {'event': 'ready', 'at': time.time()})
    os.write(1, b'READY\n')
