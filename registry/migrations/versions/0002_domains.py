"""Approvals of plugins, sealed answers, clearances."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KINDS = ("measure", "report_item", "frozen_item")


def upgrade() -> None:
    op.create_table(
        "plugin_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_approval")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_plugin_approval_name"), "plugin_approval", ["name"])
    op.create_table(
        "sealed_data",
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column(
            "subject_kind",
            sa.Enum(*KINDS, name="subjectkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("readable", sa.Boolean(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "plugin", "subject_kind", "subject_id", "field", name=op.f("pk_sealed_data")
        ),
    )
    op.create_index("ix_sealed_data_subject", "sealed_data", ["subject_kind", "subject_id"])
    op.create_index(op.f("ix_sealed_data_key_id"), "sealed_data", ["key_id"])
    op.create_table(
        "clearance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_clearance_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clearance")),
        sa.UniqueConstraint("user_id", "domain", name=op.f("uq_clearance_user_id_domain")),
        sqlite_autoincrement=True,
    )
    # The triggers that keep submitted reports speak of rows: a new, empty column touches none.
    op.add_column("frozen_value", sa.Column("secrecy", sa.Text(), nullable=True))
    op.add_column("frozen_value", sa.Column("data_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("frozen_value", "data_version")
    op.drop_column("frozen_value", "secrecy")
    op.drop_table("clearance")
    op.drop_table("sealed_data")
    op.drop_table("plugin_approval")
