#!/usr/bin/env python3
"""Prints the schedule of Celery beat as JSON, for `beatx import celery-beat`.

    python dump_celery.py --app proj.celery > schedule.json
    python dump_celery.py --app proj.celery --state celerybeat-schedule > schedule.json

It loads the application as beat does, and needs nothing but the application's own packages: Celery 4.4 or later, Python 3.8
or later. It connects to no broker, and writes nothing. With django-celery-beat it reads the tables, otherwise the
configuration (`beat_schedule` and `add_periodic_task`) and the file in which beat keeps when each entry last ran.
"""

import argparse
import contextlib
import datetime
import glob
import json
import os
import platform
import sys

FORMAT = 1
UTC = datetime.timezone.utc
#: JSON readers other than Python's keep integers only up to this one.
LARGEST_INTEGER = 2**53 - 1


class Problem(Exception):
    """Ends the program with one line."""


class NotJson(Exception):
    """A value that a JSON message cannot carry."""


def main():
    options = read_arguments()
    sys.path.insert(0, os.getcwd())
    try:
        # Whatever modules of the application print must not get into the JSON.
        with contextlib.redirect_stdout(sys.stderr):
            dump = route_entries(options) if options.routes else dump_application(options)
    except Problem as problem:
        sys.exit("error: %s" % problem)
    json.dump(dump, sys.stdout, indent=1)
    print()


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--app", required=True, help="as for `celery -A`: proj.celery or proj.celery:app")
    parser.add_argument("--state", help="the file of beat's option --schedule; default: as the application says, if it is there")
    parser.add_argument("--no-state", action="store_true", help="do not look for when the entries last ran")
    parser.add_argument("--django", action="store_true", help="read the tables of django-celery-beat; default: if it is installed")
    parser.add_argument("--routes", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def dump_application(options):
    app = load_app(options.app)
    notes = []
    uses_django = options.django or has_django_tables()
    dumper = Dumper(app)
    if uses_django:
        state = None
        entries = dumper.django_entries()
    else:
        state = find_state(app, options, notes)
        entries = dumper.configured_entries(state)
    note_settings(app, notes)
    return {
        "beatx": "celery-beat",
        "format": FORMAT,
        "celery": version_of("celery"),
        "python": platform.python_version(),
        "readAt": iso(datetime.datetime.now(UTC)),
        "source": "django" if uses_django else "configuration",
        "timezone": zone_name(app.timezone),
        "scheduler": str(app.conf.beat_scheduler),
        "state": state and {"file": state.file, "savedAt": state.saved_at, "timezone": state.timezone},
        "notes": notes,
        "entries": entries,
    }


def route_entries(options):
    """The options with which entries of another scheduler are sent. It reads the entries from standard input."""
    dumper = Dumper(load_app(options.app))
    routed = []
    for entry in json.load(sys.stdin):
        notes = []
        args = (entry["task"], entry["args"], entry["kwargs"], entry["options"], notes)
        routed.append({"options": dumper.dump_options(*args), "notes": notes})
    return routed


def load_app(name):
    try:
        from celery.app.utils import find_app
    except ImportError as error:
        raise Problem("%s cannot import celery: %s. Name the Python of the application by --python" % (sys.executable, error))
    try:
        app = find_app(name)
        # The steps of `celery beat` before it makes its scheduler.
        app.loader.init_worker()
        app.finalize()
        app.conf.beat_schedule
    except Exception as error:
        raise Problem("the application %r cannot be loaded: %s: %s" % (name, type(error).__name__, error))
    return app


def has_django_tables():
    settings = sys.modules.get("django.conf")
    if settings is None:
        return False
    try:
        return "django_celery_beat" in settings.settings.INSTALLED_APPS
    except Exception:  # Django is installed, but this application does not use it.
        return False


def version_of(package):
    return getattr(sys.modules.get(package), "__version__", "unknown")


def note_settings(app, notes):
    accepted = app.conf.accept_content or []
    if not {"json", "application/json"} & set(accepted):
        notes.append("the workers accept only %s, and beatx sends JSON: add json to accept_content" % ", ".join(sorted(accepted)))
    if app.conf.task_protocol == 1:
        notes.append("task_protocol is 1, and beatx sends protocol 2, which Celery 4 and later read")
    deadline = app.conf.get("beat_cron_starting_deadline")  # Celery 5.3 and later
    if deadline:
        notes.append("beat_cron_starting_deadline is %s: give the entries a deadlineMs of %d" % (deadline, deadline * 1000))


# The file in which beat keeps when each entry last ran.


class State:
    def __init__(self, file, saved_at, timezone, entries):
        self.file = file
        self.saved_at = saved_at
        self.timezone = timezone
        self.entries = entries


def find_state(app, options, notes):
    if options.no_state:
        return None
    file = options.state or app.conf.beat_schedule_filename
    files = [path for path in glob.glob(glob.escape(file) + "*") if path[len(file) :] in ("", ".db", ".dat", ".dir", ".bak")]
    if not files:
        if options.state:
            raise Problem("there is no file %s" % options.state)
        notes.append("there is no %s, so it is not known when the entries last ran: name it by --state" % file)
        return None
    note_running_beat(notes)
    return read_state(file, max(os.path.getmtime(path) for path in files))


def note_running_beat(notes):
    """Beat saves its last runs when it stops, and otherwise every three minutes."""
    try:
        with open("celerybeat.pid") as file:
            pid = int(file.read())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return
    notes.append("beat seems to run (process %d in celerybeat.pid): stop it first, or what it has sent since is sent again" % pid)


def read_state(file, saved_at):
    import shelve

    try:
        with shelve.open(file, flag="r") as store:
            entries = dict(store.get("entries", {}))
            timezone = store.get("tz")
    except Exception as error:
        raise Problem(
            "the state in %s cannot be read: %s: %s. Stop beat, which may lock it, and use the Python with which beat ran"
            % (file, type(error).__name__, error)
        )
    saved = datetime.datetime.fromtimestamp(saved_at, UTC)
    return State(file, iso(saved), timezone and str(timezone), entries)


# Entries.


class Dumper:
    def __init__(self, app):
        self.app = app

    def configured_entries(self, state):
        from celery.beat import ScheduleEntry

        dumped = []
        for name, fields in sorted(self.configured().items()):
            try:
                entry = fields if isinstance(fields, ScheduleEntry) else ScheduleEntry(**dict(fields, name=name, app=self.app))
            except Exception as error:
                dumped.append(refused(name, "beat itself cannot read it: %s: %s" % (type(error).__name__, error)))
                continue
            kept = state and state.entries.get(name)
            fields = {
                "name": name,
                "task": entry.task,
                "lastRunAt": iso(aware(kept.last_run_at)) if kept else None,
                "totalRunCount": kept.total_run_count if kept else 0,
            }
            dumped.append(self.dump(fields, entry.schedule, entry.args or [], entry.kwargs or {}, entry.options or {}))
        return dumped

    def configured(self):
        """As PersistentScheduler: the configuration, and the entry that Celery adds to clean up results."""
        from celery.beat import Scheduler

        scheduler = Scheduler(self.app, lazy=True)
        schedule = dict(self.app.conf.beat_schedule)
        with contextlib.suppress(Exception):  # The backend of the results may not be installed here.
            scheduler.install_default_entries(schedule)
            for name, entry in scheduler.schedule.items():
                schedule.setdefault(name, entry)
        return schedule

    def django_entries(self):
        try:
            from django_celery_beat.models import PeriodicTask

            rows = list(PeriodicTask.objects.order_by("name"))
        except Exception as error:
            raise Problem("the tables of django-celery-beat cannot be read: %s: %s" % (type(error).__name__, error))
        dumped = [self.django_entry(row) for row in rows]
        known = {row.name for row in rows}
        new = [entry for entry in self.configured_entries(None) if entry["name"] not in known]
        # Celery's own entry: django-celery-beat writes it to the tables when it starts.
        return dumped + [entry for entry in new if entry["name"] != "celery.backend_cleanup"]

    def django_entry(self, row):
        if row.scheduler is None:
            return refused(row.name, "it has no schedule")
        fields = {
            "name": row.name,
            "task": row.task,
            "enabled": row.enabled,
            "oneOff": row.one_off,
            "startAt": iso(aware(row.start_time)),
            "endAt": iso(aware(row.expires)),
            "changedAt": iso(aware(row.date_changed)),
            "lastRunAt": iso(aware(row.last_run_at)),
            "totalRunCount": row.total_run_count,
            "description": row.description or "",
        }
        try:
            args, kwargs, headers = [
                json.loads(text or empty) for text, empty in ((row.args, "[]"), (row.kwargs, "{}"), (row.headers, "{}"))
            ]
        except ValueError as error:
            return refused(row.name, "its args, kwargs or headers are not JSON: %s" % error)
        options = {name: getattr(row, name) for name in ("queue", "exchange", "routing_key", "priority")}
        # As beat sends it: result backends of Django show the name.
        options["headers"] = dict(headers, periodic_task_name=row.name)
        if row.expires or row.expire_seconds:
            options["expires"] = row.expires or row.expire_seconds
        return self.dump(fields, row.schedule, args, kwargs, options)

    def dump(self, fields, schedule, args, kwargs, options):
        notes = []
        try:
            schedule = dump_schedule(schedule, notes)
            args = plain("args", list(args))
            kwargs = plain("kwargs", dict(kwargs))
        except NotJson as error:
            return refused(fields["name"], str(error))
        options = self.dump_options(fields["task"], args, kwargs, options, notes)
        return dict(fields, schedule=schedule, args=args, kwargs=kwargs, options=options, notes=notes)

    def dump_options(self, name, args, kwargs, options, notes):
        """With what the task class and the routes add to the options when beat sends it."""
        task = self.app.tasks.get(name)
        merged = present(task._get_exec_options()) if task else {}
        if task and task.ignore_result:
            merged["ignore_result"] = True
        merged.update(present(options))
        try:
            destination(self.app, merged, name, args, kwargs, task)
        except Exception as error:
            notes.append("its queue cannot be told: %s: %s" % (type(error).__name__, error))
        dumped = {}
        for option, value in merged.items():
            try:
                dumped[option] = plain(option, self.moment(value))
            except NotJson as error:
                notes.append("the option %s is left out: %s" % (option, error))
        return dumped

    def moment(self, value):
        if isinstance(value, datetime.timedelta):
            return value.total_seconds()
        if isinstance(value, datetime.datetime):
            # Workers read a time without offset in the zone of the application.
            return (value if value.tzinfo else with_zone(value, self.app.timezone)).isoformat()
        return value


def refused(name, reason):
    return {"name": name, "refused": reason}


def present(options):
    return {name: value for name, value in options.items() if value is not None}


def destination(app, options, name, args, kwargs, task):
    """Replaces the options that name a destination by what they come to, in the way of `AMQP.send_task_message`."""
    routed = app.amqp.router.route(dict(options), name, args, kwargs, task)
    queue, exchange, key = [routed.get(option) for option in ("queue", "exchange", "routing_key")]
    kind = routed.get("exchange_type") or (queue.exchange.type if queue is not None else None) or "direct"
    options.update(present({option: routed[option] for option in routed if option not in DESTINATION}))
    for option in DESTINATION:
        options.pop(option, None)
    if queue is not None and kind == "direct" and (not exchange or not key):
        options["queue"] = queue.name
        return
    exchange = exchange or (queue.exchange.name if queue is not None else None) or app.conf.task_default_exchange
    options["exchange"] = getattr(exchange, "name", exchange)
    options["routing_key"] = key or (queue.routing_key if queue is not None else None) or app.conf.task_default_routing_key


DESTINATION = ("queue", "exchange", "routing_key", "exchange_type")


# Schedules.


def dump_schedule(schedule, notes):
    from celery import schedules

    if getattr(schedule, "clocked_time", None) is not None:
        return {"type": "clocked", "at": iso(aware(schedule.clocked_time))}
    for kind, dump in ((schedules.crontab, dump_crontab), (schedules.solar, dump_solar), (schedules.schedule, dump_interval)):
        if isinstance(schedule, kind) and decides_as(schedule, kind):
            note_clock(schedule, notes)
            return dump(schedule)
    if type(schedule).__module__ == "redbeat.schedules":
        from redbeat.decoder import RedBeatJSONEncoder

        return json.loads(json.dumps(schedule, cls=RedBeatJSONEncoder))
    kind = type(schedule)
    raise NotJson("its schedule is a %s.%s of the application: %r" % (kind.__module__, kind.__qualname__, schedule))


def decides_as(schedule, kind):
    """Whether a subclass leaves alone what decides when it is due. The one of django-celery-beat only knows its zone."""
    if type(schedule).__module__ == "django_celery_beat.tzcrontab":
        return True
    methods = ("is_due", "remaining_estimate", "remaining_delta")
    return all(getattr(type(schedule), name, None) is getattr(kind, name, None) for name in methods)


def note_clock(schedule, notes):
    if schedule.nowfun is not None and not type(schedule).__module__.startswith("django_celery_beat"):
        if not schedule.nowfun.__module__.startswith("django_celery_beat"):
            notes.append("its schedule has a nowfun, a clock of its own, which is left out: check its zone")


def dump_crontab(schedule):
    dumped = {"type": "crontab"}
    values = {}
    for name in ("minute", "hour", "day_of_month", "month_of_year", "day_of_week"):
        written = getattr(schedule, "_orig_" + name)
        dumped[name] = written if isinstance(written, (str, int)) else sorted(written)
        if written != "*":
            values[name] = sorted(getattr(schedule, name))
    dumped["values"] = values
    if type(schedule).__module__ == "django_celery_beat.tzcrontab":
        dumped["timezone"] = zone_name(schedule.tz)
    return dumped


def dump_solar(schedule):
    return {"type": "solar", "event": schedule.event, "latitude": float(schedule.lat), "longitude": float(schedule.lon)}


def dump_interval(schedule):
    return {"type": "interval", "seconds": schedule.run_every.total_seconds(), "relative": bool(schedule.relative)}


# Values.


def plain(what, value):
    """What Celery's JSON serializer makes of a value. Workers turn dates and the like back."""
    from kombu.utils.json import dumps

    refuse_lazy(what, value)
    try:
        return json.loads(dumps(value), parse_int=checked_integer, parse_constant=refuse_constant)
    except (TypeError, ValueError) as error:
        raise NotJson("%s cannot be sent as JSON: %s" % (what, error))


def refuse_lazy(what, value):
    values = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    if any(type(each).__name__ == "BeatLazyFunc" for each in values):
        raise NotJson("%s are computed at each sending (BeatLazyFunc): compute them in the task" % what)


def checked_integer(text):
    if abs(int(text)) > LARGEST_INTEGER:
        raise ValueError("the integer %s is larger than JSON keeps exactly: write it as text" % text)
    return int(text)


def refuse_constant(text):
    raise ValueError("%s is not JSON" % text)


def aware(moment):
    """Celery takes times without offset for UTC."""
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def with_zone(moment, zone):
    localize = getattr(zone, "localize", None)  # pytz
    return localize(moment) if localize else moment.replace(tzinfo=zone)


def iso(moment):
    return moment and moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def zone_name(zone):
    """The name in the database of time zones; null: it has none."""
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if name is None or name == "local":
        name = system_zone() if name == "local" or type(zone).__name__ == "LocalTimezone" else "UTC" if is_utc(zone) else None
    return name


def is_utc(zone):
    return zone is UTC or str(zone) in ("UTC", "tzutc()")


def system_zone():
    named = os.environ.get("TZ", "").lstrip(":")
    path = os.path.realpath("/etc/localtime")
    return named or (path.split("zoneinfo/")[1] if "zoneinfo/" in path else None)


if __name__ == "__main__":
    main()
