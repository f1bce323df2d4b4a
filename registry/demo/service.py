"""Load the demo: boards, people, the plan and its rounds, all or nothing."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from flask import Flask

from registry import events
from registry.audit import log
from registry.db import db
from registry.demo import accounts, effects
from registry.demo.business_plans import add_business_plans
from registry.demo.plan import add_boards, add_plan, at
from registry.demo.reports import Staff, add_round
from registry.demo.transaction import Clock, one_transaction
from registry.guidance.models import GuidancePage, GuidancePlace
from registry.host import switching
from registry.people.models import Board, User
from registry.plan.models import Plan

HERE = Path(__file__).parent


def is_loaded() -> bool:
    """Whether this database holds the demo."""
    coordinator = sa.select(User.id).where(User.email == accounts.COORDINATOR.email)
    return db.session.scalar(coordinator) is not None


def holds_anything() -> bool:
    """Whether anybody has begun to use this database."""
    return any(
        db.session.scalar(sa.select(model.id).limit(1)) is not None for model in (Plan, User, Board)
    )


def load(app: Flask) -> None:
    """Fill an empty database with the demo. In the log it has no actor."""
    document, story = _read("plan.yaml"), _read("reports.yaml")
    series = _read("effects.yaml")
    hashed = accounts.password_hash()
    clock = Clock(at(document["plan"]["decided_on"]))
    with one_transaction(clock), events.quiet(), log.acting(None), log.action("demo.load"):
        switching.enable_bundled(app)
        db.session.flush()
        boards = add_boards(document["boards"])
        users = accounts.users(boards.values(), hashed)
        db.session.add_all(users)
        version = add_plan(document, boards)
        add_business_plans(_read("business_plans.yaml"), version, boards, clock)
        clock.at = at(document["plan"]["decided_on"])
        effects.describe(series, version)
        staff = Staff({user.email: user for user in users}, boards)
        for node in story["rounds"]:
            add_round(node, version, staff, clock)
        effects.complete(series, version, staff, clock)
        for position, node in enumerate(_read("guidance.yaml"), 1):
            place = GuidancePlace(node["place"]) if node["place"] else None
            page = GuidancePage(title=node["title"], body=node["body"].strip(), place=place)
            page.position, page.published = position, True
            db.session.add(page)


def _read(name: str) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one where it was built
    return yaml.load((HERE / name).read_text("utf-8"), loader)  # noqa: S506  both are safe
