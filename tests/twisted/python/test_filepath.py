"""FilePath: children stay inside, files are replaced whole, what is known is kept until told otherwise."""

from __future__ import annotations

import os
import pickle
import stat

import pytest
from zope.interface.verify import verifyObject

from sennit.twisted.python.filepath import (
    RWX,
    FilePath,
    IFilePath,
    InsecurePath,
    LinkError,
    Permissions,
    UnlistableError,
)


@pytest.fixture
def root(tmp_path):
    return FilePath(str(tmp_path))


def test_it_provides_its_interface(root):
    assert verifyObject(IFilePath, root)


def test_a_relative_path_is_made_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert FilePath("a/../b").path == os.path.join(os.getcwd(), "b")
    assert FilePath(b"b").path == os.fsencode(os.path.join(os.getcwd(), "b"))


@pytest.mark.parametrize("name", ["..", "../x", "/etc/passwd", "a/b", "a/../../x"])
def test_a_child_is_never_outside_or_deeper(root, name):
    with pytest.raises(InsecurePath):
        root.child("d").child(name)


def test_a_child_of_bytes_is_checked_alike(root):
    with pytest.raises(InsecurePath):
        root.child(b"../x")
    assert root.child(b"x").path == os.fsencode(root.path) + b"/x"


@pytest.mark.parametrize("name", ["../x", "/etc", "../dd", "a/../../dd/x"])
def test_known_path_prefix_sibling_is_not_below(root, name):
    with pytest.raises(InsecurePath):
        root.child("d").preauthChild(name)


def test_preauthorised_children_may_be_deeper(root):
    assert root.preauthChild("a/b/../c").segmentsFrom(root) == ["a", "c"]
    assert FilePath("/").preauthChild("etc").path == "/etc"
    assert FilePath("/").child("etc").parent() == FilePath("/")


def test_the_first_existing_child_is_found(root):
    root.child("b").touch()
    assert root.childSearchPreauth("a", "b", "c") == root.child("b")
    assert root.childSearchPreauth("a") is None


def test_contents_are_replaced_and_nothing_is_left_beside(root):
    file = root.child("f")
    file.setContent(b"one")
    file.setContent(b"two")
    assert file.getContent() == b"two"
    assert root.listdir() == ["f"]


def test_failed_writing_leaves_the_old_contents_and_nothing_beside(root):
    file = root.child("f")
    file.setContent(b"old")
    with pytest.raises(TypeError):
        file.setContent("text")
    assert file.getContent() == b"old"
    assert root.listdir() == ["f"]


def test_what_is_known_is_kept_until_it_is_said_to_have_changed(root):
    file = root.child("f")
    assert not file.exists()
    file.setContent(b"123")
    assert file.getsize() == 3
    os.unlink(file.path)
    assert file.exists()
    file.changed()
    assert not file.exists()
    with pytest.raises(FileNotFoundError):
        file.getsize()
    file.restat(reraise=False)
    with pytest.raises(FileNotFoundError):
        file.restat()


def test_kinds_are_told_apart(root):
    root.child("d").makedirs()
    file = root.child("f")
    file.touch()
    file.linkTo(root.child("l"))
    assert (file.isfile(), file.isdir(), file.islink()) == (True, False, False)
    assert root.child("d").isdir()
    assert root.child("l").islink()
    assert root.child("l").isfile()
    assert root.child("l").realpath() == file.realpath()
    assert not root.child("nothing").isfile()
    assert FilePath(os.devnull).isBlockDevice() is False


def test_links_in_a_circle_are_refused(root):
    root.child("a").linkTo(root.child("b"))
    root.child("b").linkTo(root.child("a"))
    with pytest.raises(LinkError):
        root.child("a").realpath()


def test_walking_yields_everything_once(root):
    root.child("d").child("e").makedirs()
    root.child("d").child("f").touch()
    names = ["/".join(path.segmentsFrom(root)) for path in root.walk() if path != root]
    assert sorted(names) == ["d", "d/e", "d/f"]
    pruned = [path.basename() for path in root.walk(descend=lambda path: path.basename() != "d")]
    assert pruned == [root.basename(), "d"]


def test_walking_stops_at_a_link_to_a_directory_above(root):
    root.child("d").makedirs()
    root.linkTo(root.child("d").child("up"))
    with pytest.raises(LinkError):
        list(root.walk())


def test_copying_and_moving_take_everything_along(root):
    root.child("d").child("e").makedirs()
    root.child("d").child("e").child("f").setContent(b"x")
    root.child("d").copyTo(root.child("copy"))
    root.child("d").moveTo(root.child("moved"))
    assert sorted(root.listdir()) == ["copy", "moved"]
    assert root.descendant(["copy", "e", "f"]).getContent() == b"x"
    assert not root.child("d").exists()
    with pytest.raises(FileNotFoundError):
        root.child("d").copyTo(root.child("other"))


def test_moving_across_file_systems_copies(root, monkeypatch):
    file = root.child("f")
    file.setContent(b"content")
    real = os.rename
    refused = []

    def rename(old, new):
        if not refused:
            refused.append(old)
            raise OSError(18, "Invalid cross-device link")
        real(old, new)

    monkeypatch.setattr(os, "rename", rename)
    file.moveTo(root.child("g"))
    assert refused == [file.path]
    assert root.listdir() == ["g"]
    assert root.child("g").getContent() == b"content"


def test_removing_a_link_leaves_its_target(root):
    root.child("d").makedirs()
    root.child("d").child("f").touch()
    root.child("d").linkTo(root.child("l"))
    root.child("l").remove()
    assert root.child("d").child("f").exists()
    root.child("d").remove()
    assert root.listdir() == []


def test_directories_are_made_once_unless_told(root):
    root.child("a").child("b").makedirs()
    with pytest.raises(FileExistsError):
        root.child("a").makedirs()
    root.child("a").makedirs(ignoreExistingDirectory=True)
    with pytest.raises(FileNotFoundError):
        root.child("x").child("y").createDirectory()


def test_a_file_that_must_be_new_is_refused_when_it_exists(root):
    file = root.child("f")
    with file.create() as new:
        new.write(b"x")
    with pytest.raises(FileExistsError):
        file.create()
    file.requireCreate()
    with pytest.raises(FileExistsError):
        file.open("w")


def test_files_are_opened_in_binary(root):
    with root.child("f").open("w") as file:
        assert file.mode == "wb"
    with root.child("f").open() as file:
        assert file.read() == b""


def test_extensions_are_added_and_searched(root):
    root.child("page.html").touch()
    page = root.child("page")
    assert page.siblingExtension(".txt").basename() == "page.txt"
    assert page.siblingExtensionSearch(".txt", ".html") == root.child("page.html")
    assert page.siblingExtensionSearch("*") == root.child("page.html")
    assert page.siblingExtensionSearch(".txt") is None
    assert root.child("page.html").siblingExtensionSearch("") == root.child("page.html")
    assert root.child("page.html").splitext()[1] == ".html"
    assert root.globChildren("*.html") == [root.child("page.html")]


def test_permissions_read_as_they_are_written(root):
    file = root.child("f")
    file.touch()
    file.chmod(0o640)
    file.changed()
    assert file.getPermissions() == Permissions(0o640)
    assert file.getPermissions() != Permissions(0o641)
    assert file.getPermissions().shorthand() == "rw-r-----"
    assert Permissions(0o754).user == RWX(True, True, True)
    assert stat.S_IMODE(os.stat(file.path).st_mode) == 0o640


def test_what_cannot_be_listed_says_so(root):
    with pytest.raises(UnlistableError) as caught:
        root.child("nothing").children()
    assert isinstance(caught.value.originalException, FileNotFoundError)


def test_paths_compare_hash_and_pickle_by_where_they_lead(root):
    assert root.child("a") == root.child("a")
    assert root.child("a") != root.child("b")
    assert sorted([root.child("b"), root.child("a")]) == [root.child("a"), root.child("b")]
    assert {root.child("a"): 1}[root.child("a")] == 1
    assert pickle.loads(pickle.dumps(root)) == root
    assert root.asBytesMode().asTextMode() == root
    assert root.asBytesMode().child("x").path == root.path + "/x"


def test_times_are_those_of_the_file(root):
    file = root.child("f")
    file.touch()
    os.utime(file.path, (1000.5, 2000.5))
    file.changed()
    assert (file.getAccessTime(), file.getModificationTime()) == (1000.5, 2000.5)
    assert (file.getatime(), file.getmtime()) == (1000, 2000)
    assert file.getNumberOfHardLinks() == 1
    assert file.getUserID() == os.getuid()


def test_temporary_siblings_differ_and_must_be_new(root):
    first, second = root.child("f").temporarySibling(".x"), root.child("f").temporarySibling(".x")
    assert first != second
    assert first.basename().endswith(".x")
    assert first.alwaysCreate
    assert first.parent() == root
