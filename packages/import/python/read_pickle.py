#!/usr/bin/env python3
"""Prints the schedule that celery-beatx keeps in memcached as JSON, for `beatx import celery-beatx`.

It reads the pickle from standard input, in base64. Only plain values are unpickled, and dates and numbers of the standard
library: no other class, and so no code, is loaded from it.
"""

import base64
import datetime
import decimal
import io
import json
import pickle
import sys
import uuid
import zlib

ALLOWED = {
    ("_codecs", "encode"),
    ("builtins", "bytearray"),
    ("builtins", "frozenset"),
    ("builtins", "set"),
    ("collections", "OrderedDict"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "time"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("decimal", "Decimal"),
    ("uuid", "UUID"),
}
COMPRESSED = 1 << 3
LARGEST_INTEGER = 2**53 - 1


class PlainUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        module = {"__builtin__": "builtins"}.get(module, module)
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError("it has a %s.%s" % (module, name))
        return super().find_class(module, name)


def main():
    flags = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    data = base64.b64decode(sys.stdin.read())
    try:
        schedule = PlainUnpickler(io.BytesIO(zlib.decompress(data) if flags & COMPRESSED else data)).load()
    except Exception as error:
        sys.exit("error: the schedule cannot be unpickled: %s: %s" % (type(error).__name__, error))
    if not isinstance(schedule, dict):
        sys.exit("error: the schedule is a %s, not a dict" % type(schedule).__name__)
    json.dump([plain_entry(name, entry) for name, entry in sorted(schedule.items())], sys.stdout)


def plain_entry(name, entry):
    try:
        return {"name": name, "entry": json.loads(dumps()(entry), parse_int=checked, parse_constant=refuse)}
    except (TypeError, ValueError) as error:
        return {"name": name, "refused": "it cannot be sent as JSON: %s" % error}


def dumps():
    """Celery's own serializer if it is here, else one that writes the same."""
    try:
        from kombu.utils.json import dumps as kombu_dumps

        return kombu_dumps
    except ImportError:
        return lambda value: json.dumps(value, default=tagged)


def tagged(value):
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return {"__type__": type(value).__name__, "__value__": value.isoformat()}
    if isinstance(value, decimal.Decimal):
        return {"__type__": "decimal", "__value__": str(value)}
    if isinstance(value, uuid.UUID):
        return {"__type__": "uuid", "__value__": {"hex": value.hex}}
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def checked(text):
    if abs(int(text)) > LARGEST_INTEGER:
        raise ValueError("the integer %s is larger than JSON keeps exactly" % text)
    return int(text)


def refuse(text):
    raise ValueError("%s is not JSON" % text)


if __name__ == "__main__":
    main()
