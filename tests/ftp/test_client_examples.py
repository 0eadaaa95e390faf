"""The example of the client's documentation."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tests.ftp.kit import listening_at, make_factory

ROOT = Path(__file__).resolve().parents[2]


async def test_the_example_brings_a_directory_and_goes_on_where_it_was(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("mirror_by_ftp", ROOT / "examples" / "mirror_by_ftp.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    factory = make_factory(tmp_path)
    public, here = tmp_path / "public", tmp_path / "here"
    (public / "sub").mkdir()
    (public / "sub" / "page").write_bytes(b"hello")
    (public / "readme").write_bytes(b"0123456789")
    here.mkdir()
    (here / "readme").write_bytes(b"01234")
    async with listening_at(factory) as port:
        await example.main("127.0.0.1", port, here)
    assert (here / "readme").read_bytes() == b"0123456789"
    assert (here / "sub" / "page").read_bytes() == b"hello"
    assert sorted(capsys.readouterr().out.splitlines()) == ["/readme 10", "/sub/page 5"]
