from __future__ import annotations

import pytest
from zope.interface import Interface, implementer

from sennit.core.deferred import Deferred, fail, succeed
from sennit.cred import (
    ANONYMOUS,
    AllowAnonymousAccess,
    Anonymous,
    FailureLimiter,
    IAnonymous,
    ICredentialsChecker,
    InMemoryUsernamePasswordDatabaseDontUse,
    IRealm,
    IUsernameHashedPassword,
    IUsernamePassword,
    Portal,
    TooManyFailures,
    UnauthorizedLogin,
    UnhandledCredentials,
    UsernamePassword,
    login_from,
)


class IPage(Interface):
    pass


@implementer(IRealm)
class Realm:
    def requestAvatar(self, avatarId, mind, *interfaces):
        return interfaces[0], (avatarId, mind), lambda: None


def alice():
    return InMemoryUsernamePasswordDatabaseDontUse(alice=b"secret")


async def test_a_login_gives_the_realms_avatar_for_the_checkers_name():
    interface, avatar, logout = await Portal(Realm(), [alice()]).login(
        UsernamePassword(b"alice", b"secret"), "mind", IPage
    )
    assert (interface, avatar, logout()) == (IPage, (b"alice", "mind"), None)


@pytest.mark.parametrize("presented", [(b"alice", b"guess"), (b"alice", b""), (b"bob", b"secret")])
async def test_wrong_credentials_fail_alike_whatever_was_wrong(presented):
    with pytest.raises(UnauthorizedLogin) as caught:
        await Portal(Realm(), [alice()]).login(UsernamePassword(*presented), None, IPage)
    assert caught.value.args == ()


async def test_credentials_that_nothing_checks_are_named():
    with pytest.raises(UnhandledCredentials, match=r"No checker for sennit\.cred\.interfaces\.IAnonymous"):
        await Portal(Realm(), [alice()]).login(Anonymous(), None, IPage)


async def test_anonymous_users_are_let_in_as_nobody():
    _, avatar, _ = await Portal(Realm(), [AllowAnonymousAccess()]).login(Anonymous(), None, IPage)
    assert avatar == (ANONYMOUS, None)


async def test_a_later_checker_takes_the_place_of_an_earlier_one_for_the_interfaces_named():
    first, second = alice(), alice()
    portal = Portal(Realm(), [first])
    portal.registerChecker(second, IUsernamePassword)
    assert portal.checkers == {IUsernamePassword: second, IUsernameHashedPassword: first}
    assert portal.listCredentialsInterfaces() == [IUsernamePassword, IUsernameHashedPassword]


async def test_checkers_and_realms_may_be_coroutines():
    @implementer(ICredentialsChecker)
    class Checker:
        credentialInterfaces = (IAnonymous,)

        async def requestAvatarId(self, credentials):
            return await succeed(b"somebody")

    @implementer(IRealm)
    class Coroutines(Realm):
        async def requestAvatar(self, avatarId, mind, *interfaces):
            return await succeed((interfaces[0], avatarId, None))

    assert await Portal(Coroutines(), [Checker()]).login(Anonymous(), None, IPage) == (
        IPage,
        b"somebody",
        None,
    )


async def test_what_a_realm_raises_is_what_the_login_fails_with():
    class Refusing(Realm):
        def requestAvatar(self, avatarId, mind, *interfaces):
            raise NotImplementedError("nothing for IPage")

    with pytest.raises(NotImplementedError, match="nothing for IPage"):
        await Portal(Refusing(), [alice()]).login(UsernamePassword(b"alice", b"secret"), None, IPage)


async def test_a_portal_turns_away_after_too_many_failures_without_asking_the_checker():
    portal = Portal(Realm(), [alice()], limiter=FailureLimiter(per_user=3, seconds=lambda: 0.0))
    for _ in range(3):
        with pytest.raises(UnauthorizedLogin) as caught:
            await portal.login(UsernamePassword(b"alice", b"guess"), None, IPage)
        assert not isinstance(caught.value, TooManyFailures)
    portal.checkers.clear()
    portal.registerChecker(_Unreachable(), IUsernamePassword)
    with pytest.raises(TooManyFailures) as caught:
        await portal.login(UsernamePassword(b"alice", b"secret"), None, IPage)
    assert caught.value.retry_after == 10.0


@implementer(ICredentialsChecker)
class _Unreachable:
    credentialInterfaces = (IUsernamePassword,)

    def requestAvatarId(self, credentials):
        raise AssertionError("the credentials were looked at")


async def test_failures_count_by_the_source_that_the_protocol_tells():
    portal = Portal(Realm(), [alice()], limiter=FailureLimiter(per_source=2, seconds=lambda: 0.0))
    for name in (b"a", b"b"):
        with login_from("192.0.2.1"), pytest.raises(UnauthorizedLogin):
            await portal.login(UsernamePassword(name, b"guess"), None, IPage)
    with login_from("192.0.2.1"):
        refused = portal.login(UsernamePassword(b"alice", b"secret"), None, IPage)
    with pytest.raises(TooManyFailures):
        await refused
    with login_from("192.0.2.2"):
        accepted = portal.login(UsernamePassword(b"alice", b"secret"), None, IPage)
    assert (await accepted)[1] == (b"alice", None)


async def test_an_error_of_a_checker_is_no_failure_of_the_user():
    @implementer(ICredentialsChecker)
    class Broken:
        credentialInterfaces = (IUsernamePassword,)

        def requestAvatarId(self, credentials):
            return fail(ConnectionError("the directory is down"))

    portal = Portal(Realm(), [Broken()], limiter=FailureLimiter(per_user=1))
    for _ in range(3):
        with pytest.raises(ConnectionError):
            await portal.login(UsernamePassword(b"alice", b"secret"), None, IPage)


async def test_a_portal_can_be_had_without_a_limit():
    portal = Portal(Realm(), [alice()], limiter=None)
    for _ in range(200):
        with pytest.raises(UnauthorizedLogin) as caught:
            await portal.login(UsernamePassword(b"alice", b"guess"), None, IPage)
        assert not isinstance(caught.value, TooManyFailures)


def test_a_login_of_a_checker_in_memory_is_done_at_once():
    login = Portal(Realm(), [alice()]).login(UsernamePassword(b"alice", b"secret"), None, IPage)
    assert isinstance(login, Deferred)
    assert login.called
