"""Names to objects and back."""

from __future__ import annotations

import os.path
import sys
import types

import pytest

from sennit.twisted.python import reflect


class Base:
    data = {"a": 1}
    names = ["base"]

    def do_one(self):
        return 1

    def do_two(self):
        return 2


class Derived(Base):
    data = {"a": 2, "b": 3}
    names = ["derived"]

    def do_three(self):
        return 3


def test_a_dotted_name_leads_to_modules_classes_and_attributes():
    assert reflect.namedAny("os.path.join") is os.path.join
    assert reflect.namedAny("os") is os
    assert reflect.namedAny(f"{__name__}.Derived.do_one") is Base.do_one if __name__ in sys.modules else True
    assert reflect.namedObject("os.path.join") is os.path.join
    assert reflect.namedModule("os.path") is os.path


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", reflect.InvalidName),
        ("os..path", reflect.InvalidName),
        (".os", reflect.InvalidName),
        ("os.", reflect.InvalidName),
        ("no_such_module_here", reflect.ModuleNotFound),
        ("no_such_module_here.x", reflect.ObjectNotFound),
        ("os.path.nonsense", AttributeError),
    ],
)
def test_a_name_that_leads_nowhere_says_how(name, error):
    with pytest.raises(error):
        reflect.namedAny(name)


def test_an_import_error_inside_a_module_is_its_own(tmp_path, monkeypatch):
    (tmp_path / "imports_what_is_not_there.py").write_text("import something_missing_entirely")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="something_missing_entirely"):
        reflect.namedAny("imports_what_is_not_there")


def test_a_missing_module_has_a_default():
    assert reflect.requireModule("no_such_module_here", 5) == 5
    assert reflect.requireModule("os") is os


def test_objects_have_full_names():
    assert reflect.qual(Derived) == f"{__name__}.Derived"
    assert reflect.fullyQualifiedName(Derived) == f"{__name__}.Derived"
    assert reflect.fullyQualifiedName(Derived().do_one) == f"{__name__}.Base.do_one"
    assert reflect.fullyQualifiedName(os) == "os"
    assert reflect.fullyQualifiedName(len) == "len"
    assert reflect.fullFuncName(os.path.join) == "posixpath.join"


def test_prefixed_methods_are_found_through_the_bases():
    assert sorted(reflect.prefixedMethodNames(Derived, "do_")) == ["one", "three", "two"]
    assert sorted(method() for method in reflect.prefixedMethods(Derived(), "do_")) == [1, 2, 3]


def test_attributes_accumulate_from_the_bases_down():
    merged: dict[str, int] = {}
    reflect.accumulateClassDict(Derived, "data", merged)
    assert merged == {"a": 2, "b": 3}
    listed: list[str] = []
    reflect.accumulateClassList(Derived, "names", listed)
    assert listed == ["base", "derived"]
    own: list[str] = []
    reflect.accumulateClassList(Derived, "names", own, Base)
    assert own == ["derived"]


def test_broken_objects_are_described_all_the_same():
    class Broken:
        def __repr__(self):
            raise RuntimeError("no words")

        __str__ = __repr__

    for describe, what in ((reflect.safe_repr, "repr"), (reflect.safe_str, "str")):
        text = describe(Broken())
        assert text.startswith("<Broken instance at 0x")
        assert f"with {what} error" in text
        assert "RuntimeError: no words" in text
    assert reflect.safe_repr([1]) == "[1]"
    assert reflect.safe_str(b"caf\xc3\xa9") == "caf\u00e9"
    assert reflect.safe_str(b"\xff") == repr(b"\xff")


def test_the_class_of_a_class_may_break_too():
    class Meta(type):
        @property
        def __name__(cls):
            raise RuntimeError

    class Broken(metaclass=Meta):
        def __repr__(self):
            raise RuntimeError

    assert "BROKEN CLASS AT 0x" in reflect.safe_repr(Broken())


def test_a_file_name_leads_to_a_module_name(tmp_path):
    package = tmp_path / "outer" / "inner"
    package.mkdir(parents=True)
    (tmp_path / "outer" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "module.py").touch()
    assert reflect.filenameToModuleName(str(package / "module.py")) == "outer.inner.module"
    assert reflect.filenameToModuleName(str(package / "__init__.py")) == "outer.inner"
    assert reflect.filenameToModuleName(os.fsencode(tmp_path / "single.py")) == "single"


def test_paths_to_instances_are_found():
    wanted = Base()
    holder = types.SimpleNamespace(deep=[1, {"key": wanted}])
    assert reflect.findInstances(holder, Base) == [".deep[1]['key']"]
    assert reflect.objgrep([wanted], wanted, reflect.isSame) == ["[0]"]
    assert reflect.objgrep([[wanted]], wanted, reflect.isSame, maxDepth=1) == []


def test_a_circle_of_objects_is_searched_once():
    circle: list[object] = []
    circle.append(circle)
    assert reflect.findInstances(circle, Base) == []


def test_calls_are_queued():
    calls: list[tuple[str, tuple[int, ...]]] = []
    reflect.QueueMethod("name", calls)(1, 2)
    assert calls == [("name", (1, 2))]


def test_paths_lead_through_keys_and_classes():
    class Holder:
        def method(self):
            pass

    holder = Holder()
    assert reflect.objgrep({holder: "value"}, holder, reflect.isSame) == ["{'value'}"]
    assert ".__self__.__class__" in reflect.objgrep(holder.method, Holder, reflect.isSame)
