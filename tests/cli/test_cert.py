"""``sennit cert``: what it makes, what it says, what it refuses."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sennit.cli.groups import run_command


def test_it_makes_a_certificate_and_says_where(tmp_path, capsys):
    assert run_command(["cert", "localhost", "127.0.0.1", "--out", str(tmp_path), "--days", "3"]) == 0
    said = capsys.readouterr().out
    assert f"Key and certificate  {tmp_path}/localhost.pem\n" in said
    assert f"Certificate alone    {tmp_path}/localhost.crt\n" in said
    assert "sennit run web --listen" in said
    assert {path.name for path in tmp_path.iterdir()} == {"localhost.pem", "localhost.crt"}


def test_it_replaces_nothing_unasked(tmp_path, capsys):
    arguments = ["cert", "localhost", "--out", str(tmp_path)]
    assert run_command(arguments) == 0
    assert run_command(arguments) == 1
    assert "exists already. --force replaces it." in capsys.readouterr().err
    assert run_command([*arguments, "--force"]) == 0


@pytest.mark.parametrize("arguments", [[], ["not a name"], ["localhost", "--days", "0"]])
def test_it_refuses_what_makes_no_sense(tmp_path, capsys, arguments):
    assert run_command(["cert", *arguments, "--out", str(tmp_path)]) == 2
    assert "sennit cert" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_says_what_to_install(tmp_path):
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}; sys.modules['cryptography'] = None\n"
        f"from sennit.cli import main; main(['cert', 'localhost', '--out', {str(tmp_path)!r}])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "pip install 'sennit[tls]'" in done.stderr
