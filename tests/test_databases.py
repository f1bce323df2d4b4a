"""What makes the tests cheap makes them no less true."""

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from registry.db import db
from registry.host.models import Generation
from registry.people.models import Board, BoardKind
from tests import rules
from tests.databases import Pool


def test_a_database_that_is_given_again_is_as_it_was_made(postgres_pool: Pool) -> None:
    pool = postgres_pool
    address = pool.take()
    left = psycopg.connect(address)
    made = left.execute("SELECT * FROM generation").fetchall()
    left.execute("INSERT INTO board (name, kind, row_version) VALUES ('A', 'committee', 1)")
    left.execute("UPDATE generation SET number = number + 7")
    left.commit()
    left.execute("SELECT * FROM board FOR UPDATE")  # and is not over when the test is
    assert pool.take() == address
    left.close()
    with psycopg.connect(address) as found:
        assert found.execute("SELECT count(*) FROM board").fetchone() == (0,)
        assert found.execute("SELECT * FROM generation").fetchall() == made
        assert found.execute("SELECT nextval('board_id_seq')").fetchone() == (1,)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id integer)",
        "ALTER TABLE board ADD COLUMN more integer",
        "ALTER TABLE board DISABLE TRIGGER ALL",
        "DROP TRIGGER frozen_item_kept ON frozen_item",
        "ALTER TABLE measure DROP CONSTRAINT fk_measure_area_id",
    ],
)
def test_a_database_whose_tables_have_changed_is_not_given_again(
    postgres_pool: Pool, change: str
) -> None:
    address = postgres_pool.take()
    with psycopg.connect(address) as connection:
        connection.execute(change)
    assert postgres_pool.take() != address


def test_a_test_finds_its_database_empty_and_counts_from_one(app: Flask) -> None:
    board = Board(name="Socialnämnden", kind=BoardKind.COMMITTEE)
    db.session.add(board)
    db.session.commit()
    assert db.session.scalars(sa.select(Board.id)).all() == [1]
    assert db.session.scalar(sa.select(Generation.number)) == 0


def test_rules_compiled_once_lead_where_werkzeug_s_own_do(bare_app: Flask) -> None:
    for rule in bare_app.url_map.iter_rules():
        values = {
            name: 7
            if hasattr(converter, "fixed_digits")
            else min(getattr(converter, "items", [f"å {name}"]))
            for name, converter in rule._converters.items()
        }
        for unknown in (False, True):
            more = {"q": "ö"} if unknown else {}
            own = rules._compile(rule, unknown)
            assert rules._once(rule, unknown)(rule, **values, **more) == own(rule, **values, **more)
