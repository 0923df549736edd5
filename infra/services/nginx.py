"""What the NGINX configurations of the local edge and of a cluster's web have in common."""

__all__ = ["configuration", "web_locations"]

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
HEADERS = "".join(
    f'    add_header {name} "{value}" always;\n' for name, value in SECURITY_HEADERS.items()
)


def configuration(*, locations: str, http: str = "") -> str:
    """A whole configuration with one server.

    Args:
        locations: the server's locations.
        http: further directives before the server.
    """
    # No limit on bodies: the API refuses a large one by its Content-Length, as a problem document.
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
{http}
  server {{
    listen {{listen}}:{{port:http}};
    client_max_body_size 0;
    root {{dir:web}};
{HEADERS}
    location = /healthz {{ access_log off; return 200 "ok\\n"; }}

{locations}  }}
}}
"""


def web_locations() -> str:
    """The built dashboard: one page, and assets whose names change with their content."""
    return f"""\
    location /assets/ {{
{HEADERS}      add_header Cache-Control "public, max-age=31536000, immutable";
      try_files $uri =404;
    }}

    location / {{
{HEADERS}      add_header Content-Security-Policy "{CONTENT_POLICY}" always;
      add_header Cache-Control "no-cache";
      try_files $uri /index.html;
    }}
"""
