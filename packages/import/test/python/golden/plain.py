"""An application that needs nothing but Celery."""

import datetime
import os

from celery import Celery
from celery.schedules import crontab, schedule


class Mine(schedule):
    def is_due(self, last_run_at):
        return super().is_due(last_run_at)


app = Celery("plain", broker="memory://")
app.conf.timezone = os.environ.get("ZONE", "UTC")
app.conf.task_routes = {"mail.*": {"queue": "mail"}}

print("what an application prints is not part of the schedule")


@app.task(name="plain.slow", queue="slow", expires=30, ignore_result=True, time_limit=9)
def slow():
    pass


app.conf.beat_schedule = {
    "weekdays": {
        "task": "mail.send",
        "schedule": crontab(minute="30", hour="6", day_of_week="mon-fri"),
        "options": {"headers": {"a": 1}, "priority": 3},
    },
    "odd": {"task": "t", "schedule": 5, "args": ((1, 2), datetime.datetime(2026, 1, 1))},
    "bytes": {"task": "t", "schedule": 5, "args": ({1, 2},)},
    "large": {"task": "t", "schedule": 5, "args": (2**60,)},
    "nan": {"task": "t", "schedule": 5, "kwargs": {"x": float("nan")}},
    "mine": {"task": "t", "schedule": Mine(5)},
}


@app.on_after_finalize.connect
def setup(sender, **kwargs):
    sender.add_periodic_task(12.0, slow.s(k=1), name="added")
