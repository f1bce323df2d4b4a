"""What boards take into their own plans, and what measures cost."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS = ("statistics", "survey", "before_after", "comparison", "own_count", "qualitative")
STATES = ("taken_in", "under_way", "not_taken_in")


def upgrade() -> None:
    _kinds_of_method((*KINDS, "none_yet"), new=True)
    op.create_table(
        "business_plan_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="entrystate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("paragraph", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'taken_in' OR reference <> ''",
            name=op.f("ck_business_plan_entry_taken_in_where"),
        ),
        sa.CheckConstraint(
            "state <> 'not_taken_in' OR reason <> ''",
            name=op.f("ck_business_plan_entry_left_out_why"),
        ),
        *_of_measure_and_board("business_plan_entry"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_business_plan_entry_board", "business_plan_entry", ["board_id", "year"])
    op.create_table(
        "measure_cost",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("planned_kr", sa.Numeric(18, 2), nullable=True),
        sa.Column("actual_kr", sa.Numeric(18, 2), nullable=True),
        sa.Column("planned_fte", sa.Numeric(9, 2), nullable=True),
        sa.Column("actual_fte", sa.Numeric(9, 2), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "planned_kr >= 0 AND actual_kr >= 0 AND planned_fte >= 0 AND actual_fte >= 0",
            name=op.f("ck_measure_cost_not_negative"),
        ),
        *_of_measure_and_board("measure_cost"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_measure_cost_board", "measure_cost", ["board_id", "year"])


def downgrade() -> None:
    op.drop_table("measure_cost")
    op.drop_table("business_plan_entry")
    op.execute("DELETE FROM effect_method WHERE kind = 'none_yet'")
    _kinds_of_method(KINDS, new=False)


def _of_measure_and_board(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["measure_id"],
            ["measure.id"],
            name=op.f(f"fk_{table}_measure_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name=op.f(f"fk_{table}_board_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "measure_id", "board_id", "year", name=op.f(f"uq_{table}_measure_id_board_id_year")
        ),
    )


def _kinds_of_method(kinds: tuple[str, ...], *, new: bool) -> None:
    """Which kinds of method there are, and the columns that are asked for with them."""
    last_id = _last_id()
    with op.batch_alter_table(
        "effect_method", table_kwargs={"sqlite_autoincrement": True}
    ) as batch:
        batch.drop_constraint(op.f("ck_effect_method_methodkind"), type_="check")
        if new:
            batch.add_column(sa.Column("who", sa.Text(), nullable=False, server_default=""))
            batch.add_column(
                sa.Column("counts_as_effect", sa.Text(), nullable=False, server_default="")
            )
            batch.add_column(sa.Column("decide_by", sa.Date(), nullable=True))
            batch.create_check_constraint(
                op.f("ck_effect_method_undecided"),
                "(kind = 'none_yet') = (decide_by IS NOT NULL)",
            )
        else:
            batch.drop_constraint(op.f("ck_effect_method_undecided"), type_="check")
            for name in ("decide_by", "counts_as_effect", "who"):
                batch.drop_column(name)
        batch.create_check_constraint(
            op.f("ck_effect_method_methodkind"), sa.column("kind").in_(kinds)
        )
    if last_id is not None:
        op.execute(
            f"UPDATE sqlite_sequence SET seq = max(seq, {last_id}) WHERE name = 'effect_method'"
        )


def _last_id() -> int | None:
    """The last id that SQLite gave to a method: none is ever given twice."""
    if op.get_bind().dialect.name != "sqlite":
        return None
    found = op.get_bind().execute(
        sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'effect_method'")
    )
    return found.scalar()
