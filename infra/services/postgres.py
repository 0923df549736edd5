"""PostgreSQL: the record of users, datasets, tasks and the scaler's history."""

from infra.services.description import Port, Preparation, Probe, Service, State, Tier
from infra.settings import Settings

__all__ = ["NAME", "PORT", "SUPERUSER", "SUPERUSER_PASSWORD", "postgres"]

NAME = "postgres"
PORT = "sql"
SUPERUSER = "postgres"
SUPERUSER_PASSWORD = "postgres-password"  # noqa: S105 - the name of a secret

# Superuser over the socket only, by the system's account; everyone else by password over TCP.
HOST_BASED_ACCESS = """\
local all postgres peer map=owner
host all all {clients} scram-sha-256
"""


def postgres(settings: Settings) -> Service:
    data = settings.data
    options = {
        "listen_addresses": "{listen}",
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
    # On one machine the superuser has no password and its jobs come over the socket; in a cluster
    # they come over the network.
    password = {"password": f"{{secret:{SUPERUSER_PASSWORD}}}"} if settings.cluster else {}
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
            **password,
        },
        preparation=Preparation(
            command=(
                *("initdb", "--pgdata", "{dir:data}", "--username", SUPERUSER),
                *("--auth-local", "peer", "--auth-host", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions"),
                *(("--pwfile", "{dir:etc}/password") if password else ()),
            ),
            creates="{dir:data}/PG_VERSION",
        ),
        state=State.DATA,
        stop_signal="INT",  # fast shutdown; TERM would wait for every client to leave
        drain_s=30,
        tier=Tier.DATA,
        image="postgres",
        account=999,
        resources=settings.resources.postgres,
        volume_gib=settings.cluster.storage.postgres_gib if settings.cluster else 0,
    )
