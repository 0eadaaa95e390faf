"""Versions, deprecations, platforms, programs, text: what programs take from twisted.python."""

from __future__ import annotations

import os
import pickle
import pwd
import struct
import sys
import time
import types
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.trial import patching
from sennit.twisted.internet.abstract import isIPAddress, isIPv6Address
from sennit.twisted.internet.fdesc import readFromFD, setBlocking, setNonBlocking, writeToFD
from sennit.twisted.internet.main import CONNECTION_DONE, CONNECTION_LOST
from sennit.twisted.python import (
    compat,
    deprecate,
    procutils,
    randbytes,
    runtime,
    text,
    threadable,
    util,
)
from sennit.twisted.python.versions import IncomparableVersions, Version, getVersionString

OLD = Version("Example", 1, 2, 3)


def test_versions_are_ordered_as_pep_440_says():
    ordered = [
        Version("p", 1, 2, 3, release_candidate=1, dev=1),
        Version("p", 1, 2, 3, release_candidate=1),
        Version("p", 1, 2, 3, dev=1),
        Version("p", 1, 2, 3),
        Version("p", 1, 2, 3, post=1),
        Version("p", 1, 10, 0),
        Version("p", "NEXT", 0, 0),
    ]
    assert sorted(ordered[3:] + ordered[:3]) == ordered
    assert [each.public() for each in ordered] == [
        "1.2.3rc1.dev1",
        "1.2.3rc1",
        "1.2.3.dev1",
        "1.2.3",
        "1.2.3.post1",
        "1.10.0",
        "NEXT",
    ]


def test_versions_of_different_packages_do_not_compare():
    assert Version("A", 1, 0, 0) == Version("a", 1, 0, 0)
    assert OLD != 3
    with pytest.raises(IncomparableVersions):
        _ = Version("Other", 1, 0, 0) > OLD
    with pytest.raises(TypeError):
        _ = OLD < 3


def test_versions_show_themselves():
    assert repr(Version("p", 1, 2, 3, release_candidate=4)) == "Version('p', 1, 2, 3, release_candidate=4)"
    assert str(OLD) == "[Example, version 1.2.3]"
    assert getVersionString(OLD) == "Example 1.2.3"
    assert Version("p", 1, 2, 3, prerelease=2).release_candidate == 2
    with pytest.raises(ValueError, match="NEXT"):
        Version("p", "NEXT", 1, 0)
    with pytest.raises(ValueError, match="not both"):
        Version("p", 1, 0, 0, release_candidate=1, prerelease=1)


def test_a_deprecated_function_warns_at_the_callers_line_and_works():
    @deprecate.deprecated(OLD, "other.thing")
    def function(value):
        """Do it."""
        return value + 1

    wanted = r"function was deprecated in Example 1\.2\.3; please use other"
    with pytest.warns(DeprecationWarning, match=wanted) as seen:
        assert function(1) == 2
    assert seen[0].filename == __file__
    assert function.__doc__ == "Do it.\n\nDeprecated in Example 1.2.3; please use other.thing instead.\n"
    assert function.deprecatedVersion is OLD


def test_a_deprecated_property_warns_when_read_and_when_set():
    class Thing:
        value = 1

        @deprecate.deprecatedProperty(OLD)
        def old(self):
            return self.value

        @old.setter
        def old(self, value):
            self.value = value

    thing = Thing()
    with pytest.warns(DeprecationWarning, match=r"Thing\.old was deprecated"):
        assert thing.old == 1
    with pytest.warns(DeprecationWarning, match=r"Thing\.old was deprecated"):
        thing.old = 2
    assert thing.value == 2


def test_a_deprecated_parameter_warns_only_when_given():
    @deprecate.deprecatedKeywordParameter(OLD, "b", "c")
    def function(a, b=0):
        return a + b

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert function(1) == 1
    for call in (lambda: function(1, 2), lambda: function(1, b=2)):
        with pytest.warns(DeprecationWarning, match="The 'b' parameter to .*function was deprecated"):
            assert call() == 3


def test_a_deprecated_module_attribute_warns_when_read(monkeypatch):
    module = types.ModuleType("module_with_old_things")
    module.old, module.new = 1, 2
    monkeypatch.setitem(sys.modules, module.__name__, module)
    deprecate.deprecatedModuleAttribute(OLD, "use new", module.__name__, "old")
    import module_with_old_things as proxy

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert proxy.new == 2
        proxy.more = 3
    assert module.more == 3
    assert isinstance(proxy, types.ModuleType)
    wanted = r"module_with_old_things\.old was deprecated in .*: use new"
    with pytest.warns(DeprecationWarning, match=wanted) as seen:
        assert proxy.old == 1
    assert seen[0].filename == __file__


def test_warnings_go_where_they_are_sent(monkeypatch):
    sent = []
    before = deprecate.getWarningMethod()
    deprecate.setWarningMethod(lambda *args, **kwargs: sent.append(args))
    try:
        deprecate.deprecated(OLD)(lambda: None)()
    finally:
        deprecate.setWarningMethod(before)
    assert sent[0][1] is DeprecationWarning


def test_arguments_that_exclude_each_other_are_refused():
    @deprecate._mutuallyExclusiveArguments([["a", "b"]])
    def function(a=1, b=2):
        return a, b

    assert function(a=3) == (3, 2)
    with pytest.raises(TypeError, match="mutually exclusive"):
        function(3, 4)


def test_this_platform_is_known():
    assert runtime.platformType == "posix"
    assert runtime.platform.isLinux() == sys.platform.startswith("linux")
    assert not runtime.platform.isWindows()
    assert runtime.platform.supportsThreads()
    assert runtime.Platform("nt", "win32").isWindows()
    assert runtime.Platform("posix", "darwin").isMacOSX()
    assert not runtime.Platform("unheard-of", "of").isKnown()
    assert runtime.shortPythonVersion() == ".".join(map(str, sys.version_info[:3]))
    assert abs(runtime.seconds() - time.time()) < 100


def test_a_container_is_known_by_its_control_group(tmp_path):
    groups = tmp_path / "cgroup"
    linux = runtime.Platform("posix", "linux")
    assert not linux.isDocker(str(groups))
    groups.write_text("1:name=systemd:/\n")
    assert not linux.isDocker(str(groups))
    groups.write_text("1:name=systemd:/docker/0123\n")
    assert linux.isDocker(str(groups))
    assert not runtime.Platform("posix", "darwin").isDocker(str(groups))


def test_programs_are_found_on_the_path(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        program = tmp_path / name / "tool"
        program.touch()
        program.chmod(0o755)
    (tmp_path / "one" / "plain").touch()
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "one"), str(tmp_path / "two")]))
    assert procutils.which("tool") == [str(tmp_path / "one" / "tool"), str(tmp_path / "two" / "tool")]
    assert procutils.which("plain") == []
    monkeypatch.delenv("PATH")
    assert procutils.which("tool") == []


def test_strings_cross_over_only_as_ascii():
    assert compat.nativeString(b"abc") == compat.nativeString("abc") == "abc"
    assert compat.networkString("abc") == b"abc"
    for wrong in (b"\xff", "\xff"):
        with pytest.raises(UnicodeError):
            compat.nativeString(wrong)
    for function, wrong in ((compat.nativeString, 3), (compat.networkString, b"x")):
        with pytest.raises(TypeError):
            function(wrong)
    assert list(compat.iterbytes(b"ab")) == [b"a", b"b"]
    assert compat.intToBytes(12) == b"12"
    assert bytes(compat.lazyByteSlice(b"abcdef", 1, 2)) == b"bc"
    assert compat.ioType(sys.__stdout__) is str


def test_cmp_gives_all_comparisons():
    @compat.comparable
    class Number:
        def __init__(self, value):
            self.value = value

        def __cmp__(self, other):
            return compat.cmp(self.value, other.value) if isinstance(other, Number) else NotImplemented

    one, two = Number(1), Number(2)
    assert one < two <= two
    assert two > one
    assert one == Number(1)
    assert one != two
    assert one != 1


def test_fancy_mixins_compare_and_show_what_they_are_told():
    class Point(util.FancyEqMixin, util.FancyStrMixin):
        compareAttributes = ("x",)
        showAttributes = ("x", ("y", "why", "%03d"), ("x", lambda value: f"<{value}>"))

        def __init__(self, x, y):
            self.x, self.y = x, y

    assert Point(1, 2) == Point(1, 3)
    assert Point(1, 2) != Point(2, 2)
    assert Point(1, 2) != 1
    assert repr(Point(1, 2)) == "<Point x=1 why=002 x=<1>>"


@given(st.dictionaries(st.text("abAB"), st.integers()))
def test_an_insensitive_dictionary_holds_one_value_for_each_folded_key(items):
    held = util.InsensitiveDict(items)
    assert {key.lower() for key in items} == {key.lower() for key in held}
    for key in items:
        assert held[key.upper()] == held[key.lower()]


def test_an_insensitive_dictionary_keeps_the_case_it_was_given():
    held = util.InsensitiveDict({"Foo": 1})
    assert list(held) == ["Foo"]
    assert b"x" not in held
    assert held.pop("fOO") == 1
    assert held.pop("foo", 5) == 5
    assert held.setdefault("Bar", 2) == held.get("BAR") == 2
    assert list(util.InsensitiveDict({"Foo": 1}, preserve=0)) == ["foo"]


def test_interval_differences_add_up():
    pairs = [pair for _, pair in zip(range(6), util.IntervalDifferential([3, 5]), strict=False)]
    assert pairs == [(3, 0), (2, 1), (1, 0), (3, 0), (1, 1), (2, 0)]
    assert next(iter(util.IntervalDifferential([], 7))) == (7, None)


def test_small_things_of_util():
    assert util.sibpath("/a/b.py", "c") == "/a/c"
    assert util.sibpath(b"/a/b.py", b"c") == b"/a/c"
    assert util.uniquify([3, 1, 3]) == [3, 1]
    assert util.padTo(3, [1]) == [1, None, None]
    with pytest.raises(ValueError, match="more than"):
        util.padTo(1, [1, 2])
    assert util.nameToLabel("fooBarBaz") == "Foo Bar Baz"
    assert util.nameToLabel("aURL") == "A URL"
    assert util.raises(ValueError, int, "x") == 1
    assert util.raises(ValueError, int, "1") == 0
    assert util.uidFromString("0") == util.uidFromString("root") == 0
    assert util.untilConcludes(int, "5") == 5
    log = util.LineLog(2)
    for line in (b"1", b"2", b"3"):
        log.append(line)
    assert log.str() == b"2\n3"
    assert log[0] == b"2"


def test_directories_are_searched_upwards(tmp_path):
    (tmp_path / "here").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert util.searchupwards(str(tmp_path / "a" / "b"), ["here"], ["a"]) == f"{tmp_path}/"
    assert util.searchupwards(str(tmp_path), ["no such file"]) is None


def test_warnings_are_suppressed_until_a_deferred_fires():
    from sennit.core.deferred import Deferred

    waiting = Deferred()
    filters = [(("ignore",), {"category": UserWarning})]
    util.runWithWarningsSuppressed(filters, lambda: waiting)
    warnings.warn("not seen", UserWarning, stacklevel=1)
    waiting.callback(None)
    with pytest.warns(UserWarning, match="seen"):
        warnings.warn("seen", UserWarning, stacklevel=1)


def test_patches_are_put_back():
    holder = types.SimpleNamespace(a=1, b=2)
    patcher = patching.MonkeyPatcher((holder, "a", 10), (holder, "a", 20))
    assert patcher.runWithPatches(lambda: holder.a) == 20
    assert holder.a == 1
    with patcher:
        assert holder.a == 20
    assert holder.a == 1


def test_random_bytes_have_their_length():
    assert len(randbytes.secureRandom(12)) == len(randbytes.insecureRandom(12)) == 12
    assert randbytes.secureRandom(16) != randbytes.secureRandom(16)


def test_text_is_wrapped_split_and_trimmed():
    assert text.greedyWrap("the quick brown fox jumps", 10) == ["the quick", "brown fox", "jumps"]
    assert text.splitQuoted('a "b c" d') == ["a", "b c", "d"]
    assert text.removeLeadingTrailingBlanks("\n\na\n\n") == "a\n"
    assert text.isMultiline("a\nb")
    assert text.endsInNewline("a\n")
    assert text.stringyString([1, "b"]) == "[1,\n b,]\n"
    assert text.stringyString({"b": ("p", "q"), "c": 1}) == "{b:\n   (p,\n    q,)\n c: 1}\n"
    assert text.stringyString({"a": []}, "  ") == "  {a: []}"
    assert text.stringyString("x\ny", " ") == " x\n y\n"


def test_a_text_is_found_across_the_pieces_of_a_file():
    import io

    class Slow(io.StringIO):
        def read(self, size=-1):
            return super().read(1)

    assert text.strFile("bcd", Slow("abcde"))
    assert not text.strFile("BCD", Slow("abcde"))
    assert text.strFile("BCD", Slow("abcde"), caseSensitive=False)


def test_synchronised_methods_may_call_each_other():
    class Counter:
        synchronized = ["add", "add_twice"]
        count = 0

        def add(self):
            self.count += 1

        def add_twice(self):
            self.add()
            self.add()

    threadable.synchronize(Counter)
    counter = Counter()
    counter.add_twice()
    assert counter.count == 2


@pytest.mark.parametrize("address", ["1.2.3.4", b"127.0.0.1"])
def test_ipv4_addresses_are_known(address):
    assert isIPAddress(address)
    assert not isIPv6Address(address)


@pytest.mark.parametrize("address", ["::1", "fe80::1%eth0", b"::ffff:1.2.3.4"])
def test_ipv6_addresses_are_known(address):
    assert isIPv6Address(address)
    assert not isIPAddress(address)


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "256.1.1.1", "01.2.3.4", "1.2.3.4\n", "x", "\u0661.2.3.4", b"\xff", "1.2.3.4\0"]
)
def test_other_texts_are_no_addresses(text):
    assert not isIPAddress(text)
    assert not isIPv6Address(text)


def test_an_unknown_family_is_refused():
    with pytest.raises(ValueError, match="unknown address family"):
        isIPAddress("1.2.3.4", 99)


def test_descriptors_read_and_write_without_waiting():
    reading, writing = os.pipe()
    heard: list[bytes] = []
    try:
        setNonBlocking(reading)
        setNonBlocking(writing)
        assert readFromFD(reading, heard.append) is None
        assert writeToFD(writing, b"hello") == 5
        assert readFromFD(reading, heard.append) is None
        while writeToFD(writing, b"x" * 65536):
            pass
        assert writeToFD(writing, b"x" * 65536) == 0
        setBlocking(writing)
        assert os.get_blocking(writing)
    finally:
        os.close(writing)
    assert heard == [b"hello"]
    while readFromFD(reading, heard.append) is None:
        pass
    assert readFromFD(reading, heard.append) is CONNECTION_DONE
    os.close(reading)
    assert readFromFD(reading, heard.append) is CONNECTION_LOST
    assert writeToFD(reading, b"x") is CONNECTION_LOST


def test_the_old_small_protocols_answer():
    from sennit.testing import StringTransport
    from sennit.twisted.protocols import stateful, wire

    def connect(protocol):
        transport = StringTransport()
        protocol.makeConnection(transport)
        return transport

    before = int(time.time())
    transport = connect(wire.Time())
    (sent,) = struct.unpack("!I", transport.value())
    assert abs(sent - 2208988800 - before) < 100
    assert transport.disconnecting
    assert connect(wire.Daytime()).value().endswith(b"\r\n")
    echo = wire.Echo()
    transport = connect(echo)
    echo.dataReceived(b"x")
    assert transport.value() == b"x"

    class Record(stateful.StatefulProtocol):
        def __init__(self):
            self.records = []

        def getInitialState(self):
            return self.length, 1

        def length(self, data):
            return self.body, data[0]

        def body(self, data):
            self.records.append(data)
            return self.length, 1

    record = Record()
    connect(record)
    for byte in b"\x03abc\x00\x01z\x02y":
        record.dataReceived(bytes([byte]))
    assert record.records == [b"abc", b"", b"z"]
    with pytest.raises(TypeError, match="getInitialState"):
        connect(stateful.StatefulProtocol())


def test_the_port_forwarder_joins_two_sides():
    from sennit.testing import MemoryReactor, StringTransport
    from sennit.twisted.protocols.portforward import ProxyFactory

    reactor = MemoryReactor()
    factory = ProxyFactory("there.example", 99)
    server = factory.buildProtocol(None)
    server.reactor = reactor
    incoming, outgoing = StringTransport(), StringTransport()
    server.makeConnection(incoming)
    assert incoming.producerState == "paused"
    host, port, client_factory = reactor.tcpClients[0][:3]
    assert (host, port) == ("there.example", 99)
    client = client_factory.buildProtocol(None)
    client.makeConnection(outgoing)
    assert incoming.producerState == "producing"
    server.dataReceived(b"question")
    client.dataReceived(b"answer")
    assert (outgoing.value(), incoming.value()) == (b"question", b"answer")
    server.connectionLost()
    assert outgoing.disconnecting


def test_a_port_that_cannot_be_forwarded_to_closes_the_connection():
    from sennit.core.errors import ConnectionRefusedError
    from sennit.core.failure import Failure
    from sennit.testing import MemoryReactor, StringTransport
    from sennit.twisted.protocols.portforward import ProxyFactory

    reactor = MemoryReactor()
    server = ProxyFactory("there.example", 99).buildProtocol(None)
    server.reactor = reactor
    incoming = StringTransport()
    server.makeConnection(incoming)
    reactor.tcpClients[0][2].clientConnectionFailed(None, Failure(ConnectionRefusedError()))
    assert incoming.disconnecting


def test_events_go_to_the_systems_log_a_line_at_a_time():
    from sennit.twisted.python.syslog import DEFAULT_FACILITY, SyslogObserver

    written = []

    class Recording(SyslogObserver):
        def openlog(self, *arguments):
            written.append(arguments)

        def syslog(self, *arguments):
            written.append(arguments)

    observer = Recording("program")
    event = {"time": 0, "system": "here", "isError": 0, "message": ("one\n two\n",)}
    observer.emit(event)
    observer.emit({**event, "message": ("x",), "isError": 1})
    observer.emit({**event, "message": ("x",), "syslogPriority": 7, "syslogFacility": 16})
    observer.emit({**event, "message": ()})
    observer.emit({**event, "message": ("",)})
    assert written == [
        ("program", 0, DEFAULT_FACILITY),
        (6, "[here] one"),
        (6, "[here] \t two"),
        (1, "[here] x"),
        (7 | 16, "[here] x"),
    ]


def test_a_registry_of_ones_own_adapts_while_it_is_hooked_in():
    from zope.interface import Interface, implementedBy
    from zope.interface.adapter import AdapterRegistry

    from sennit.twisted.python.component_hooks import _addHook, _removeHook

    class IShape(Interface):
        pass

    class Square:
        pass

    registry = AdapterRegistry()
    registry.register([implementedBy(Square)], IShape, "", lambda square: ("shape of", square))
    square = Square()
    hook = _addHook(registry)
    try:
        assert IShape(square) == ("shape of", square)
        assert IShape(3, None) is None
    finally:
        _removeHook(hook)
    assert IShape(square, None) is None


def test_paragraphs_are_each_followed_by_an_empty_line():
    assert text.wordWrap("a\nb\n\nc d e f", 5) == ["a b", "", "c d e", "f", ""]
    assert text.wordWrap("  x  y\n z", 9) == ["x y z"]
    assert text.wordWrap("") == []


def test_locks_that_were_pickled_are_found_by_name():
    lock = threadable.XLock()
    assert isinstance(pickle.loads(pickle.dumps(lock)), threadable.XLock)
    old = b"csennit.twisted.python.threadable\nunpickle_lock\np0\n(tp1\nRp2\n."
    assert isinstance(pickle.loads(old), threadable.XLock)


@pytest.fixture
def calls(monkeypatch):
    """What the process asks of the system to become another user; it is told that it did."""
    calls = []
    for name in ("setuid", "setgid", "seteuid", "setegid", "initgroups"):
        monkeypatch.setattr(os, name, lambda *args, name=name: calls.append((name, *args)))
    for name in ("getuid", "getgid", "geteuid", "getegid"):
        monkeypatch.setattr(os, name, lambda: 0)
    return calls


def test_groups_are_changed_before_the_user_who_may(calls):
    name = pwd.getpwuid(1).pw_name
    util.switchUID(1, 7)
    assert calls == [("setgid", 7), ("initgroups", name, 7), ("setuid", 1)]
    calls.clear()
    util.switchUID(1, None, euid=True)
    assert calls == [("initgroups", name, 0), ("seteuid", 1)]


@pytest.mark.parametrize(("effective", "word"), [(False, "setuid"), (True, "seteuid")])
def test_privileges_that_are_not_there_are_not_dropped(calls, effective, word):
    with pytest.warns(UserWarning, match=f"{word} 0 but {word[3:]} is already 0"):
        util.switchUID(0, None, effective)
    assert calls == []


def test_another_user_is_taken_and_left_by_way_of_root(calls, monkeypatch):
    assert util.runAsEffectiveUser(1, 2, lambda: len(calls)) == 2
    assert calls == [("setegid", 2), ("seteuid", 1), ("seteuid", 0), ("setegid", 0)]


def test_intervals_come_and_go():
    steps = iter(util.IntervalDifferential([3, 5], 10))
    assert [next(steps) for _ in range(3)] == [(3, 0), (2, 1), (1, 0)]
    steps.removeInterval(3)
    with pytest.raises(ValueError, match="not in list"):
        steps.removeInterval(3)
    assert next(steps) == (4, 0)
    steps.addInterval(2)
    assert [next(steps) for _ in range(3)] == [(2, 1), (2, 1), (1, 0)]


def test_the_keys_of_an_insensitive_dict_are_a_list():
    insensitive = util.InsensitiveDict({"Foo": 1})
    assert insensitive.keys() == ["Foo"]
    assert insensitive.items() == [("Foo", 1)]
    assert insensitive.values() == [1]


def test_importing_a_deprecated_submodule_warns_once(tmp_path, monkeypatch):
    package = tmp_path / "old_package"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from sennit.twisted.python.deprecate import deprecatedModuleAttribute\n"
        "from sennit.twisted.python.versions import Version\n"
        "deprecatedModuleAttribute(Version('Example', 1, 2, 3), 'use another', __name__, 'part')\n"
    )
    (package / "part.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("old_package", "old_package.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for _ in range(2):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            exec("from old_package import part")
        assert [str(each.message) for each in caught] == [
            "old_package.part was deprecated in Example 1.2.3: use another"
        ]
    for name in ("old_package", "old_package.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
