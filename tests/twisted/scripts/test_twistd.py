"""twistd and twist, as far as programs see them: options, applications, privileges, files."""

from __future__ import annotations

import os

import pytest

from sennit.app import Service
from sennit.twisted.application import app
from sennit.twisted.application.service import Application, ServiceMaker
from sennit.twisted.application.twist.command import Twist
from sennit.twisted.finder import install, uninstall
from sennit.twisted.plugin import IPlugin
from sennit.twisted.python import usage
from sennit.twisted.scripts import twistd_unix
from sennit.twisted.scripts.twistd_unix import ServerOptions, UnixApplicationRunner, checkPID


@pytest.fixture(autouse=True)
def _drop_in():
    install()
    yield
    uninstall()


def test_options_are_twisteds():
    options = ServerOptions()
    options.parseOptions(["-n", "-y", "x.tac", "--umask", "027", "-l", "-", "--rundir", "/srv"])
    assert (options["nodaemon"], options["python"], options["umask"]) == (1, "x.tac", 0o27)
    assert (options["logfile"], options["rundir"], options["no_save"]) == ("-", "/srv", True)
    assert options["pidfile"] == os.path.abspath("twistd.pid")
    with pytest.raises(usage.UsageError, match="does not exist"):
        ServerOptions().parseOptions(["--reactor", "lamp"])
    with pytest.raises(usage.UsageError, match="could not be imported"):
        ServerOptions().parseOptions(["--logger", "no.such.thing", "-y", "x"])


def test_a_service_maker_of_programs_is_a_plugin():
    assert IPlugin.providedBy(ServiceMaker("a", "b", "c", "d"))


def test_services_are_sub_commands():
    options = ServerOptions()
    options.parseOptions(["web", "--path", "/srv"])
    assert options.subCommand == "web"
    assert "web" in options.loadedPlugins
    assert options["no_save"]


@pytest.mark.parametrize("content", ["lamp", "12x", ""])
def test_a_pidfile_with_something_else_is_not_overwritten(tmp_path, content):
    path = tmp_path / "pid"
    path.write_text(content)
    with pytest.raises(SystemExit, match="non-numeric"):
        checkPID(str(path))
    assert path.read_text() == content


def test_a_running_server_is_seen_and_a_stale_file_is_removed(tmp_path, monkeypatch):
    path = tmp_path / "pid"
    path.write_text(str(os.getpid()))
    with pytest.raises(SystemExit, match="server is running"):
        checkPID(str(path))

    def gone(pid, number):
        raise ProcessLookupError(3, "No such process")

    monkeypatch.setattr(os, "kill", gone)
    checkPID(str(path))
    assert not path.exists()
    checkPID(str(path))


def test_privileges_are_given_up_between_ports_and_services(tmp_path, monkeypatch):
    story = []

    class Story(Service):
        def privilegedStartService(self):
            story.append("ports")

        def startService(self):
            story.append("services")

    class Reactor:
        def addSystemEventTrigger(self, *arguments):
            pass

    monkeypatch.setattr(app, "_the_reactor", Reactor)
    monkeypatch.setattr(twistd_unix, "switchUID", lambda *to: story.append(to))
    monkeypatch.chdir(tmp_path)
    config = ServerOptions()
    config.parseOptions(["-n", "--pidfile", str(tmp_path / "pid"), "-o", "--originalname", "-g", "8"])
    application = Application("x", uid=7)
    Story().setServiceParent(application)
    UnixApplicationRunner(config).startApplication(application)
    assert story == ["ports", (7, 8, 0), "services"]
    assert (tmp_path / "pid").read_text() == str(os.getpid())


def test_an_application_that_cannot_be_loaded_says_why(tmp_path):
    path = tmp_path / "x.tac"
    path.write_text("lamp = 3\n")
    with pytest.raises(SystemExit, match="no variable named 'application'"):
        app.getApplication({"python": str(path), "source": None, "file": None}, None)
    tap = tmp_path / "x.tap"
    tap.write_text("[service]\nplugin = 'lamp'\n")
    with pytest.raises(SystemExit, match="no plug-in 'lamp'"):
        app.getApplication({"python": None, "source": None, "file": str(tap)}, None)


def test_an_application_is_saved_and_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    application = Application("lamp")
    app.sob.IPersistable(application).save()
    found = app.getApplication({"python": None, "source": None, "file": "lamp.tap"}, None)
    assert app.service.IService(found).name == "lamp"
    app.convertStyle("lamp.tap", "pickle", None, "lamp.tas", "source", False)
    found = app.getApplication({"python": None, "source": "lamp.tas", "file": None}, None)
    assert app.service.IService(found).name == "lamp"


def test_twist_says_what_is_wrong_and_leaves():
    with pytest.raises(SystemExit) as left:
        Twist.options(["twist", "--lamp"])
    assert left.value.code == os.EX_USAGE
