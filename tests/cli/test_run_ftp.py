"""``sennit run ftp``: what its options make, and which don't go together."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sennit.cli import run_ftp
from sennit.cred.interfaces import IAnonymous, IUsernamePassword


@pytest.fixture
def factory_of(tmp_path, monkeypatch):
    """Give a function that makes the factory that options ask for."""
    (tmp_path / "passwords").write_text("bob:secret\n")
    monkeypatch.chdir(tmp_path)
    made = []

    def make(options, make_factory, describe, what):
        made.append(make_factory(None))
        return 0

    monkeypatch.setattr(run_ftp, "run_server", make)

    def run(*words):
        result = CliRunner().invoke(run_ftp.command, words, standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return made[-1]

    return run


def test_a_directory_for_anybody(factory_of):
    factory = factory_of("--anonymous-root", ".", "--anonymous-name", "guest")
    assert factory.allowAnonymous
    assert factory.userAnonymous == "guest"
    assert set(factory.portal.checkers) == {IAnonymous}
    assert (factory.timeOut, factory.connectionLimit, factory.tls_context) == (600, None, None)


def test_directories_of_users(factory_of, tmp_path):
    factory = factory_of(
        *("--root", ".", "--password-file", "passwords", "--passive-ports", "5000-5002"),
        *("--passive-address", "203.0.113.7", "--max-clients", "3", "--idle-timeout", "0"),
    )
    assert not factory.allowAnonymous
    assert IUsernamePassword in factory.portal.checkers
    assert IAnonymous not in factory.portal.checkers
    assert list(factory.passivePortRange) == [5000, 5001, 5002]
    assert (factory.passive_address, factory.connectionLimit, factory.timeOut) == ("203.0.113.7", 3, None)
    assert factory.portal.realm.getHomeDirectory("bob") == (tmp_path / "bob").relative_to(tmp_path)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "Nobody could log in"),
        (["--root", "."], "--root needs"),
        (["--auth", "file:passwords"], "--root needs"),
        (["--anonymous-root", ".", "--require-tls"], "--certificate"),
        (["--anonymous-root", ".", "--passive-ports", "7-3"], "no range"),
        (["--anonymous-root", ".", "--passive-ports", "0-3"], "no range"),
        (["--anonymous-root", ".", "--passive-ports", "1-65536"], "no range"),
        (["--anonymous-root", "nothing"], "does not exist"),
        (["--root", ".", "--auth", "nothing:x"], "nothing"),
    ],
)
def test_options_that_do_not_go_together_are_told(factory_of, words, why):
    with pytest.raises(Exception, match=why) as error:
        factory_of(*words)
    assert type(error.value).__module__.startswith("click")


def test_one_port_is_a_range(factory_of):
    assert list(factory_of("--anonymous-root", ".", "--passive-ports", "5000").passivePortRange) == [5000]
