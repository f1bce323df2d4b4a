"""Round calendars, the texts and decision of a follow-up, published follow-ups."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATES = ("on_course", "partly", "off_course", "unclear")


def upgrade() -> None:
    op.add_column("reporting_round", sa.Column("closes_on", sa.Date(), nullable=True))
    op.add_column(
        "reporting_round", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "reporting_round",
        sa.Column("reminder_days", sa.JSON(), nullable=False, server_default="[14, 3, -1, -7]"),
    )
    op.create_table(
        "round_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["reporting_round.id"], name=op.f("fk_round_exception_round_id")
        ),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name=op.f("fk_round_exception_board_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_exception")),
        sa.UniqueConstraint(
            "round_id", "board_id", name=op.f("uq_round_exception_round_id_board_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "follow_up_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column(
            "assessed",
            sa.Enum(*STATES, name="assessed", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["reporting_round.id"], name=op.f("fk_follow_up_text_round_id")
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["goal_area.id"], name=op.f("fk_follow_up_text_area_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["saved_by_id"],
            ["user_account.id"],
            name=op.f("fk_follow_up_text_saved_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_text")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_follow_up_text_area",
        "follow_up_text",
        ["round_id", sa.text("coalesce(area_id, 0)")],
        unique=True,
    )
    op.create_table(
        "follow_up_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("paragraph", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["reporting_round.id"], name=op.f("fk_follow_up_decision_round_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_decision")),
        sa.UniqueConstraint("round_id", name=op.f("uq_follow_up_decision_round_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "published_follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_name", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["reporting_round.id"], name=op.f("fk_published_follow_up_round_id")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_published_follow_up_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_follow_up")),
        sa.UniqueConstraint(
            "round_id", "number", name=op.f("uq_published_follow_up_round_id_number")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_published_follow_up_plan_id"), "published_follow_up", ["plan_id"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER published_follow_up_no_{verb.lower()} BEFORE {verb} "
                "ON published_follow_up BEGIN SELECT RAISE(ABORT, "
                "'published_follow_up rows are kept for good'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER published_follow_up_kept BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON published_follow_up FOR EACH STATEMENT EXECUTE FUNCTION kept_for_good()"
        )


def downgrade() -> None:
    op.drop_table("published_follow_up")
    op.drop_table("follow_up_decision")
    op.drop_table("follow_up_text")
    op.drop_table("round_exception")
    with op.batch_alter_table("reporting_round") as batch:
        batch.drop_column("reminder_days")
        batch.drop_column("published_at")
        batch.drop_column("closes_on")
