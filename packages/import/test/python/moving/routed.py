"""An application whose routes choose the queue."""

from celery import Celery

app = Celery("routed", broker="memory://")
app.conf.task_routes = {"tasks.*": {"queue": "chosen"}}


@app.task(name="other.limited", time_limit=7)
def limited():
    pass
