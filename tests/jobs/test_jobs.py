"""Jobs: asked for by a person, done by the worker, shown as they go."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from registry.db import db, now
from registry.jobs import queue, service
from registry.jobs.models import Job, JobProduct, JobState
from registry.jobs.service import Cancelled, JobFailed, Product, Running
from registry.people.models import Role, User
from registry.people.sessions import viewer_of


def count(job: Running) -> Product:
    for number in range(job.params["to"]):
        job.step(number, job.params["to"], f"nummer {number}")
    return Product(b"1;2;3", "tal.csv", "text/csv")


def refuse(_job: Running) -> Product:
    raise JobFailed("Det går inte nu.")


def fail(_job: Running) -> Product:
    raise ZeroDivisionError("hemligt")


@pytest.fixture
def person(app, make_user):
    for kind, work in (("count", count), ("refuse", refuse), ("fail", fail)):
        service.offer(app, kind, work)
    return make_user("Samordnare", Role.COORDINATOR)


def test_a_job_is_queued_done_and_its_product_fetched_by_its_owner_only(
    app, person, make_user, sign_in
):
    ended = []
    service.when_ended(app, ended.append)
    viewer = viewer_of(person.id)
    job = service.start(viewer, "count", "Räkna", to=3)
    mine, other = sign_in(person), sign_in(make_user("Annan", Role.AUDITOR))
    assert "Väntar" in mine.get(f"/jobs/{job.id}").text
    assert "ingen arbetare är igång" in mine.get(f"/jobs/{job.id}").text
    queue.current().work_off()
    assert [one.id for one in ended] == [job.id]
    page = mine.get(f"/jobs/{job.id}/progress")
    assert page.headers["HX-Redirect"] == f"/jobs/{job.id}"
    fetched = mine.get(f"/jobs/{job.id}/product")
    assert (fetched.data, fetched.mimetype) == (b"1;2;3", "text/csv")
    assert fetched.headers["Content-Disposition"] == "attachment; filename=tal.csv"
    for address in (f"/jobs/{job.id}", f"/jobs/{job.id}/progress", f"/jobs/{job.id}/product"):
        assert other.get(address).status_code == 404
    assert other.post(f"/jobs/{job.id}/cancel").status_code == 404
    assert "Räkna" in mine.get("/jobs/").text
    assert "Räkna" not in other.get("/jobs/").text


def test_a_product_is_kept_from_whoever_may_no_longer_do_what_they_might(app, person, sign_in):
    job = service.start(viewer_of(person.id), "count", "Räkna", to=1)
    queue.current().work_off()
    user = db.session.get_one(User, person.id)
    user.grants.clear()
    db.session.commit()
    assert sign_in(person).get(f"/jobs/{job.id}/product").status_code == 403


def test_a_failure_is_a_sentence_and_never_the_cause(app, person, sign_in):
    viewer = viewer_of(person.id)
    refused, failed = (service.start(viewer, kind, kind) for kind in ("refuse", "fail"))
    queue.current().work_off()
    client = sign_in(person)
    assert "Det går inte nu." in client.get(f"/jobs/{refused.id}").text
    page = client.get(f"/jobs/{failed.id}").text
    assert "Något gick fel hos oss" in page
    assert "hemligt" not in page
    assert client.get(f"/jobs/{failed.id}/product").status_code == 404


def test_a_job_is_cancelled_at_once_while_it_waits_and_at_its_next_step_while_it_runs(app, person):
    viewer = viewer_of(person.id)
    waiting = service.start(viewer, "count", "Räkna", to=1)
    assert service.cancel(viewer, waiting.id).state is JobState.CANCELLED

    def asked_to_end(job: Running) -> Product:
        db.session.rollback()
        service.cancel(viewer, job.id)
        with pytest.raises(Cancelled):
            job.step(1, 1)
        job.step(1, 1)
        raise AssertionError

    service.offer(app, "endless", asked_to_end)
    running = service.start(viewer, "endless", "Evigt")
    queue.current().work_off()
    states = dict(db.session.execute(sa.select(Job.id, Job.state)).all())
    assert states == {waiting.id: JobState.CANCELLED, running.id: JobState.CANCELLED}
    assert db.session.scalars(sa.select(JobProduct)).all() == []


def test_what_a_worker_died_in_is_done_by_the_next_but_not_for_ever(app, person):
    viewer = viewer_of(person.id)
    jobs = [service.start(viewer, "count", "Räkna", to=number) for number in (1, 2, 3)]
    assert service.start(viewer, "count", "Räkna", to=2).id == jobs[1].id, "it waits already"
    long_ago = now() - timedelta(minutes=5)
    for job, attempts, beat in zip(jobs, (1, 3, 1), (long_ago, long_ago, now()), strict=True):
        job.state, job.attempts, job.beat_at = JobState.RUNNING, attempts, beat
    db.session.commit()
    queue.current().work_off()
    queue.current().every_minute()
    queue.current().work_off()
    db.session.expire_all()
    assert [job.state for job in jobs] == [JobState.DONE, JobState.FAILED, JobState.RUNNING]
    assert service.worker_seen()


def test_a_real_worker_does_what_is_queued(tmp_path):
    """``registry worker`` in a process of its own, on a database of its own."""
    command = [str(Path(sys.executable).with_name("registry")), "--instance", str(tmp_path)]
    subprocess.run(
        [*command, "init", "--email=a@example.org", "--name=A", "--password=en-mening-att-minnas"],
        check=True,
        capture_output=True,
    )
    from registry import create_app

    app = create_app(tmp_path)
    with app.app_context():
        app.extensions["job_kinds"]["unknown"] = count  # the worker knows of none such
        job = service.start(viewer_of(1), "unknown", "Okänt")
        with subprocess.Popen([*command, "worker"], stderr=subprocess.PIPE) as process:
            for _ in range(300):
                ended = db.session.get_one(Job, job.id, populate_existing=True).ended
                db.session.rollback()  # what is not in a request takes the lock to write
                if ended:
                    break
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.1)
            process.terminate()
        assert process.returncode == 0
        assert db.session.get_one(Job, job.id).state is JobState.FAILED
        db.session.remove()
        db.engine.dispose()
