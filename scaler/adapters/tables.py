"""The scaler's tables, in the schema that its role owns.

The step is part of the key: histories of different steps (a demo profile, say) never mix.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from scaler.contract import DATABASE_ROLE

__all__ = [
    "checkpoints",
    "controls",
    "decisions",
    "factors",
    "load",
    "metadata",
    "models",
    "pins",
    "states",
]

metadata = MetaData(schema=DATABASE_ROLE)

load = Table(
    "load",
    metadata,
    Column("workload", String, primary_key=True),
    Column("step_ms", Integer, primary_key=True),
    Column("step", BigInteger, primary_key=True),
    Column("load", Float(53)),
    Column("replicas", Integer),
    Column("median", Float(53)),
    Column("upper", Float(53)),
    Column("lower", Float(53)),
    Column("reactive", Integer),
    Column("floor", Integer),
    Column("desired", Integer),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("workload", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("acted", Boolean, nullable=False),
    Column("decision", JSONB, nullable=False),
    Column("judgement", JSONB),
    Index("decisions_workload_at", "workload", "at"),
)

# What a restart must not forget, in parts that are replaced one by one.
states = Table(
    "states",
    metadata,
    Column("workload", String, primary_key=True),
    Column("step_ms", Integer, primary_key=True),
    Column("state", JSONB, nullable=False),
)

controls = Table(
    "controls",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("workload", String, nullable=False),
    Column("change", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("configured", String, nullable=False),
    Column("frozen_until", DateTime(timezone=True)),
    Column("frozen_by", String, nullable=False),
    Column("frozen_because", String, nullable=False),
    Index("controls_workload_at", "workload", "at"),
)

# States of what is learnt apart from the load, by kind and name.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("kind", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("state", JSONB, nullable=False),
)

# What moves loads from outside, as it was registered.
factors = Table(
    "factors",
    metadata,
    Column("kind", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("workloads", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("is_planned", Boolean, nullable=False),
    Column("entries", JSONB, nullable=False),
)

# Fitted forecasters, where they are kept here and not in a folder.
models = Table(
    "models",
    metadata,
    Column("workload", String, primary_key=True),
    Column("version", String, primary_key=True),
    Column("description", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

# The version that a workload was rolled back to.
pins = Table(
    "pins",
    metadata,
    Column("workload", String, primary_key=True),
    Column("version", String, nullable=False),
)
