"""Makes the tables of django-celery-beat, with entries of each kind."""

import datetime
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django_celery_beat.models import (  # noqa: E402
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

call_command("migrate", verbosity=0)

UTC = datetime.timezone.utc
FUTURE = datetime.datetime(2099, 1, 1, tzinfo=UTC)


def seconds(every):
    return IntervalSchedule.objects.create(every=every, period=IntervalSchedule.SECONDS)


PeriodicTask.objects.create(name="second", task="tasks.second", interval=seconds(1), args='[1, "x"]', queue="q")
PeriodicTask.objects.create(name="two", task="tasks.two", interval=seconds(2), queue="q")
PeriodicTask.objects.create(name="off", task="tasks.off", interval=seconds(3), enabled=False, description="not now")
PeriodicTask.objects.create(
    name="tokyo",
    task="tasks.tokyo",
    crontab=CrontabSchedule.objects.create(minute="30", hour="9", day_of_week="mon-fri", timezone="Asia/Tokyo"),
    kwargs='{"a": [1]}',
    priority=5,
    headers='{"x": "y"}',
    expire_seconds=60,
    start_time=FUTURE,
)
PeriodicTask.objects.create(
    name="once", task="tasks.once", clocked=ClockedSchedule.objects.create(clocked_time=FUTURE), one_off=True
)
PeriodicTask.objects.create(
    name="sun",
    task="tasks.sun",
    solar=SolarSchedule.objects.create(event="sunset", latitude="52.520000", longitude="13.405000"),
    expires=FUTURE,
)
