"""Datasets, tasks, their outbox, the ledger of effects and the counts of completions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "002_tasks"
down_revision = "001_users"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NOW = sa.func.clock_timestamp()


def upgrade() -> None:
    _datasets()
    _tasks()
    _outbox()
    op.create_table(
        "applied",
        sa.Column("task_id", sa.Uuid, nullable=False),
        sa.Column("fencing_token", sa.Integer, nullable=False),
        sa.Column("applied_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("task_id", name="pk_applied"),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name="fk_applied_task_id_tasks", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "task_completions",
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("type", "outcome", name="pk_task_completions"),
    )


def downgrade() -> None:
    for table in ("task_completions", "applied", "outbox", "tasks", "datasets"):
        op.drop_table(table)


def _datasets() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("columns", JSONB, nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_datasets"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_datasets_owner_id_users"),
    )
    op.create_index("ix_datasets_owner_id_id", "datasets", ["owner_id", "id"])


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("parameters", JSONB, nullable=False),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("correlation_id", sa.String(128)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("result", JSONB),
        sa.Column("error", sa.Text),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("fencing_token", sa.Integer, nullable=False),
        sa.Column("runner", sa.String(200)),
        sa.Column("lease_until", MOMENT),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("queued_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("published_at", MOMENT),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_tasks_owner_id_users"),
        sa.UniqueConstraint("owner_id", "idempotency_key", name="uq_tasks_owner_id"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')",
            name="ck_tasks_state",
        ),
    )
    op.create_index("ix_tasks_owner_id_id", "tasks", ["owner_id", "id"])
    op.create_index(
        "ix_tasks_active",
        "tasks",
        ["state", "id"],
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("task_id", sa.Uuid, nullable=False),
        sa.Column("fencing_token", sa.Integer, nullable=False),
        sa.Column("available_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name="fk_outbox_task_id_tasks", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_outbox_available_at", "outbox", ["available_at", "id"])
    op.create_index("ix_outbox_task_id", "outbox", ["task_id"])
