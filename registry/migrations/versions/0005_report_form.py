"""Comments, dated notes and measures handed to another board."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("report_item") as batch_op:
        batch_op.add_column(sa.Column("handed_to_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("handed_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("handed_note", sa.Text(), nullable=False, server_default=""))
        batch_op.create_foreign_key(
            op.f("fk_report_item_handed_to_id"), "board", ["handed_to_id"], ["id"]
        )
        batch_op.create_foreign_key(
            op.f("fk_report_item_handed_by_id"),
            "user_account",
            ["handed_by_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_index(op.f("ix_report_item_handed_to_id"), ["handed_to_id"])
    op.create_table(
        "item_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["round_id"], ["reporting_round.id"], name=op.f("fk_item_comment_round_id")
        ),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name=op.f("fk_item_comment_board_id")),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measure.id"], name=op.f("fk_item_comment_measure_id")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["user_account.id"],
            name=op.f("fk_item_comment_author_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"],
            ["user_account.id"],
            name=op.f("fk_item_comment_resolved_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_comment")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_item_comment_report", "item_comment", ["round_id", "board_id"])
    op.create_table(
        "measure_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["board_id"], ["board.id"], name=op.f("fk_measure_note_board_id")),
        sa.ForeignKeyConstraint(
            ["measure_id"],
            ["measure.id"],
            name=op.f("fk_measure_note_measure_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["user_account.id"],
            name=op.f("fk_measure_note_author_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_note")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_measure_note_measure", "measure_note", ["measure_id", "board_id"])


def downgrade() -> None:
    op.drop_table("measure_note")
    op.drop_table("item_comment")
    with op.batch_alter_table("report_item") as batch_op:
        batch_op.drop_index(op.f("ix_report_item_handed_to_id"))
        batch_op.drop_constraint(op.f("fk_report_item_handed_by_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_report_item_handed_to_id"), type_="foreignkey")
        for name in ("handed_note", "handed_by_id", "handed_at", "handed_to_id"):
            batch_op.drop_column(name)
