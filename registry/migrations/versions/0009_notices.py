"""Outbox, alerts, notices to boards, guidance."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LETTER = ("waiting", "sending", "sent", "uncertain", "failed")
TOPIC = (
    "new_round", "reminder", "returned", "accepted", "submitted", "comment", "value_due", "clock",
    "notice", "job",
)
PLACE = (
    "home", "report_item", "effect_method", "metric", "business_plan", "measure", "round",
)


def _enum(name, members):
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=32)


def _moment(name, nullable=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name):
    return sa.Column(name, sa.Text(), nullable=False)


def _key(table, column, target, ondelete=None):
    return sa.ForeignKeyConstraint(
        [column], [target], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete
    )


def upgrade() -> None:
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("key"),
        sa.Column("user_id", sa.Integer(), nullable=True),
        _text("to_address"),
        _text("subject"),
        _text("text"),
        _text("html"),
        _text("message_id"),
        sa.Column("state", _enum("letterstate", LETTER), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("created_at", nullable=False),
        _moment("next_try_at", nullable=False),
        _moment("claimed_at"),
        _moment("handed_at"),
        _moment("sent_at"),
        _text("last_error"),
        _key("outbox_message", "user_id", "user_account.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_message_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_message_state", "outbox_message", ["state", "next_try_at"])
    op.create_index(op.f("ix_outbox_message_user_id"), "outbox_message", ["user_id"])
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        _text("key"),
        sa.Column("topic", _enum("topic", TOPIC), nullable=False),
        _text("subject"),
        _text("path"),
        _moment("created_at", nullable=False),
        _moment("read_at"),
        _moment("mailed_at"),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        _key("alert", "user_id", "user_account.id", "CASCADE"),
        _key("alert", "letter_id", "outbox_message.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_alert_user_id_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_created_at", "alert", ["created_at"])
    op.create_index(op.f("ix_alert_letter_id"), "alert", ["letter_id"])
    op.create_table(
        "muted_topic",
        sa.Column("user_id", sa.Integer(), nullable=False),
        _text("topic"),
        _key("muted_topic", "user_id", "user_account.id", "CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "topic", name=op.f("pk_muted_topic")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("key"),
        _text("title"),
        _text("body"),
        _moment("sent_at", nullable=False),
        sa.Column("sent_by_id", sa.Integer(), nullable=True),
        _text("sent_by_name"),
        _key("notice", "sent_by_id", "user_account.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notice_board",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        _text("board_name"),
        _key("notice_board", "notice_id", "notice.id", "CASCADE"),
        _key("notice_board", "board_id", "board.id"),
        sa.PrimaryKeyConstraint("notice_id", "board_id", name=op.f("pk_notice_board")),
    )
    op.create_table(
        "notice_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        _text("name"),
        _text("board_names"),
        _moment("told_at", nullable=False),
        _moment("read_at"),
        _key("notice_receipt", "notice_id", "notice.id", "CASCADE"),
        _key("notice_receipt", "user_id", "user_account.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_receipt")),
        sa.UniqueConstraint(
            "notice_id", "user_id", name=op.f("uq_notice_receipt_notice_id_user_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notice_receipt_user_id"), "notice_receipt", ["user_id"])
    op.create_table(
        "guidance_page",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("title"),
        _text("body"),
        sa.Column("place", _enum("guidanceplace", PLACE), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        _moment("changed_at", nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidance_page")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_guidance_page_place", "guidance_page", ["place", "position"])


def downgrade() -> None:
    for table in (
        "guidance_page",
        "notice_receipt",
        "notice_board",
        "notice",
        "muted_topic",
        "alert",
        "outbox_message",
    ):
        op.drop_table(table)
