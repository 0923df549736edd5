"""The overview's PromQL, checked by the real program's parser."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from app.platform.queries import queries


def test_every_query_is_promql(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    rules = [
        {"record": f"test:{name}", "expr": query} for name, query in queries(window_s=900).items()
    ]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "overview", "rules": rules}]}))
    done = subprocess.run(
        [promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
