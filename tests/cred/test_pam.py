from __future__ import annotations

import ctypes.util
import stat
import threading
from pathlib import Path

import pytest

from sennit.core.combinators import DeferredList
from sennit.core.deferred import Deferred
from sennit.cred import PluggableAuthenticationModules, UnauthorizedLogin, UsernamePassword, login_from
from sennit.cred.pam import PAM_PROMPT_ECHO_OFF, PAMChecker

_PLACES = [Path(place) for place in ("/lib", "/usr/lib", "/lib64", "/usr/lib64")]
_MODULES = [found for place in _PLACES for found in place.glob("**/pam_exec.so")]

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        ctypes.util.find_library("pam") is None or not _MODULES, reason="there is no PAM with pam_exec"
    ),
]


@pytest.fixture
def checker(tmp_path):
    """PAM with a rule of the test's own: a script that reads the password."""
    script = tmp_path / "check"
    script.write_text(
        "#!/bin/sh\n"
        f'echo "$PAM_USER from $PAM_RHOST" >> {tmp_path / "log"}\n'
        'read -r password || true\n[ "$PAM_USER" = alice ] && [ "$password" = secret ]\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    (tmp_path / "test").write_text(
        f"auth required pam_exec.so expose_authtok quiet {script}\naccount required pam_permit.so\n"
    )
    (tmp_path / "expired").write_text("auth required pam_permit.so\naccount required pam_deny.so\n")
    return PAMChecker("test", directory=tmp_path)


async def test_pam_says_who_may_come_in(checker, tmp_path):
    with login_from("192.0.2.1"):
        login = checker.requestAvatarId(UsernamePassword(b"alice", b"secret"))
    assert await login == b"alice"
    assert (tmp_path / "log").read_text() == "alice from 192.0.2.1\n"


@pytest.mark.parametrize(
    "presented",
    [
        *((b"alice", b"guess"), (b"alice", b""), (b"bob", b"secret"), (b"alice\0", b"secret")),
        *((b"alice", b"x" * 10_000), (b"", b"")),
    ],
)
async def test_whatever_is_wrong_fails_alike(checker, presented):
    with pytest.raises(UnauthorizedLogin):
        await checker.requestAvatarId(UsernamePassword(*presented))


async def test_an_account_that_pam_refuses_does_not_get_in_by_its_password(checker):
    checker.service = "expired"
    with pytest.raises(UnauthorizedLogin):
        await checker.requestAvatarId(UsernamePassword(b"alice", b"secret"))


async def test_a_conversation_takes_place_in_the_reactors_thread_and_may_wait(checker):
    asked = []
    waiting = Deferred()

    def answer(items):
        asked.append((threading.get_ident(), [style for _, style in items]))
        return waiting

    login = checker.requestAvatarId(PluggableAuthenticationModules(b"alice", answer))
    login_over = login.addCallback(lambda name: name)
    while not asked:
        await _turn()
    assert asked == [(threading.get_ident(), [PAM_PROMPT_ECHO_OFF])]
    waiting.callback([(b"secret", 0)])
    assert await login_over == b"alice"


def _turn():
    from sennit.core.current import current_reactor
    from sennit.task import deferLater

    return deferLater(current_reactor(), 0.001)


@pytest.mark.parametrize("answers", [[], [(b"secret", 0), (b"more", 0)], [(b"x" * 600, 0)]])
async def test_a_conversation_that_does_not_answer_what_is_asked_fails_the_login(checker, answers):
    with pytest.raises(UnauthorizedLogin):
        await checker.requestAvatarId(PluggableAuthenticationModules(b"alice", lambda items: answers))


async def test_a_thousand_logins_at_once_are_all_answered_rightly(tmp_path):
    (tmp_path / "quick").write_text("auth required pam_permit.so\naccount required pam_permit.so\n")
    (tmp_path / "never").write_text("auth required pam_deny.so\naccount required pam_permit.so\n")
    checkers = [PAMChecker("quick", directory=tmp_path), PAMChecker("never", directory=tmp_path)]
    outcomes = await DeferredList(
        [
            checkers[number % 2].requestAvatarId(UsernamePassword(b"alice", b"secret"))
            for number in range(1000)
        ],
        consumeErrors=True,
    )
    assert [succeeded for succeeded, _ in outcomes] == [True, False] * 500
