"""The trace that a task belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "003_traces"
down_revision = "002_tasks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("traceparent", sa.String(55)))


def downgrade() -> None:
    op.drop_column("tasks", "traceparent")
