"""Trees of named entities, and databases of users in memory."""

from __future__ import annotations

import pwd

import pytest

from sennit.twisted.python import fakepwd, roots


class Growing(roots.Collection):
    def listDynamicNames(self):
        return ["made"]

    def listDynamicEntities(self, request):
        return [("made", request)]

    def getDynamicEntity(self, name, request):
        return (name, request) if name == "made" else None


def test_a_collection_keeps_what_is_put_there():
    collection = roots.Collection()
    collection.putEntity("a", 1)
    assert collection.getStaticEntity("a") == collection.getEntity("a", None) == 1
    assert collection.listNames(None) == ["a"]
    assert collection.listEntities(None) == [("a", 1)]
    collection.delEntity("a")
    assert collection.getStaticEntity("a") is None
    with pytest.raises(KeyError):
        collection.delEntity("a")


def test_a_collection_may_make_entities_for_a_request():
    collection = Growing({"static": 1})
    assert collection.getEntity("made", "request") == ("made", "request")
    assert collection.getEntity("static", "request") == 1
    assert collection.getEntity("none", "request") is None
    assert collection.listNames("request") == ["static", "made"]
    assert collection.listEntities("request") == [("static", 1), ("made", "request")]


def test_what_a_subclass_must_do_names_itself():
    for call in (
        lambda: roots.Request().write(b""),
        lambda: roots.Request().finish(),
        lambda: roots.Entity().render(None),
        lambda: Growing().storeEntity("x", None),
        lambda: Growing().removeEntity("x", None),
    ):
        with pytest.raises(NotImplementedError, match="is not supported"):
            call()
    with pytest.raises(roots.NotSupportedError, match=r"Growing\.storeEntity"):
        Growing().storeEntity("x", None)


class OnlyX(roots.Constrained):
    def nameConstraint(self, name):
        return name == "x"

    def entityConstraint(self, entity):
        return entity != "bad"


def test_a_constrained_collection_takes_not_everything():
    collection = OnlyX()
    collection.putEntity("x", 1)
    for name, entity in (("y", 1), ("x", "bad")):
        with pytest.raises(roots.ConstraintViolation):
            collection.putEntity(name, entity)
    collection.reallyPutEntity("y", 1)
    assert collection.entities == {"x": 1, "y": 1}


def test_a_locked_collection_takes_nothing():
    collection = roots.Locked()
    collection.putEntity("a", 1)
    collection.lock()
    with pytest.raises(roots.ConstraintViolation):
        collection.putEntity("b", 1)
    assert collection.getStaticEntity("a") == 1


def test_a_homogenous_collection_takes_one_type():
    collection = roots.Homogenous()
    assert (collection.getEntityType(), collection.getNameType()) == ("object", "Name")
    collection.entityType = int
    collection.putEntity("a", 1)
    with pytest.raises(roots.ConstraintViolation, match="b of incorrect type"):
        collection.putEntity("a", "b")


def test_users_are_found_by_name_and_number_as_in_the_module_pwd():
    users = fakepwd.UserDatabase()
    users.addUser("alice", "secret", 5, 6, "Alice,,,", "/home/alice", "/bin/zsh")
    users.addUser("bob")
    users.addUser("carol")
    alice = users.getpwnam("alice")
    assert alice is users.getpwuid(5) is users.getpwall()[0]
    assert list(alice) == ["alice", "secret", 5, 6, "Alice,,,", "/home/alice", "/bin/zsh"]
    real = pwd.getpwall()[0]
    assert len(alice) == len(real)
    for name in dir(real):
        if name.startswith("pw_"):
            assert hasattr(alice, name)
    bob, carol = users.getpwall()[1:]
    assert (bob.pw_passwd, bob.pw_shell, bob.pw_dir) == ("password", "/bin/sh", "")
    assert carol.pw_uid == bob.pw_uid + 1
    assert carol.pw_gid == bob.pw_gid + 1


def test_shadow_records_are_found_by_name():
    shadow = fakepwd.ShadowDatabase()
    shadow.addUser("alice", "hash", 1, 2, 3, 4, 5, 6, 7)
    record = shadow.getspnam("alice")
    assert list(record) == ["alice", "hash", 1, 2, 3, 4, 5, 6, 7]
    assert (record.sp_nam, record.sp_lstchg, record.sp_flag) == ("alice", 1, 7)
    assert shadow.getspall() == [record]


@pytest.mark.parametrize(
    "look_up",
    [fakepwd.UserDatabase().getpwnam, fakepwd.ShadowDatabase().getspnam],
    ids=["getpwnam", "getspnam"],
)
def test_unknown_names_and_bytes_are_refused_as_the_modules_do(look_up):
    with pytest.raises(KeyError):
        look_up("nobody")
    with pytest.raises(TypeError):
        look_up(b"nobody")
    with pytest.raises(KeyError):
        fakepwd.UserDatabase().getpwuid(3)
