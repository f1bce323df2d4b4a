"""Values with answers and corrections, targets over time, comparison series."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPERATORS = (">=", "<=", "=", ">", "<")
FETCHES = ("waiting", "ready", "nothing", "saved", "dropped", "failed")
ENTRIES = ("indicator", "municipality", "group")
STATUSES = ("final", "preliminary", "missing")
GENDERS = ("total", "women", "men")
FREQUENCIES = ("monthly", "tertial", "yearly", "every_other_year", "other")
METRIC = ("notes", "is_count", "is_share", "next_due_on", "frequency", "board_id")
VALUE = ("note", "reason", "respondents", "row_version")


def _enum(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    # Plain ALTERs: to rebuild these tables on SQLite would lose their checks and indexes.
    among = ", ".join(f"'{one}'" for one in FREQUENCIES)
    for column in (
        "board_id INTEGER CONSTRAINT fk_effect_metric_board_id REFERENCES board (id)",
        "frequency VARCHAR(32) CONSTRAINT ck_effect_metric_frequency"
        f" CHECK (frequency IN ({among}))",
        "next_due_on DATE",
        "is_share BOOLEAN DEFAULT false NOT NULL",
        "is_count BOOLEAN DEFAULT false NOT NULL"
        " CONSTRAINT ck_effect_metric_one_margin CHECK (NOT (is_share AND is_count))",
        "notes TEXT DEFAULT '' NOT NULL",
    ):
        op.execute(f"ALTER TABLE effect_metric ADD COLUMN {column}")
    for column in (
        "row_version INTEGER DEFAULT 1 NOT NULL",
        "respondents INTEGER",
        "reason TEXT DEFAULT '' NOT NULL",
        "note TEXT DEFAULT '' NOT NULL",
    ):
        op.execute(f"ALTER TABLE metric_value ADD COLUMN {column}")
    op.create_table(
        "metric_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("metric_id", sa.Integer(), nullable=False),
        sa.Column("operator", _enum("operator", *OPERATORS), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["metric_id"],
            ["effect_metric.id"],
            name=op.f("fk_metric_target_metric_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_target")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_metric_target_metric_id"), "metric_target", ["metric_id"])
    op.create_table(
        "value_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("status", _enum("valuestatus", *STATUSES), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("respondents", sa.Integer(), nullable=True),
        sa.Column("reason_of_change", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_by_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["value_id"],
            ["metric_value.id"],
            name=op.f("fk_value_correction_value_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_value_correction")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_value_correction_value_id"), "value_correction", ["value_id"])
    op.create_table(
        "comparison_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("metric_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", _enum("comparisonkind", "municipality", "group"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["metric_id"],
            ["effect_metric.id"],
            name=op.f("fk_comparison_series_metric_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison_series")),
        sa.UniqueConstraint("metric_id", "code", name=op.f("uq_comparison_series_metric_id_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "comparison_value",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("gender", _enum("gender", *GENDERS), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["comparison_series.id"],
            name=op.f("fk_comparison_value_series_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison_value")),
        sa.UniqueConstraint(
            "series_id", "period", "gender", name=op.f("uq_comparison_value_series_id_period_gender")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "source_fetch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", _enum("fetchstate", *FETCHES), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("scheduled", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("metric_ids", sa.JSON(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["user_account.id"],
            name=op.f("fk_source_fetch_created_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_fetch")),
        sa.UniqueConstraint("scheduled", name=op.f("uq_source_fetch_scheduled")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "source_entry",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", _enum("entrykind", *ENTRIES), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_source_entry")),
    )


def downgrade() -> None:
    for table in ("source_entry", "source_fetch"):
        op.drop_table(table)
    for table in ("comparison_value", "comparison_series", "value_correction", "metric_target"):
        op.drop_table(table)
    for table, columns in (("metric_value", VALUE), ("effect_metric", METRIC)):
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
