"""The edge of the local stack: NGINX serves the web's files and forwards `/api` to the API's ready
replicas.

In a cluster the gateway does the same, with the web's files served by a workload of their own; both
take what they forward from the description of the API.
"""

from infra.services.api import NAME as API
from infra.services.description import Dependency, Port, Probe, Service
from infra.services.nginx import configuration, web_locations

__all__ = ["NAME", "UPSTREAMS_FILE", "edge"]

NAME = "edge"
UPSTREAMS_FILE = "upstreams.conf"  # in its etc folder; written by who knows the ready replicas


def edge(api: Service) -> Service:
    return Service(
        name=NAME,
        title="Edge (NGINX): web dashboard and API on one address",
        command=("nginx", "-p", "{dir:run}", "-c", "{dir:etc}/nginx.conf", "-e", "stderr"),
        ports=(Port(name="http", number=8080),),
        probe=Probe(port="http", path="/healthz", deadline_s=30),
        files={
            "nginx.conf": configuration(
                http=FORWARDING, locations=_forwarded(api) + web_locations()
            )
        },
        dependencies=(Dependency(service=API, port="http"),),
        stop_signal="QUIT",  # graceful: requests under way are answered
        reload_signal="HUP",
        drain_s=15,
    )


FORWARDING = f"""
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  include {{dir:etc}}/{UPSTREAMS_FILE};
"""


def _forwarded(service: Service) -> str:
    return f"""\
    location {service.route}/ {{
      proxy_pass http://{service.name};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_request_buffering off;
      proxy_connect_timeout 3s;
      proxy_read_timeout 75s;
      proxy_next_upstream error timeout;
    }}

"""
