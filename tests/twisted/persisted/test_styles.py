"""Pickles of objects that know their version, and of what pickle alone does not take."""

from __future__ import annotations

import copy
import io
import os
import pickle
import sys

import pytest

from sennit.twisted.persisted import styles


class Base(styles.Versioned):
    persistenceVersion = 2
    persistenceForgets = ("rubbish",)

    def __init__(self):
        self.rubbish = self.kept = 1
        self.log = []

    def upgradeToVersion3(self):
        self.log.append("base 3")

    def upgradeToVersion4(self):
        self.log.append("base 4")


class Derived(Base):
    persistenceVersion = 5
    persistenceForgets = ("more",)

    def upgradeToVersion6(self):
        self.log.append("derived 6")


class Plain(styles.Versioned):
    pass


class Middle(Plain):
    pass


class Other(styles.Versioned):
    pass


class Diamond(Middle, Other):
    pass


@pytest.fixture(autouse=True)
def _nothing_left():
    yield
    styles.versionedsToUpgrade.clear()
    styles.upgraded.clear()


def test_the_state_has_the_versions_and_not_what_is_forgotten():
    derived = Derived()
    derived.more = 3
    assert derived.__getstate__() == {
        "kept": 1,
        "log": [],
        f"{__name__}.Base.persistenceVersion": 2,
        f"{__name__}.Derived.persistenceVersion": 5,
    }
    assert derived.rubbish == 1
    assert Plain().__getstate__({"other": 1}) == {"other": 1}


def test_upgrades_are_made_in_order_and_once(monkeypatch):
    pickled = pickle.dumps(Derived())
    monkeypatch.setattr(Base, "persistenceVersion", 4)
    monkeypatch.setattr(Derived, "persistenceVersion", 6)
    loaded = pickle.loads(pickled)
    assert loaded.log == []
    styles.doUpgrade()
    assert loaded.log == ["base 3", "base 4", "derived 6"]
    assert not [name for name in vars(loaded) if "persistenceVersion" in name]
    again = pickle.loads(pickle.dumps(loaded))
    styles.doUpgrade()
    assert again.log == ["base 3", "base 4", "derived 6"]
    assert styles.versionedsToUpgrade == styles.upgraded == {}


def test_an_object_without_a_version_is_of_version_nought(monkeypatch):
    monkeypatch.setattr(Plain, "persistenceVersion", 2, raising=False)
    done = []
    monkeypatch.setattr(Plain, "upgradeToVersion1", lambda self: done.append(1), raising=False)
    plain = Plain()
    plain.__setstate__({"a": 1})
    styles.doUpgrade()
    assert done == [1]  # version 2 has nothing to do
    assert plain.a == 1


def test_a_version_of_the_future_is_refused(monkeypatch):
    pickled = pickle.dumps(Base())
    monkeypatch.setattr(Base, "persistenceVersion", 1)
    pickle.loads(pickled)
    with pytest.raises(ValueError, match="was kept by version 2"):
        styles.doUpgrade()


def test_an_upgrade_may_require_that_of_another_or_load_more(monkeypatch):
    first, second = pickle.loads(pickle.dumps((Plain(), Other())))
    inner = pickle.dumps(Other())

    def upgrade(self):
        styles.requireUpgrade(second)
        assert second.done == 1
        self.inner = pickle.loads(inner)
        styles.doUpgrade()

    monkeypatch.setattr(Plain, "persistenceVersion", 1, raising=False)
    monkeypatch.setattr(Plain, "upgradeToVersion1", upgrade, raising=False)
    monkeypatch.setattr(Other, "persistenceVersion", 1, raising=False)
    monkeypatch.setattr(
        Other,
        "upgradeToVersion1",
        lambda self: setattr(self, "done", getattr(self, "done", 0) + 1),
        raising=False,
    )
    styles.doUpgrade()
    assert (second.done, first.inner.done) == (1, 1)
    styles.requireUpgrade(5)


def test_the_classes_between_are_told():
    assert styles._aybabtu(styles.Versioned) == []
    assert styles._aybabtu(Plain) == []
    assert styles._aybabtu(Middle) == [Plain]
    assert styles._aybabtu(Diamond) == [Middle, Plain, Other]


class Forgotten(styles.Ephemeral):
    def __init__(self):
        self.secret = 1


def test_an_ephemeral_object_is_not_kept():
    loaded = pickle.loads(pickle.dumps({"x": Forgotten()}))["x"]
    assert type(loaded) is styles.Ephemeral
    assert vars(loaded) == {}
    assert type(copy.copy(Forgotten())) is styles.Ephemeral
    assert Forgotten().__getstate__() is None
    kept = Forgotten()
    kept.__setstate__({"a": 1})
    assert vars(kept) == {"secret": 1}


def test_modules_are_pickled_by_their_names(monkeypatch):
    assert pickle.loads(pickle.dumps(os)) is os
    monkeypatch.setitem(styles.oldModules, "os_as_it_was", "os")
    assert styles.unpickleModule("os_as_it_was") is os
    assert styles.pickleModule(sys) == (styles.unpickleModule, ("sys",))


def test_methods_are_pickled_by_their_names():
    base = Base()
    function, arguments = styles.pickleMethod(base.upgradeToVersion3)
    assert function(*arguments) == base.upgradeToVersion3
    assert arguments == ("upgradeToVersion3", base, Base)
    assert styles.unpickleMethod("upgradeToVersion3", None, Base) is Base.upgradeToVersion3
    # The method has moved to the object's own class.
    assert styles.unpickleMethod("upgradeToVersion3", base, Plain) == base.upgradeToVersion3
    with pytest.raises(AttributeError):
        styles.unpickleMethod("nothing", base, Base)


def test_files_in_memory_are_pickled_by_text_and_place():
    text = io.StringIO("abc")
    text.seek(1)
    for pickler in (styles.pickleStringO, styles.pickleStringI):
        function, arguments = pickler(text)
        again = function(*arguments)
        assert (again.read(), again.getvalue()) == ("bc", "abc")
    assert styles.unpickleStringI(b"abc", 2).read() == b"c"


def test_old_pickles_of_them_load():
    old = b"csennit.twisted.persisted.styles\nunpickleStringI\np0\n(S'test'\np1\nI0\ntp2\nRp3\n."
    assert pickle.loads(old).getvalue() == "test"
