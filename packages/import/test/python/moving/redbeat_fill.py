"""Writes entries of each kind with RedBeat's own class. Prints when RedBeat would run each next, as JSON."""

import datetime
import json
import sys

from celery.schedules import crontab, schedule
from redbeat import RedBeatSchedulerEntry
from redbeat.schedules import rrule

from proj import app

UTC = datetime.timezone.utc
LAST = datetime.datetime(2027, 3, 1, 10, 20, 30, 123456, tzinfo=UTC).astimezone(app.timezone)
START = datetime.datetime(2027, 1, 4, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=-5)))

SCHEDULES = {
    "crontab": crontab(minute=[0, 30], hour="*/2", day_of_week="mon-fri"),
    "interval": schedule(90.5),
    "relative": schedule(3600, relative=True),
    "rrule": rrule("WEEKLY", dtstart=START, interval=2, byweekday=[0, 2], byhour=[9, 17]),
    "rrule until": rrule("DAILY", dtstart=START, until=datetime.datetime(2027, 3, 6, 15, tzinfo=UTC)),
    "rrule monthly": rrule("MONTHLY", dtstart=START, bymonthday=-1, bysetpos=1, wkst=6),
}

runs = {}
for name, each in SCHEDULES.items():
    entry = RedBeatSchedulerEntry(name, "tasks.t", each, app=app, args=[LAST], kwargs={"a": 1}, options={"queue": "q"})
    entry.last_run_at = LAST
    entry.save()
    clock = [LAST]
    each.nowfun = lambda: clock[0]
    last = LAST
    runs[name] = []
    while len(runs[name]) < 20:
        remaining = each.remaining_estimate(last)
        if remaining is None:
            break
        last = clock[0] = (clock[0].astimezone(UTC) + remaining).astimezone(app.timezone)
        runs[name].append(last.astimezone(UTC).isoformat())

RedBeatSchedulerEntry("off", "tasks.t", schedule(5), app=app, enabled=False).save()
json.dump(runs, sys.stdout)
