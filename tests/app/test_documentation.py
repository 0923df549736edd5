"""The API's documentation is a page that needs nothing from elsewhere."""

import re

import httpx

from app.openapi import DOCS_PATH


async def test_the_page_loads_only_what_the_api_serves_itself(client: httpx.AsyncClient) -> None:
    page = await client.get(DOCS_PATH)
    assert page.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) == 3
    for link in links:
        assert link.startswith(DOCS_PATH)
        assert (await client.get(link)).status_code == 200
