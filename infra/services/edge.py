"""The edge: NGINX serves the web's files and forwards `/api` to the API's ready replicas.

In a cluster the gateway does the same; both take what they forward from the description of the API.
"""

from app import contract
from infra.services.api import NAME as API
from infra.services.description import Dependency, Port, Probe, Service

__all__ = ["NAME", "SECURITY_HEADERS", "UPSTREAMS_FILE", "edge"]

NAME = "edge"
UPSTREAMS_FILE = "upstreams.conf"  # in its etc folder; written by who knows the ready replicas

MEDIA_TYPES = (
    "text/html html; text/css css; application/javascript js mjs; application/json json map; "
    "image/svg+xml svg; image/png png; image/x-icon ico; font/woff2 woff2; text/plain txt;"
)

# The component library makes an empty style element, whose hash this is, and fills it by script.
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
CONTENT_POLICY = (
    f"default-src 'self'; style-src 'self' {EMPTY_STYLE}; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
# The API's own pages (OpenAPI documentation) bring their own policy.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def edge() -> Service:
    return Service(
        name=NAME,
        title="Edge (NGINX): web dashboard and API on one address",
        command=("nginx", "-p", "{dir:run}", "-c", "{dir:etc}/nginx.conf", "-e", "stderr"),
        ports=(Port(name="http", number=8080),),
        probe=Probe(port="http", path="/healthz", deadline_s=30),
        files={"nginx.conf": _configuration()},
        dependencies=(Dependency(service=API, port="http"),),
        stop_signal="QUIT",  # graceful: requests under way are answered
        reload_signal="HUP",
        drain_s=15,
    )


def _configuration() -> str:
    # No limit on bodies: the API refuses a large one by its Content-Length, as a problem document.
    headers = "".join(
        f'    add_header {name} "{value}" always;\n' for name, value in SECURITY_HEADERS.items()
    )
    return f"""\
daemon off;
worker_processes 1;
pid {{dir:run}}/nginx.pid;
error_log stderr warn;

events {{ worker_connections 1024; }}

http {{
  types {{ {MEDIA_TYPES} }}
  default_type application/octet-stream;
  client_body_temp_path {{dir:scratch}}/body;
  proxy_temp_path {{dir:scratch}}/proxy;
  fastcgi_temp_path {{dir:scratch}}/fastcgi;
  uwsgi_temp_path {{dir:scratch}}/uwsgi;
  scgi_temp_path {{dir:scratch}}/scgi;
  access_log off;
  server_tokens off;
  sendfile on;
  gzip on;
  gzip_types text/css application/javascript application/json image/svg+xml;

  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  include {{dir:etc}}/{UPSTREAMS_FILE};

  server {{
    listen 127.0.0.1:{{port:http}};
    client_max_body_size 0;
    root {{dir:web}};
{headers}
    location = /healthz {{ access_log off; return 200 "ok\\n"; }}

    location {contract.API_PREFIX}/ {{
      proxy_pass http://{API};
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

    location /assets/ {{
{headers}      add_header Cache-Control "public, max-age=31536000, immutable";
      try_files $uri =404;
    }}

    location / {{
{headers}      add_header Content-Security-Policy "{CONTENT_POLICY}" always;
      add_header Cache-Control "no-cache";
      try_files $uri /index.html;
    }}
  }}
}}
"""
