"""Prints when the schedules of an application are due next, by Celery's own reckoning: a line of JSON for each entry.

    ZONE=Europe/Berlin python ../next_runs.py schedule 2027-01-14T10:20:30.123456+00:00 20   # in the folder golden

Beat's clock is moved from run to run: an entry is asked when it is due next, and its run is at that moment. The recorded
answers are in vectors/celery-next-runs.jsonl.
"""

import datetime
import json
import os
import sys

UTC = datetime.timezone.utc
#: A search for the wanted number of runs ends after so many days for each.
HORIZON = datetime.timedelta(days=800)

sys.path[:0] = [os.getcwd(), os.path.join(os.path.dirname(__file__), "..", "..", "python")]


def main():
    name, first, count = sys.argv[1:]
    from celery.app.utils import find_app
    from celery.beat import ScheduleEntry
    from dump_celery import dump_schedule, zone_name

    app = find_app(name)
    app.loader.init_worker()
    app.finalize()
    start = datetime.datetime.fromisoformat(first)
    for entry_name, fields in sorted(app.conf.beat_schedule.items()):
        schedule = ScheduleEntry(**dict(fields, name=entry_name, app=app)).schedule
        row = {"name": entry_name, "timezone": zone_name(app.timezone), "first": first, "schedule": dump_schedule(schedule, [])}
        runs = next_runs(schedule, start.astimezone(app.timezone), int(count))
        print(json.dumps(dict(row, runs=[run.astimezone(UTC).isoformat() for run in runs]), separators=(",", ":")))


def next_runs(schedule, start, count):
    clock = [start]
    schedule.nowfun = lambda: clock[0]
    last, runs = start, []
    while len(runs) < count and clock[0] - start < HORIZON * count:
        remaining = schedule.remaining_estimate(last)
        # The sum is made in UTC: Python adds to the wall clock of a zone as if no clock were ever changed.
        due = clock[0].astimezone(UTC) + remaining
        clock[0] = due.astimezone(start.tzinfo)
        is_due, next_check = schedule.is_due(last)
        if is_due:
            runs.append(due)
            last = clock[0]
        else:
            clock[0] = (due + datetime.timedelta(seconds=max(next_check, 0.001))).astimezone(start.tzinfo)
    return runs


if __name__ == "__main__":
    main()
