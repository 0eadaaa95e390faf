"""What plugin modules offer is kept in their directory, and is never older than they are."""

from __future__ import annotations

import json
import os
import sys
from types import ModuleType

import pytest
from zope.interface import Interface, implementer

from sennit.core.components import registerAdapter
from sennit.log import capturedLogs
from sennit.twisted.plugin import IPlugin, getCache, getPlugins, pluginPackagePaths


class ILamp(Interface):
    """What these plugins provide."""


class IShade(Interface):
    """What a lamp can be adapted to."""


@implementer(IShade)
class Shade:
    """A lamp's shade."""

    def __init__(self, lamp):
        self.lamp = lamp


HEAD = f"""'''Lamps.'''
from zope.interface import implementer
from sennit.twisted.plugin import IPlugin
from {__name__} import ILamp
class IUnnamed: pass
@implementer(IPlugin, ILamp)
class Lamp:
    'A lamp.'
    def __init__(self, name): self.name = name
"""


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A package, and what another process would find in it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])

    class Shelf:
        path = tmp_path
        cache = tmp_path / "dropin.cache"

        def put(self, module, *lamps, more="", age=0):
            file = tmp_path / f"{module}.py"
            file.write_text(HEAD + "".join(f"{lamp} = Lamp({lamp!r})\n" for lamp in lamps) + more)
            now = 1_700_000_000 - age
            os.utime(file, (now, now))

        def package(self):
            """Be a process that has imported none of it."""
            for name in [name for name in sys.modules if name.partition(".")[0] == "shelf_of_lamps"]:
                del sys.modules[name]
            package = ModuleType("shelf_of_lamps")
            package.__path__ = [str(tmp_path)]
            sys.modules[package.__name__] = package
            return package

        def lamps(self, interface=ILamp):
            return sorted(plugin.name for plugin in getPlugins(interface, self.package()))

    shelf = Shelf()
    yield shelf
    shelf.package()
    del sys.modules["shelf_of_lamps"]


def imported():
    return sorted(name for name in sys.modules if name.startswith("shelf_of_lamps."))


def test_what_is_kept_names_the_plugins_without_importing_their_module(shelf):
    shelf.put("one", "a", "b")
    getCache(shelf.package())
    package = shelf.package()
    dropin = getCache(package)["one"]
    assert (dropin.moduleName, dropin.description) == ("shelf_of_lamps.one", "Lamps.")
    assert [(each.name, each.description, each.provided) for each in dropin.plugins] == [
        ("a", "A lamp.", [IPlugin, ILamp]),
        ("b", "A lamp.", [IPlugin, ILamp]),
    ]
    assert repr(dropin.plugins[0]) == "<CachedPlugin 'a'/'shelf_of_lamps.one' (provides 'IPlugin, ILamp')>"
    assert imported() == []
    assert dropin.plugins[0].load().name == "a"
    assert imported() == ["shelf_of_lamps.one"]


def test_only_modules_that_have_what_is_wanted_are_imported(shelf):
    shelf.put("one", "a")
    shelf.put("two")
    assert shelf.lamps() == ["a"]
    assert imported() == ["shelf_of_lamps.one", "shelf_of_lamps.two"]
    assert shelf.lamps() == ["a"]
    assert imported() == ["shelf_of_lamps.one"]


def test_a_plugin_that_can_be_adapted_is_found_by_what_it_becomes(shelf):
    shelf.put("one", "a")
    registerAdapter(Shade, ILamp, IShade)
    for _ in range(2):
        assert [shade.lamp.name for shade in getPlugins(IShade, shelf.package())] == ["a"]


def test_new_changed_and_removed_modules_are_seen(shelf):
    shelf.put("one", "a")
    assert shelf.lamps() == ["a"]
    shelf.put("two", "b")
    assert shelf.lamps() == ["a", "b"]
    shelf.put("two", "c", age=10)
    assert shelf.lamps() == ["a", "c"]
    (shelf.path / "two.py").unlink()
    assert shelf.lamps() == ["a"]
    assert list(json.loads(shelf.cache.read_text())["modules"]) == ["one"]


def test_a_module_that_this_process_has_from_before_a_change_is_not_taken_for_the_changed_one(shelf):
    shelf.put("one", "a")
    package = shelf.package()
    assert [plugin.name for plugin in getPlugins(ILamp, package)] == ["a"]
    shelf.put("one", "b", age=10)
    assert [plugin.name for plugin in getPlugins(ILamp, package)] == ["a"]
    assert shelf.lamps() == ["b"]


def test_a_module_that_cannot_be_imported_is_tried_each_time_and_hinders_no_other(shelf):
    shelf.put("one", "a")
    shelf.put("two", more="import no_such_module_at_all\n")
    with capturedLogs() as events:
        assert shelf.lamps() == ["a"]
        assert shelf.lamps() == ["a"]
    assert [event["log_failure"].type for event in events] == [ModuleNotFoundError] * 2
    shelf.put("two", "b", age=10)
    assert shelf.lamps() == ["a", "b"]


def test_interfaces_that_have_no_name_to_be_found_by_are_not_kept(shelf):
    shelf.put(
        "one",
        more="from zope.interface import Interface\n"
        "def make():\n    class IInner(Interface): pass\n    return IInner\n"
        "@implementer(IPlugin, ILamp, make())\nclass Odd:\n    name = 'odd'\nodd = Odd()\n",
    )
    assert shelf.lamps() == ["odd"]
    assert shelf.lamps() == ["odd"]
    assert not shelf.cache.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04\x95 a pickle",
        b"[]",
        b"null",
        b'{"format": "another", "modules": {}}',
        b'{"format": "sennit plugins 1", "modules": {"one": 3}}',
        b'{"format": "sennit plugins 1", "modules": {"one": [["one.py", "x", 1], null, []]}}',
        b'{"format": "sennit plugins 1"}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_says_nothing_of_use_is_replaced(shelf, content):
    shelf.put("one", "a")
    shelf.cache.write_bytes(content)
    assert shelf.lamps() == ["a"]
    assert list(json.loads(shelf.cache.read_text())["modules"]) == ["one"]


def test_a_row_whose_interface_is_gone_is_made_anew(shelf):
    shelf.put("one", "a")
    shelf.lamps()
    shelf.cache.write_text(shelf.cache.read_text().replace(":ILamp", ":IGone"))
    assert shelf.lamps() == ["a"]
    assert ":IGone" not in shelf.cache.read_text()


def test_a_directory_that_cannot_be_written_to_is_logged_and_its_plugins_are_found(shelf):
    shelf.put("one", "a")
    shelf.cache.mkdir()
    with capturedLogs() as events:
        assert shelf.lamps() == ["a"]
    assert [(event["path"], event["number"]) for event in events] == [(str(shelf.cache), 21)]
    assert sorted(os.listdir(shelf.path)) == ["dropin.cache", "one.py"]


def test_the_file_can_be_read_by_all_and_is_written_when_something_has_changed_alone(shelf):
    shelf.put("one", "a")
    shelf.lamps()
    before = shelf.cache.stat()
    assert before.st_mode & 0o777 == 0o644
    shelf.lamps()
    assert shelf.cache.stat().st_ino == before.st_ino


def test_of_two_directories_with_one_module_the_first_stands(shelf, tmp_path_factory):
    shelf.put("one", "a")
    second = tmp_path_factory.mktemp("second")
    (second / "one.py").write_text(HEAD + "z = Lamp('z')\n")
    for _ in range(2):
        package = shelf.package()
        package.__path__.append(str(second))
        package.__path__.append(str(second / "nowhere"))
        assert [plugin.name for plugin in getPlugins(ILamp, package)] == ["a"]
    assert not (second / "dropin.cache").exists()


def test_packages_proper_are_no_plugin_directories(tmp_path, monkeypatch):
    (tmp_path / "one" / "dummy" / "plugins").mkdir(parents=True)
    (tmp_path / "one" / "dummy" / "plugins" / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "one"), str(tmp_path / "two")])
    assert pluginPackagePaths("dummy.plugins") == [str(tmp_path / "two" / "dummy" / "plugins")]
