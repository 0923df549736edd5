"""The database's roles and schemas, and the jobs that bring them to this version of the code."""

from app import contract as api_contract
from infra.services.api import CREDENTIALS
from infra.services.api import DATABASE_PASSWORD as API_PASSWORD
from infra.services.api import DATABASE_URL as API_URL
from infra.services.description import Dependency, Job
from infra.services.postgres import NAME as POSTGRES
from infra.services.postgres import PORT, SUPERUSER, SUPERUSER_PASSWORD
from infra.services.scaler import DATABASE_PASSWORD as SCALER_PASSWORD
from infra.services.scaler import DATABASE_URL as SCALER_URL
from infra.settings import Settings
from scaler import contract as scaler_contract

__all__ = ["FIRST_USER_JOB", "FIRST_USER_PASSWORD", "ROLES_JOB", "jobs"]

ROLES_JOB = "database"
FIRST_USER_JOB = "first-user"
FIRST_USER_PASSWORD = "first-user-password"  # noqa: S105 - the name of a secret

# role: the secret that holds its password. Each owns the schema of its name and nothing else.
ROLES = {
    api_contract.DATABASE_ROLE: API_PASSWORD,
    scaler_contract.DATABASE_ROLE: SCALER_PASSWORD,
}
STORE = (Dependency(service=POSTGRES, port=PORT),)


def jobs(settings: Settings) -> tuple[Job, ...]:
    # The local stack's jobs speak to PostgreSQL over its socket, as the account that owns it.
    network = (
        {
            "PGHOST": f"{{host:{POSTGRES}}}",
            "PGPORT": f"{{number:{POSTGRES}.{PORT}}}",
            "PGPASSWORD": f"{{secret:{SUPERUSER_PASSWORD}}}",
        }
        if settings.cluster
        else {}
    )
    managed = settings.cluster.postgres if settings.cluster else None
    first_user = (
        {api_contract.FIRST_USER_PASSWORD: f"{{secret:{FIRST_USER_PASSWORD}}}"}
        if settings.cluster
        else {api_contract.CREDENTIALS_FILE: CREDENTIALS}
    )
    return (
        Job(
            name=ROLES_JOB,
            title="Database, roles and schemas",
            command=("psql", "--no-psqlrc", "--quiet", "--file", "{dir:etc}/roles.sql"),
            environment={
                "PGUSER": managed.superuser if managed else SUPERUSER,
                "PGDATABASE": "postgres",
                **{_variable(role): f"{{secret:{secret}}}" for role, secret in ROLES.items()},
                **network,
            },
            files={"roles.sql": _roles_sql()},
            dependencies=STORE,
            needs=(POSTGRES,),
            image="postgres",
            account=999,
            resources=settings.resources.jobs,
        ),
        Job(
            name="migrate-app",
            title="Tables of the API",
            command=("python", "-m", "app.migrate"),
            environment={api_contract.DATABASE_URL: API_URL},
            dependencies=STORE,
            needs=(ROLES_JOB,),
            before=("api", "worker", "relay"),
            source=("app",),
            image="app",
            resources=settings.resources.jobs,
        ),
        Job(
            name="migrate-scaler",
            title="Tables of the scaler",
            command=("python", "-m", "scaler.migrate"),
            environment={scaler_contract.DATABASE_URL: SCALER_URL},
            dependencies=STORE,
            needs=(ROLES_JOB,),
            before=("scaler",),
            source=("scaler",),
            image="scaler",
            resources=settings.resources.jobs,
        ),
        Job(
            name=FIRST_USER_JOB,
            title="The first user, an administrator",
            command=("python", "-m", "app.first_user"),
            environment={
                api_contract.DATABASE_URL: API_URL,
                **first_user,
            },
            dependencies=STORE,
            needs=("migrate-app",),
            image="app",
            resources=settings.resources.jobs,
        ),
    )


def _variable(role: str) -> str:
    return f"{role.upper()}_PASSWORD"


def _roles_sql() -> str:
    """Idempotent; passwords come by the environment, so that neither argv nor a log shows them."""
    name = api_contract.DATABASE_NAME
    lines = [
        "\\set ON_ERROR_STOP on",
        # A failed statement is logged with its text, and this text would hold a password.
        "SET log_min_error_statement = 'panic';",
        "SET log_min_duration_statement = -1;",
        "SET client_min_messages = 'warning';",
    ]
    for role in ROLES:
        lines += [
            f"\\getenv password {_variable(role)}",
            f"SELECT 'CREATE ROLE {role} LOGIN' WHERE NOT EXISTS "
            f"(SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec",
            f"ALTER ROLE {role} LOGIN PASSWORD :'password';",
        ]
    lines += [
        f"SELECT 'CREATE DATABASE {name}' WHERE NOT EXISTS "
        f"(SELECT FROM pg_database WHERE datname = '{name}') \\gexec",
        f"\\connect {name}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
    ]
    for role in ROLES:
        lines += [
            f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {role};",
            f"CREATE SCHEMA IF NOT EXISTS {role} AUTHORIZATION {role};",
            f"ALTER ROLE {role} IN DATABASE {name} SET search_path = {role};",
        ]
    return "\n".join(lines) + "\n"
