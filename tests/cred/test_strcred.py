from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest
from zope.interface import implementer
from zope.interface.verify import verifyObject

from sennit.cred import ICheckerFactory, IUsernamePassword, UsernamePassword, strcred
from sennit.cred.factories import FACTORIES, FileCheckerFactory, InvalidAuthArgumentString
from sennit.cred.pam import PAMChecker
from sennit.cred.sshkeys import SSHKeyChecker
from sennit.cred.unix import UNIXChecker


def test_every_kind_is_a_factory_of_its_own_name_and_checks_what_it_says(tmp_path):
    (tmp_path / "users").write_text("")
    arguments = {
        "file": str(tmp_path / "users"),
        "htpasswd": str(tmp_path / "users"),
        "ldap": "ldaps://host/uid={},dc=example",
        "memory": "alice:secret",
        "sshkey": str(tmp_path),
    }
    for factory in FACTORIES:
        assert verifyObject(ICheckerFactory, factory)
        assert factory.authHelp
        assert factory.argStringFormat
        assert strcred.findCheckerFactory(factory.authType) is factory
        if factory.authType == "ldap":
            pytest.importorskip("ldap3")
        checker = strcred.makeChecker(f"{factory.authType}:{arguments.get(factory.authType, '')}")
        assert tuple(checker.credentialInterfaces) == factory.credentialInterfaces
    assert len({factory.authType for factory in FACTORIES}) == len(FACTORIES)


async def test_users_from_the_command_line_log_in_as_from_a_protocol():
    checker = strcred.makeChecker("memory:alice:secret:bob:")
    assert await checker.requestAvatarId(UsernamePassword(b"alice", b"secret")) == b"alice"
    assert await checker.requestAvatarId(UsernamePassword(b"bob", b"")) == b"bob"


@pytest.mark.parametrize(
    ("description", "kind"),
    [("unix", UNIXChecker), ("pam", PAMChecker), ("pam:imap", PAMChecker), ("sshkey", SSHKeyChecker)],
)
def test_a_kind_may_need_no_argument(description, kind):
    checker = strcred.makeChecker(description)
    assert type(checker) is kind
    if kind is PAMChecker:
        assert checker.service == (description.partition(":")[2] or "login")


@pytest.mark.parametrize(
    "description",
    [
        *(
            "memory:alice",
            "htpasswd:",
            "htpasswd:/nowhere",
            "ldap:host",
            "ldap:http://host/x",
            "sshkey:/nowhere",
        ),
        *("ldap:ldap://host/uid=alice", "pam:../passwd"),
    ],
)
def test_an_argument_that_is_not_as_it_must_be_is_refused(description):
    if description == "ldap:ldap://host/uid=alice":
        pytest.importorskip("ldap3")
    with pytest.raises(InvalidAuthArgumentString):
        strcred.makeChecker(description)


def test_an_unknown_kind_is_refused():
    with pytest.raises(strcred.InvalidAuthType) as caught:
        strcred.makeChecker("rot13:file")
    assert caught.value.args == ("rot13",)


def test_a_file_that_is_not_there_yet_is_warned_of(tmp_path):
    factory = FileCheckerFactory()
    factory.errorOutput = io.StringIO()
    factory.generateChecker(str(tmp_path / "absent"))
    assert factory.errorOutput.getvalue() == f"Warning: not a valid file: {tmp_path / 'absent'}\n"
    with pytest.raises(ValueError, match="requires a filename"):
        factory.generateChecker(" ")


@implementer(ICheckerFactory)
class Other:
    authType = "other"
    authHelp = "Something else."
    argStringFormat = "anything"
    credentialInterfaces = (IUsernamePassword,)

    def generateChecker(self, argstring):
        return argstring


def test_further_kinds_can_be_registered_or_come_from_a_source():
    for add, what in (
        (strcred.register_factory, Other()),
        (strcred.add_factory_source, lambda: [Other()]),
    ):
        forget = add(what)
        assert strcred.makeChecker("other:a:b") == "a:b"
        forget()
        with pytest.raises(strcred.InvalidAuthType):
            strcred.makeChecker("other")


def test_further_kinds_come_from_entry_points(tmp_path):
    info = tmp_path / "other-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[sennit.checker_factories]\nother = other_kind:Other\n")
    (tmp_path / "other_kind.py").write_text(
        "class Other:\n    authType = 'other'\n    def generateChecker(self, text): return 2 * text\n"
    )
    code = "from sennit.cred.strcred import makeChecker; print(makeChecker('other:x'))"
    done = _python(code, str(tmp_path))
    assert done == "xx\n"


def _python(code, *path):
    program = f"import sys; sys.path[:0] = {json.dumps([*path, *sys.path])}; {code}"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_the_drop_in_has_the_options_and_finds_twisted_plugins(tmp_path):
    plugins = tmp_path / "twisted" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "my_auth.py").write_text(
        "from zope.interface import implementer\n"
        "from twisted import plugin\n"
        "from twisted.cred.strcred import ICheckerFactory\n"
        "from twisted.cred.credentials import IUsernamePassword\n"
        "from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse\n"
        "@implementer(ICheckerFactory, plugin.IPlugin)\n"
        "class Mine:\n"
        "    authType, authHelp, argStringFormat = 'mine', 'My own.', 'a name'\n"
        "    credentialInterfaces = (IUsernamePassword,)\n"
        "    def generateChecker(self, text):\n"
        "        return InMemoryUsernamePasswordDatabaseDontUse(**{text: b'x'})\n"
        "mine = Mine()\n"
    )
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\n"
        "from twisted.python import usage\n"
        "from twisted.cred import credentials, strcred\n"
        "class Options(usage.Options, strcred.AuthOptionMixin):\n"
        "    supportedInterfaces = (credentials.IUsernamePassword,)\n"
        "    authOutput = sys.stdout\n"
        "for arguments in (['--auth', 'mine:zoe', '--auth', 'memory:a:b'], ['--auth', 'anonymous'],\n"
        "                  ['--auth', 'nope'], ['--help-auth'], ['--help-auth-type', 'anonymous']):\n"
        "    options = Options()\n"
        "    try:\n"
        "        options.parseOptions(arguments)\n"
        "        print([sorted(each.users) for each in options['credCheckers']],\n"
        "              list(options['credInterfaces']) == [credentials.IUsernamePassword])\n"
        "    except usage.UsageError as error:\n"
        "        print('error:', error)\n"
        "    except SystemExit as end:\n"
        "        print('end:', end.code)\n"
    )
    done = _python(
        f"from sennit.twisted import install; install(); import runpy; runpy.run_path({str(program)!r})",
        str(tmp_path),
    )
    lines = done.splitlines()
    assert lines[:3] == [
        "[[b'zoe'], [b'a']] True",
        "error: Auth plugin not supported: sennit.cred.interfaces.IAnonymous",
        "error: Auth plugin not recognized: nope",
    ]
    kinds = [line.split()[0] for line in lines if line.startswith("  ")]
    assert kinds[:2] == ["AuthType", "========"]
    assert kinds[2:9] == ["file", "htpasswd", "ldap", "memory", "mine", "pam", "unix"]
    assert "  WARNING: This authType is not supported by this application." in lines
    assert lines.count("end: 0") == 2


def test_a_directory_of_keys_has_a_file_for_each_user(tmp_path):
    from sennit.cred import SSHPrivateKey
    from sennit.cred.errors import UnauthorizedLogin

    (tmp_path / "alice").write_bytes(b"ssh-ed25519 AAAA")
    checker = strcred.makeChecker(f"sshkey:{tmp_path}")
    assert checker._keys_of(b"alice") == [b"\0\0\0"]
    for name in (b"../alice", b"bob", b"."):
        with pytest.raises(UnauthorizedLogin):
            checker._check(SSHPrivateKey(name, b"ssh-ed25519", b"\0\0\0", b"", b""))
