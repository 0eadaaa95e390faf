"""The example of the server's documentation, and its diagram."""

from __future__ import annotations

import ftplib
import importlib.util
import io
from pathlib import Path

import pytest

from sennit.ftp.state import diagram
from sennit.threads import deferToThread

ROOT = Path(__file__).resolve().parents[2]


async def test_the_example_takes_files_and_says_what_came(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("ftp_drop_box", ROOT / "examples" / "ftp_drop_box.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    port = example.listen(tmp_path, 0)

    def send():
        with ftplib.FTP(timeout=30) as client:
            client.connect("127.0.0.1", port.getHost().port)
            with pytest.raises(ftplib.error_perm):
                client.login()
            client.login("ada", "lovelace")
            client.mkd("sub")
            client.cwd("sub")
            client.storbinary("STOR f", io.BytesIO(b"hello"))

    try:
        await deferToThread(send)
    finally:
        await port.stopListening()
    assert (tmp_path / "ada" / "sub" / "f").read_bytes() == b"hello"
    assert capsys.readouterr().out == "came: f\n"


def test_the_documentation_shows_the_table_of_states():
    page = (ROOT / "docs" / "reference" / "ftp.md").read_text()
    assert f"```mermaid\n{diagram()}```" in page
