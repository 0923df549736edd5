"""The page that shows the API's OpenAPI document, with files of its own: no CDN is needed.

Swagger UI's files come with the package fastapi-swagger, of which nothing else is used.
"""

from importlib.resources import files

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

__all__ = ["serve_documentation"]


def serve_documentation(app: FastAPI, path: str) -> None:
    """Serve the page at ``path`` and its files below it."""
    own = f"{path}/files"
    page = get_swagger_ui_html(
        openapi_url=app.openapi_url or "",
        title=f"{app.title}: API",
        swagger_js_url=f"{own}/swagger-ui-bundle.js",
        swagger_css_url=f"{own}/swagger-ui.css",
        swagger_favicon_url=f"{own}/favicon-32x32.png",
    )
    app.mount(own, StaticFiles(directory=str(files("fastapi_swagger") / "resources")))

    @app.get(path, include_in_schema=False)
    async def documentation() -> HTMLResponse:
        return page
