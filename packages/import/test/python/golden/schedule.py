"""Schedules of every kind, in the zone of the environment variable ZONE."""

import os
from datetime import timedelta

from celery import Celery
from celery.schedules import crontab, schedule, solar

app = Celery("golden", broker="memory://")
app.conf.timezone = os.environ.get("ZONE", "UTC")

CRONTABS = {
    "every minute": {},
    "quarters": {"minute": "*/15"},
    "list": {"minute": [0, 30], "hour": "8-18/2"},
    "tuple": {"minute": (5, 10, 15)},
    "set": {"minute": {3, 33}, "hour": {1, 13}},
    "numbers": {"minute": 0, "hour": 4},
    "weekdays": {"minute": "30", "hour": "6", "day_of_week": "mon-fri"},
    "sunday": {"minute": "0", "hour": "12", "day_of_week": "sun"},
    "full names": {"minute": "0", "hour": "12", "day_of_week": "monday,Thursday"},
    "wrapped weekdays": {"minute": "10", "hour": "10", "day_of_week": "fri-mon"},
    "wrapped hours": {"minute": "0", "hour": "22-4"},
    "first of the month": {"minute": "0", "hour": "0", "day_of_month": "1"},
    "friday the 13th": {"minute": "0", "hour": "0", "day_of_month": "13", "day_of_week": "fri"},
    "leap day": {"minute": "0", "hour": "6", "day_of_month": "29", "month_of_year": "2"},
    "31st": {"minute": "59", "hour": "23", "day_of_month": "31"},
    "quarterly": {"minute": "0", "hour": "3", "day_of_month": "2-10/3", "month_of_year": "*/3"},
    "wrapped months": {"minute": "15", "hour": "5", "day_of_month": "15", "month_of_year": "11-2"},
    "many lists": {"minute": "1,2,3-5,*/20", "hour": "*/6,7", "day_of_week": "1,3,5"},
    "spaces": {"minute": "0, 30", "hour": "9"},
    "odd weekday": {"minute": "0", "hour": "9", "day_of_week": "mon#1"},
    "odd step": {"minute": "*/1.5", "hour": "9"},
    "night": {"minute": "30", "hour": "2"},
    "night, wildcard": {"minute": "*/30", "hour": "2"},
    "midnight": {"minute": "0", "hour": "0"},
}

INTERVALS = {
    "1 s": timedelta(seconds=1),
    "1.5 s": 1.5,
    "30 s": 30.0,
    "90 s": timedelta(seconds=90),
    "7 min": timedelta(minutes=7),
    "1 h": 3600,
    "5 h 30": timedelta(hours=5, minutes=30),
    "1 d": timedelta(days=1),
    "36 h": timedelta(hours=36),
    "10 d": timedelta(days=10),
}

PLACES = {"Berlin": (52.52, 13.405), "Quito": (-0.18, -78.47), "Sydney": (-33.87, 151.21), "Tromso": (69.65, 18.96)}

entries = {}
for name, fields in CRONTABS.items():
    try:
        entries["crontab " + name] = crontab(**fields)
    except ValueError:  # This version of Celery is stricter.
        pass
for name, every in INTERVALS.items():
    entries["interval " + name] = every
    entries["relative " + name] = schedule(every, relative=True)
for place, (latitude, longitude) in PLACES.items():
    for event in sorted(solar._all_events):
        entries["solar %s %s" % (event, place)] = solar(event, latitude, longitude)

app.conf.beat_schedule = {name: {"task": "t", "schedule": each} for name, each in entries.items()}
