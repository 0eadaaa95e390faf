"""The FTP server over real sockets, by the standard library's client."""

from __future__ import annotations

import ftplib
import io

import pytest
from tests.ftp.kit import listening, make_factory

DATA = bytes(range(256)) * 3000


@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
async def test_a_user_sends_files_and_gets_them_back(tmp_path, passive):
    def use(client):
        client.set_pasv(passive)
        client.storbinary("STOR new", io.BytesIO(DATA))
        got = io.BytesIO()
        client.retrbinary("RETR new", got.write)
        return got.getvalue(), client.nlst(), client.size("new"), client.quit()

    async with listening(make_factory(tmp_path)) as run:
        got, names, size, bye = await run(use)
    assert (len(got), names, size, bye[:3]) == (len(DATA), ["new"], len(DATA), "221")
    assert got == DATA, "the octets differ"
    assert (tmp_path / "users" / "bob" / "new").read_bytes() == DATA, "the octets differ"


async def test_who_has_no_name_reads_and_changes_nothing(tmp_path):
    factory = make_factory(tmp_path)
    (tmp_path / "public" / "readme").write_bytes(b"hello")

    def use(client):
        got = io.BytesIO()
        client.retrbinary("RETR readme", got.write)
        refused = []
        for command in ("DELE readme", "MKD new", "RMD new", "RNFR readme"):
            try:
                client.sendcmd(command)
                client.sendcmd("RNTO other")
            except ftplib.error_perm as error:
                refused.append(str(error)[:3])
        with pytest.raises(ftplib.error_perm, match="550"):
            client.storbinary("STOR new", io.BytesIO(b""))
        return got.getvalue(), refused

    async with listening(factory) as run:
        assert await run(use, user="anonymous", password="me@") == (b"hello", ["550"] * 4)
    assert [path.name for path in (tmp_path / "public").iterdir()] == ["readme"]


async def test_a_wrong_password_is_refused(tmp_path):
    async with listening(make_factory(tmp_path)) as run:
        with pytest.raises(ftplib.error_perm, match="530"):
            await run(lambda client: None, password="guess")
