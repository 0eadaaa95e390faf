"""Resources made by Python files."""

from __future__ import annotations

from sennit.web.script import PythonScript, ResourceScript, ResourceScriptDirectory, ResourceScriptWrapper
from sennit.web.static import File, Registry

HELLO = "from sennit.web.static import Data\nresource = Data(b'hello', 'text/plain')\n"


def test_a_file_says_which_resource_it_is(browse, tmp_path):
    (tmp_path / "hello.rpy").write_text(HELLO)
    (tmp_path / "nothing.rpy").write_text("")
    files = File(tmp_path)
    files.processors = {".rpy": ResourceScript}
    browser = browse(files)
    assert browser.ask(b"/hello.rpy").body == b"hello"
    assert browser.ask(b"/nothing.rpy").code == 500


def test_a_file_can_have_its_resource_kept(tmp_path):
    path = tmp_path / "kept.rpy"
    path.write_text("cache()\n" + HELLO)
    registry = Registry()
    first = ResourceScript(str(path), registry)
    assert ResourceScript(str(path), registry) is first
    path.write_text("recache()\n" + HELLO)
    assert ResourceScript(str(path), registry) is not first


def test_a_directory_runs_what_is_in_it_and_nothing_else(browse, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.rpy").write_text(HELLO)
    (tmp_path / "in" / "hello").write_text(HELLO)
    browser = browse(ResourceScriptDirectory(str(tmp_path / "in")))
    assert browser.ask(b"/hello").body == b"hello"
    assert browser.ask(b"/..%2fsecret.rpy").code == 404
    assert browser.ask(b"/nothing").code == 404
    assert browser.ask(b"/").code == 404


def test_a_wrapped_file_is_run_for_each_request(browse, tmp_path):
    path = tmp_path / "counting.rpy"
    path.write_text("registry.append(1)\n" + HELLO)
    runs = []
    browser = browse(ResourceScriptWrapper(str(path), runs))
    browser.site.resource.isLeaf = True
    assert browser.ask(b"/").body == b"hello"
    assert browser.ask(b"/").body == b"hello"
    assert runs == [1, 1]


def test_a_script_writes_its_page_and_its_errors_go_to_the_log_alone(browse, tmp_path):
    path = tmp_path / "page.py"
    path.write_text("request.write(b'page at ' + request.path)")
    browser = browse(PythonScript(str(path), None))
    assert browser.ask(b"/x").body == b"page at /x"
    path.write_text("raise ValueError('secret')")
    answer = browser.ask(b"/x")
    assert (answer.code, b"secret" in answer.body) == (500, False)
    path.unlink()
    assert browser.ask(b"/x").code == 404
