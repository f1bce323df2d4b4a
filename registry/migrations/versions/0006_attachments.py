"""Attachments and where their bytes lie."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Table, event, and what makes the database refuse it.
KEPT = (
    ("attachment", "DELETE", "1 = 1"),
    (
        "attachment",
        "UPDATE OF deleted_at",
        "EXISTS (SELECT 1 FROM item_attachment"
        " WHERE attachment_id = OLD.id AND removed_at IS NULL)",
    ),
    ("attachment", "UPDATE OF name, media_type, size, sha256", "1 = 1"),
    ("attachment_content", "UPDATE", "1 = 1"),
    (
        "attachment_content",
        "DELETE",
        "EXISTS (SELECT 1 FROM attachment WHERE key = OLD.key AND deleted_at IS NULL)",
    ),
    *(
        (
            "item_attachment",
            event,
            "EXISTS (SELECT 1 FROM report_item JOIN report ON report.id = report_item.report_id"
            " WHERE report_item.id = OLD.item_id AND report.state <> 'draft')",
        )
        for event in ("DELETE", "UPDATE OF item_id, attachment_id, removed_at")
    ),
)


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("stored_in", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"],
            ["user_account.id"],
            name=op.f("fk_attachment_uploaded_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("key", name=op.f("uq_attachment_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_attachment_sha256"), "attachment", ["sha256"])
    op.create_table(
        "attachment_content",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attachment_content")),
    )
    op.create_table(
        "value_attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("metric_id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("attachment_id", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["metric_id"],
            ["effect_metric.id"],
            name=op.f("fk_value_attachment_metric_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_value_attachment_board_id")
        ),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_value_attachment_attachment_id")
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_id"],
            ["user_account.id"],
            name=op.f("fk_value_attachment_removed_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_value_attachment")),
        sa.UniqueConstraint("attachment_id", name=op.f("uq_value_attachment_attachment_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_value_attachment_metric_id"), "value_attachment", ["metric_id"])
    op.create_table(
        "item_attachment",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("attachment_id", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["report_item.id"],
            name=op.f("fk_item_attachment_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_item_attachment_attachment_id")
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_id"],
            ["user_account.id"],
            name=op.f("fk_item_attachment_removed_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("item_id", "attachment_id", name=op.f("pk_item_attachment")),
    )
    op.create_index(op.f("ix_item_attachment_attachment_id"), "item_attachment", ["attachment_id"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    for number, (table, event, wrong) in enumerate(KEPT):
        if sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_kept_{number} BEFORE {event} ON {table} WHEN {wrong} "
                f"BEGIN SELECT RAISE(ABORT, '{table} rows are kept'); END"
            )
            continue
        op.execute(
            f"CREATE FUNCTION {table}_kept_{number}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN IF {wrong} THEN RAISE EXCEPTION '{table} rows are kept'; END IF; "
            f"RETURN {'OLD' if event == 'DELETE' else 'NEW'}; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept_{number} BEFORE {event} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_kept_{number}()"
        )


def downgrade() -> None:
    op.drop_table("value_attachment")
    op.drop_table("item_attachment")
    op.drop_table("attachment_content")
    op.drop_table("attachment")
    if op.get_bind().dialect.name == "postgresql":
        for number, (table, _event, _wrong) in enumerate(KEPT):
            op.execute(f"DROP FUNCTION {table}_kept_{number}()")
