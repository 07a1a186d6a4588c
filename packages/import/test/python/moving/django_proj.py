"""The same with django-celery-beat. DATABASE is the file of its tables."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_settings")

from celery import Celery  # noqa: E402

app = Celery("proj", broker=os.environ["BROKER"])
app.config_from_object("django.conf:settings", namespace="CELERY")
