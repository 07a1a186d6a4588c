import os

SECRET_KEY = "x"
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
INSTALLED_APPS = ["django_celery_beat"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
CELERY_TIMEZONE = os.environ.get("ZONE", "UTC")
CELERY_RESULT_EXPIRES = None
