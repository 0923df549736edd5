from pathlib import Path

import pytest

from scaler.evidence.whole_file import whole_file


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    for text in ("one", "two"):
        with whole_file(path) as meanwhile:
            meanwhile.write_text(text)
        assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    path.write_text("whole")

    def fail() -> None:
        with whole_file(path) as meanwhile:
            meanwhile.write_text("ha")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        fail()
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    link.symlink_to(target)
    with whole_file(link) as meanwhile:
        meanwhile.write_text("found")
    assert link.is_symlink()
    assert target.read_text() == "found"
