"""PostgreSQL: the record of users, datasets, tasks and the scaler's history."""

from infra.services.description import Port, Probe, Service, State
from infra.settings import Settings

__all__ = ["NAME", "PORT", "SUPERUSER", "postgres"]

NAME = "postgres"
PORT = "sql"
SUPERUSER = "postgres"

# Superuser over the socket only, by the system's account; everyone else by password over TCP.
HOST_BASED_ACCESS = f"""\
local all {SUPERUSER} peer map=owner
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""


def postgres(settings: Settings) -> Service:
    data = settings.data
    options = {
        "listen_addresses": "127.0.0.1",
        "port": "{port:sql}",
        "unix_socket_directories": "{dir:run}",
        "hba_file": "{dir:etc}/pg_hba.conf",
        "ident_file": "{dir:etc}/pg_ident.conf",
        "max_connections": str(data.postgres_connections),
        "shared_buffers": f"{data.postgres_buffers_mib}MB",
        "password_encryption": "scram-sha-256",
        "log_min_duration_statement": "1000",
        "log_line_prefix": "%m [%p] %q%u@%d ",
    }
    return Service(
        name=NAME,
        title="PostgreSQL, the record of everything that must not be lost",
        command=(
            "postgres",
            "-D",
            "{dir:data}",
            *(part for item in options.items() for part in ("-c", "=".join(item))),
        ),
        ports=(Port(name=PORT, number=5432),),
        probe=Probe(port=PORT, deadline_s=60),
        files={
            "pg_hba.conf": HOST_BASED_ACCESS,
            "pg_ident.conf": f"owner {{user}} {SUPERUSER}\n",
        },
        state=State.DATA,
        stop_signal="INT",  # fast shutdown; TERM would wait for every client to leave
        drain_s=30,
    )
