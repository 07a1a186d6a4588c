"""An application with two entries. BROKER, ZONE and STORE are environment variables; the option -S of beat chooses where it
keeps its schedule."""

import os

from celery import Celery

app = Celery("proj", broker=os.environ["BROKER"])
app.conf.update(
    timezone=os.environ.get("ZONE", "UTC"),
    beat_max_loop_interval=1,
    result_expires=None,
    redbeat_redis_url=os.environ.get("STORE", ""),
    redbeat_redis_options={},
    beatx_store=os.environ.get("STORE", ""),
    beat_schedule={
        "second": {"task": "tasks.second", "schedule": 1.0, "args": (1, "x"), "options": {"queue": "q"}},
        "two": {"task": "tasks.two", "schedule": 2.0, "options": {"queue": "q"}},
    },
)
