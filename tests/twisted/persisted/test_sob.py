"""Objects saved to files and loaded from them."""

from __future__ import annotations

import sys
import types

import pytest
from zope.interface.verify import verifyObject

from sennit.core import components
from sennit.twisted.persisted import sob
from sennit.twisted.persisted.styles import Ephemeral, Versioned


class Kept(components.Componentized):
    pass


class Old(Versioned):
    pass


STYLES = pytest.mark.parametrize(("style", "extension"), [("pickle", "tap"), ("source", "tas")])


@STYLES
def test_what_is_saved_is_loaded(tmp_path, monkeypatch, style, extension):
    monkeypatch.chdir(tmp_path)
    value = [1, "hello", {1: (2,)}]
    saving = sob.Persistent(value, "thing")
    verifyObject(sob.IPersistable, saving)
    saving.setStyle(style)
    saving.save()
    saving.save("tag")
    saving.save("tag", filename="elsewhere")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "elsewhere", f"thing-tag.{extension}", f"thing.{extension}"
    ]  # fmt: skip
    for name in ("elsewhere", f"thing-tag.{extension}", f"thing.{extension}"):
        assert sob.load(name, style) == value


@STYLES
def test_what_is_loaded_knows_how_it_was_saved(tmp_path, style, extension):
    kept = Kept()
    kept.setComponent(sob.IPersistable, sob.Persistent(kept, "kept"))
    path = str(tmp_path / "kept")
    sob.IPersistable(kept).setStyle(style)
    sob.IPersistable(kept).save(filename=path)
    sob.IPersistable(kept).setStyle("other")
    assert sob.IPersistable(sob.load(path, style)).style == style


def test_what_is_loaded_is_brought_up_to_date(tmp_path, monkeypatch):
    sob.Persistent(Old(), "old").save(filename=str(tmp_path / "old"))
    monkeypatch.setattr(Old, "persistenceVersion", 1)
    monkeypatch.setattr(Old, "upgradeToVersion1", lambda self: setattr(self, "upgraded", True), raising=False)
    assert sob.load(tmp_path / "old", "pickle").upgraded


def test_an_object_that_cannot_be_saved_leaves_the_old_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with pytest.raises(Exception, match=r"pickle|local object"):
        sob.Persistent(lambda: 0, "x").save(filename=str(path))
    assert [each.name for each in tmp_path.iterdir()] == ["x"]
    assert path.read_bytes() == b"old"


def test_nothing_is_encrypted():
    with pytest.raises(TypeError, match="passphrase must be None"):
        sob.Persistant(None, "x").save("x.tap", passphrase="abc")


def test_a_program_is_run_for_the_value_of_a_variable(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("foo = [__file__, 3]\n")
    assert sob.loadValueFromFile(str(path), "foo") == [str(path), 3]
    with pytest.raises(KeyError, match="bar"):
        sob.loadValueFromFile(path, "bar")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.py", "python"), ("a.tac", "python"), ("a.etac", "python"), ("a.tap", "pickle"),
        ("a.etap", "pickle"), ("x/a.tas", "source"), ("a.etas", "source"),
    ],
)  # fmt: skip
def test_the_extension_says_how_a_file_was_saved(name, kind):
    assert sob.guessType(name) == kind


@pytest.mark.parametrize("name", ["a.blah", "a", ".py"])
def test_other_extensions_are_none_that_is_known(name):
    with pytest.raises(KeyError):
        sob.guessType(name)


@pytest.fixture
def main(monkeypatch):
    fake = types.ModuleType("__main__")
    fake.there = 1
    monkeypatch.setitem(sys.modules, "__main__", fake)
    return fake


def test_while_a_text_is_loaded_the_main_module_is_seen_and_not_changed(tmp_path, main):
    path = tmp_path / "a"
    path.write_text(
        "import __main__\n__main__.there = 2\nseen = hasattr(__main__, 'missing')\napp = [__main__, seen]\n"
    )
    # A module in the value must not be looked into: the list holds it as it is.
    path.write_text(path.read_text().replace("[__main__, seen]", "[__main__.there, seen]"))
    assert sob.load(path, "source") == [2, False]
    assert main.there == 1
    assert sys.modules["__main__"] is main


def test_after_loading_what_the_main_module_lacks_is_ephemeral(tmp_path, main):
    path = tmp_path / "a"
    path.write_text("import __main__, sys\nsys.kept_main = __main__\napp = 1\n")
    sob.load(path, "source")
    kept = sys.kept_main
    del sys.kept_main
    assert isinstance(kept, Ephemeral)
    assert isinstance(kept.missing, Ephemeral)
    assert kept.there == 1


def test_a_failure_puts_the_main_module_back(tmp_path, main):
    path = tmp_path / "a"
    path.write_text("raise ValueError\n")
    with pytest.raises(ValueError):
        sob.load(path, "source")
    assert sys.modules["__main__"] is main
