"""Modules that could be imported, and modules that are loaded anew."""

from __future__ import annotations

import importlib
import sys
import textwrap
import types
import zipfile

import pytest

from sennit.twisted.python import modules, rebuild
from sennit.twisted.python.filepath import FilePath
from sennit.twisted.python.zippath import ZipPath


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """A directory on the path, with a package and a module; what is imported from it is forgotten."""
    for name, text in {
        "pk/__init__.py": "here = 1\n",
        "pk/inner.py": "value = 2\n",
        "pk/deep/__init__.py": "",
        "pk/deep/er.py": "",
        "pk/not a module.py": "",
        "pk/data/file.txt": "",
        "solo.py": "class A: pass\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]
    importlib.invalidate_caches()


def names(found):
    return [module.name for module in found]


def test_a_module_is_found_without_being_imported(directory):
    found = modules.getModule("pk.inner")
    assert (found.name, found.isLoaded(), found.isPackage()) == ("pk.inner", False, False)
    assert found.filePath == FilePath(str(directory / "pk" / "inner.py"))
    assert found.pathEntry.filePath == FilePath(str(directory))
    assert "pk" not in sys.modules
    assert repr(found) == "PythonModule<'pk.inner'>"


def test_loading_a_module_is_importing_it(directory):
    found = modules.getModule("pk.inner")
    assert found.load().value == 2
    assert found.isLoaded()
    assert modules.getModule("pk.inner") == found
    assert hash(modules.getModule("pk.inner")) == hash(found)
    assert found != modules.getModule("solo")
    assert found != "pk.inner"


def test_a_package_lists_its_modules_and_walks_those_below(directory):
    package = modules.getModule("pk")
    assert package.isPackage()
    assert names(package.iterModules()) == ["pk.deep", "pk.inner"]
    assert names(package.walkModules()) == ["pk", "pk.deep", "pk.deep.er", "pk.inner"]
    assert names(modules.getModule("solo").walkModules()) == ["solo"]
    assert package["inner"].name == "pk.inner"
    with pytest.raises(KeyError):
        package["nothing"]
    with pytest.raises(TypeError, match="iterModules"):
        iter(package)


def test_the_whole_path_is_listed_and_walked(directory):
    assert {"pk", "solo", "os"} <= set(names(modules.iterModules()))
    assert not [name for name in names(modules.iterModules()) if "." in name]
    own = modules.PythonPath([str(directory)])
    assert names(own.walkModules()) == ["pk", "pk.deep", "pk.deep.er", "pk.inner", "solo"]
    assert "pk.deep" in own
    assert "pk.nothing" not in own
    assert "os" in modules.theSystemPath
    assert own.sysPath == [str(directory)]
    assert repr(own) == f"PythonPath({[str(directory)]!r})"
    assert "pk" in names(modules.walkModules())


def test_the_path_may_come_from_a_function(directory):
    calls = []
    path = modules.PythonPath(sysPathFactory=lambda: calls.append(1) or [str(directory)])
    assert path["solo"].name == "solo"
    assert calls


def test_the_first_of_a_name_on_the_path_counts_and_what_is_not_there_is_passed_over(directory, tmp_path):
    second = tmp_path / "second"
    second.mkdir()
    (second / "solo.py").write_text("")
    (tmp_path / "a file").write_text("")
    places = [str(tmp_path / "nothing"), str(tmp_path / "a file"), str(directory), str(second)]
    found = [each for each in modules.PythonPath(places, {}).iterModules() if each.name == "solo"]
    assert [each.filePath.path for each in found] == [str(directory / "solo.py")]


def test_source_goes_before_what_is_compiled(directory):
    (directory / "solo.pyc").write_bytes(b"")
    assert modules.PythonPath([str(directory)], {})["solo"].filePath.basename() == "solo.py"
    (directory / "solo.py").unlink()
    assert modules.PythonPath([str(directory)], {})["solo"].filePath.basename() == "solo.pyc"


def test_a_loaded_package_is_looked_through_by_its_own_path(directory, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    (more / "added.py").write_text("")
    (directory / "pk" / "__init__.py").write_text(f"__path__.append({str(more)!r})\n")
    package = modules.getModule("pk")
    assert "pk.added" not in names(package.walkModules())
    assert "pk.added" in names(package.walkModules(importPackages=True))
    assert package["added"].load().__name__ == "pk.added"


def test_a_package_without_a_path_has_nothing_below(directory):
    (directory / "pk" / "__init__.py").write_text("del __path__\n")
    import pk  # noqa: F401

    assert names(modules.getModule("pk").walkModules()) == ["pk"]


def test_a_name_that_may_not_be_imported_is_not_loaded(directory):
    path = modules.PythonPath([str(directory)], {"pk": None})
    assert not path["pk"].isLoaded()


def test_modules_in_archives_are_found_and_loaded(directory, tmp_path, monkeypatch):
    archive = tmp_path / "zipped.zip"
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr("zpk/__init__.py", "")
        writing.writestr("zpk/inner.py", "value = 3\n")
    monkeypatch.syspath_prepend(str(archive))
    found = modules.getModule("zpk")
    assert isinstance(found.filePath, ZipPath)
    assert names(found.walkModules()) == ["zpk", "zpk.inner"]
    assert found["inner"].load().value == 3
    assert names(modules.getModule("zpk").walkModules()) == ["zpk", "zpk.inner"]
    inside = modules.PythonPath([f"{archive}/zpk"], {})
    assert names(inside.iterModules()) == ["inner"]


def test_a_failed_import_may_have_a_default(directory):
    (directory / "broken.py").write_text("1 / 0\n")
    found = modules.getModule("broken")
    assert found.load("default") == "default"
    with pytest.raises(ZeroDivisionError):
        found.load()


def test_attributes_are_listed_once_the_module_is_loaded(directory):
    found = modules.getModule("solo")
    with pytest.raises(NotImplementedError, match="call load"):
        found.iterAttributes()
    loaded = found.load()
    attribute = next(each for each in found.iterAttributes() if each.name == "solo.A")
    assert (attribute.load(), attribute.onObject, attribute.isLoaded()) == (loaded.A, found, True)
    assert repr(attribute) == "PythonAttribute<'solo.A'>"
    assert "solo.A.__module__" in [each.name for each in attribute.iterAttributes()]


def test_a_module_of_no_known_entry_is_warned_of(directory):
    import solo  # noqa: F401

    path = modules.PythonPath([], sys.modules, [], {})
    with pytest.warns(UserWarning, match=r"\(for module solo\) not in path importer cache"):
        assert path["solo"].name == "solo"


def test_an_unknown_importer_is_no_catastrophe():
    path = modules.PythonPath(["example/path"], {}, [lambda entry: object()], {})
    (entry,) = path.iterEntries()
    with pytest.raises(KeyError):
        entry["module"]


FIRST = """
    def function(): return 1
    class Base:
        def answer(self): return 1
    class Derived(Base):
        pass
    class Slotted:
        __slots__ = ("a",)
    kept = object()
    """
SECOND = FIRST.replace("return 1", "return 22")


def write(directory, text):
    (directory / "rebuilt.py").write_text(textwrap.dedent(text))


@pytest.fixture
def rebuilt(directory, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write(directory, FIRST)
    return importlib.import_module("rebuilt")


def test_rebuilding_renews_what_instances_and_other_modules_hold(directory, rebuilt, monkeypatch):
    other = types.ModuleType("other")
    other.function, other.Base, other.unhashable = rebuilt.function, rebuilt.Base, [1]

    class Outside(rebuilt.Base):
        pass

    base, derived, outside, slotted = rebuilt.Base(), rebuilt.Derived(), Outside(), rebuilt.Slotted()
    slotted.a = 7
    monkeypatch.setitem(sys.modules, "other", other)
    write(directory, SECOND)
    assert rebuild.rebuild(rebuilt, doLog=False) is rebuilt
    assert [each.answer() for each in (base, derived, outside)] == [22, 22, 22]
    assert type(base) is rebuilt.Base is other.Base
    assert isinstance(outside, rebuilt.Base)
    assert other.function is rebuilt.function
    assert other.function() == 22
    assert (type(slotted) is rebuilt.Slotted, slotted.a) == (True, 7)


def test_rebuilding_is_noticed_by_those_who_look(directory, rebuilt):
    class Watcher(rebuild.Sensitive):
        pass

    watcher = Watcher()
    watcher.rebuildUpToDate()
    assert not watcher.needRebuildUpdate()
    rebuild.rebuild(rebuilt)
    assert watcher.needRebuildUpdate()


def test_a_broken_module_leaves_everything_as_it_was(directory, rebuilt):
    old, function = rebuilt.Base(), rebuilt.function
    write(directory, "def function(:")
    with pytest.raises(SyntaxError):
        rebuild.rebuild(rebuilt, 0)
    assert old.answer() == 1
    assert rebuilt.function is function
    with pytest.raises(rebuild.RebuildError):
        rebuild.rebuild(5)


def test_an_instance_whose_class_has_another_layout_stays(directory, rebuilt):
    slotted = rebuilt.Slotted()
    write(directory, FIRST.replace('"a",', '"a", "b"'))
    rebuild.rebuild(rebuilt, 0)
    assert type(slotted) is not rebuilt.Slotted


def test_an_adapter_may_be_registered_again_by_its_module(directory):
    write(
        directory,
        """
        from zope.interface import Interface
        from sennit.core.components import registerAdapter
        from solo import A
        try: IX
        except NameError:
            class IX(Interface): pass
        registerAdapter(lambda original: 5, A, IX)
        """,
    )
    rebuilt = importlib.import_module("rebuilt")
    rebuild.rebuild(rebuilt, 0)
    assert rebuilt.IX(rebuilt.A()) == 5


def test_the_latest_of_a_name_is_found(directory, rebuilt):
    function, base, derived, instance = rebuilt.function, rebuilt.Base, rebuilt.Derived, rebuilt.Derived()
    exec(textwrap.dedent(SECOND), vars(rebuilt))
    assert rebuild.latestFunction(function) is rebuilt.function
    assert rebuild.latestClass(base) is rebuilt.Base
    assert rebuild.latestClass(int) is int
    rebuild.updateInstance(instance)
    assert type(instance) is rebuilt.Derived is not derived
    watcher = rebuild.Sensitive()
    assert watcher.latestVersionOf(function) is rebuilt.function
    assert watcher.latestVersionOf(base) is rebuilt.Base
    assert watcher.latestVersionOf(instance.answer)() == 22
    assert watcher.latestVersionOf(5) == 5

    def local():
        pass

    assert rebuild.latestFunction(local) is local


def test_a_base_that_was_replaced_is_replaced_in_the_classes_made_of_it(rebuilt):
    instance = rebuilt.Derived()
    exec("class Base:\n    def answer(self): return 3\n", vars(rebuilt))
    rebuild.latestClass(rebuilt.Derived)
    assert instance.answer() == 3
