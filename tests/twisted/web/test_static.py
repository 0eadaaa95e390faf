"""``twisted.web.static.File``: a resource that is a path."""

from __future__ import annotations

import pytest

from sennit.twisted.python.filepath import FilePath, IFilePath
from sennit.twisted.web.static import File
from sennit.web.resource import IResource


@pytest.fixture
def root(tmp_path):
    (tmp_path / "page.html").write_text("<p>")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "deep").write_text("x")
    return File(str(tmp_path))


def test_it_is_both(root, tmp_path):
    assert IFilePath.providedBy(root)
    assert IResource.providedBy(root)
    assert root == FilePath(str(tmp_path))
    assert root.basename() == tmp_path.name
    assert (root.isdir(), root.exists(), root.isfile()) == (True, True, False)


def test_what_it_leads_to_are_paths(root, tmp_path):
    page = root.child("page.html")
    assert type(page) is FilePath
    assert page.getContent() == b"<p>"
    assert root.parent() == FilePath(str(tmp_path.parent))
    assert root.descendant(["below", "deep"]).exists()
    assert {path.basename() for path in root.walk()} == {tmp_path.name, "page.html", "below", "deep"}
    assert root.preauthChild("below/deep").getsize() == 1


def test_the_children_are_those_that_were_put(root):
    root.putChild(b"put", File(root.child("below").path))
    assert list(root.children) == [b"put"]


def test_what_is_found_for_a_request_is_one_too(root):
    found = root.getChild(b"page.html", None)
    assert type(found) is File
    assert found.getsize() == 3


def test_a_subclass_keeps_its_class_and_its_options(tmp_path, root):
    class Mine(File):
        pass

    found = Mine(str(tmp_path), "text/plain", listing=False).getChild(b"page.html", None)
    assert type(found) is Mine
    assert (found.defaultType, found.listing) == ("text/plain", False)


def test_it_can_be_removed(root, tmp_path):
    File(str(tmp_path / "below")).remove()
    assert not root.child("below").exists()
