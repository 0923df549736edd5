"""The dashboard's types come from the API as it is."""

import json
from pathlib import Path

from app.api_document import schema

KEPT = Path(__file__).resolve().parents[2] / "dashboards" / "web" / "openapi.json"


def test_the_dashboard_knows_the_api_as_it_is() -> None:
    assert json.loads(KEPT.read_text()) == json.loads(json.dumps(schema())), (
        "the API has changed: run `npm run generate -- --fetch` in dashboards/web"
    )
