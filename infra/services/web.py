"""The web dashboard in a cluster: built files behind NGINX. On one machine the edge has them."""

from infra.services.description import Port, Probe, Scaling, Service
from infra.services.nginx import configuration, web_locations
from infra.settings import Settings

__all__ = ["NAME", "web"]

NAME = "web"


def web(settings: Settings) -> Service:
    return Service(
        name=NAME,
        title="Web dashboard",
        command=("nginx", "-p", "{dir:run}", "-c", "{dir:etc}/nginx.conf", "-e", "stderr"),
        ports=(Port(name="http", number=8080),),
        probe=Probe(port="http", path="/", deadline_s=30),  # the page itself, as a user gets it
        liveness="/healthz",  # depends on nothing but NGINX itself
        files={"nginx.conf": configuration(locations=web_locations())},
        publishes="http",
        route="/",
        scaling=Scaling(minimum=2, maximum=2),
        stop_signal="QUIT",
        drain_s=15,
        image="web",
        account=101,
        resources=settings.resources.web,
    )
