"""Packages have what a service needs, in formats that the systems' own tools read and install."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from sennit.app.packaging import Entry, Package, PackagingError, describe, write_deb, write_rpm
from sennit.app.packaging.contents import REQUIRED
from sennit.app.packaging.rpm import spec
from sennit.app.tap import Tap, load_tap

ROOT = Path(__file__).parents[3]
SMALL = Package(
    name="lamp",
    version="1.2",
    description="A lamp, 100% on",
    maintainer="Ada <ada@example.org>",
    python="/usr/bin/python3.11",
    depends=("bulb (>= 2)",),
    files={"/etc/lamp/lamp.tap": Entry(b"x"), "/usr/lib/lamp/run": Entry(b"#!/bin/sh\n", 0o755)},
    configuration=("/etc/lamp/lamp.tap",),
    installed="echo installed\n",
    removing="echo removing\n",
    time=1_700_000_000,
)


@pytest.fixture(scope="module")
def package():
    return describe(Tap("web", "shop", {"path": "/srv/shop", "listen": "tcp:0:interface=127.0.0.1"}, 7, 8))


def members(path):
    content = path.read_bytes()
    assert content.startswith(b"!<arch>\n")
    found, at = {}, 8
    while at < len(content):
        header = content[at : at + 60].decode()
        size = int(header[48:58])
        found[header[:16].rstrip()] = content[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    return found


def files(archive):
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return {
            member.name: (oct(member.mode), opened.extractfile(member).read())
            for member in opened
            if member.isfile()
        }


def test_what_sennit_requires_is_what_its_metadata_says():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {line.partition(">")[0] for line in project["dependencies"]} == set(REQUIRED)


def test_a_package_has_the_configuration_the_unit_the_command_and_the_libraries(package):
    assert package.configuration == ("/etc/shop/shop.tap",)
    text = package.files["/etc/shop/shop.tap"].content.decode()
    assert 'path = "/srv/shop"' in text
    assert "uid" not in text
    unit = package.files["/usr/lib/systemd/system/shop.service"].content.decode()
    assert "User=shop\n" in unit
    assert "ExecStart=/usr/lib/shop/run\n" in unit
    assert package.files["/usr/lib/shop/run"].mode == 0o755
    assert "/usr/lib/shop/python/sennit/cli/daemon.py" in package.files
    assert "/usr/lib/shop/python/click/__init__.py" in package.files
    assert not any("__pycache__" in path for path in package.files)


@pytest.mark.parametrize(
    "options",
    [
        {"name": "A"},
        {"name": "x y"},
        {"version": "1-2"},
        {"version": "one"},
        {"description": "two\nlines"},
        {"maintainer": "x\nDepends: y"},
        {"depends": ["a\nb"]},
        {"python": "python3; true"},
    ],
)
def test_what_would_not_be_one_field_of_a_package_is_refused(options):
    with pytest.raises(PackagingError):
        describe(Tap("web", "web"), **options)


def test_a_debian_package_is_an_archive_of_control_and_files(tmp_path):
    path = write_deb(SMALL, tmp_path)
    assert path.name == "lamp_1.2_all.deb"
    found = members(path)
    assert list(found) == ["debian-binary", "control.tar.gz", "data.tar.gz"]
    assert found["debian-binary"] == b"2.0\n"
    control = files(found["control.tar.gz"])
    assert b"Depends: passwd, python3.11, bulb (>= 2)\n" in control["./control"][1]
    assert control["./conffiles"][1] == b"/etc/lamp/lamp.tap\n"
    assert b"echo installed" in control["./postinst"][1]
    assert control["./prerm"][0] == "0o755"
    assert files(found["data.tar.gz"]) == {
        "./etc/lamp/lamp.tap": ("0o644", b"x"),
        "./usr/lib/lamp/run": ("0o755", b"#!/bin/sh\n"),
    }


def test_the_same_package_is_the_same_octets(tmp_path):
    (tmp_path / "a").mkdir()
    assert write_deb(SMALL, tmp_path).read_bytes() == write_deb(SMALL, tmp_path / "a").read_bytes()


def test_a_spec_says_the_same():
    text = spec(SMALL, Path("/files"))
    assert "Summary: A lamp, 100%% on\n" in text
    assert "Requires: /usr/bin/python3.11\nRequires: bulb (>= 2)\n" in text
    assert "%config(noreplace) /etc/lamp/lamp.tap\n" in text


def test_a_missing_rpmbuild_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackagingError, match="not installed"):
        write_rpm(SMALL, tmp_path)


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("dpkg") is None or os.geteuid() != 0, reason="needs dpkg, and root")
def test_dpkg_installs_the_package_and_it_serves(package, tmp_path):
    served = tmp_path / "www"
    served.mkdir()
    (served / "index.html").write_text("packaged")
    path = write_deb(package, tmp_path)
    root = tmp_path / "root"
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("")
    unpacked = subprocess.run(
        ["dpkg", f"--root={root}", "--force-depends", "--unpack", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert unpacked.returncode == 0, unpacked.stderr
    # Its user would be made on this machine when it is configured; until then this is its configuration.
    tap = load_tap(root / "etc/shop/shop.tap.dpkg-new")
    Tap(tap.plugin, tap.name, {**tap.options, "path": str(served)}).write(root / "etc/shop/shop.tap")
    with subprocess.Popen(
        [sys.executable, "-m", "sennit", "daemon", "-n", "--pidfile=", "-f", root / "etc/shop/shop.tap"],
        env={"PYTHONPATH": str(root / "usr/lib/shop/python"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            port = next(line for line in server.stdout if "starting on" in line).rsplit(" ", 1)[1].strip()
            fetched = subprocess.run(
                ["curl", "-s", f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True
            )
            assert fetched.stdout == "packaged"
        finally:
            server.terminate()


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("rpmbuild") is None, reason="needs rpmbuild")
def test_rpm_verifies_the_package(tmp_path):
    path = write_rpm(replace(SMALL, depends=()), tmp_path)
    assert path.name == "lamp-1.2-1.noarch.rpm"

    def rpm(*words):
        return subprocess.run(["rpm", *words, str(path)], capture_output=True, text=True, check=True).stdout

    assert rpm("-qpl").split() == ["/etc/lamp/lamp.tap", "/usr/lib/lamp/run"]
    assert "digests OK" in rpm("-K")
    assert rpm("-qpc").split() == ["/etc/lamp/lamp.tap"]

    installed = ("--root", str(tmp_path / "root"), "--dbpath", "/rpm")

    def at_root(*words):
        return subprocess.run(["rpm", *installed, *words], capture_output=True, text=True, check=False)

    if os.geteuid() != 0:
        return
    (tmp_path / "root").mkdir()
    done = at_root("--install", "--nodeps", "--noscripts", str(path))
    assert done.returncode == 0, done.stderr
    # The interpreter and the tool for users are not there to be depended on; all files are as they were.
    assert at_root("-V", "--nodeps", "lamp").stdout == ""
    (tmp_path / "root/usr/lib/lamp/run").write_text("something else")
    assert at_root("-V", "--nodeps", "lamp").stdout.split()[-1] == "/usr/lib/lamp/run"


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("rpmlint") is None, reason="needs rpmlint")
@pytest.mark.skipif(shutil.which("rpmbuild") is None, reason="needs rpmbuild")
def test_rpmlint_finds_no_error_but_the_signature_that_its_maker_gives(package, tmp_path):
    path = write_rpm(package, tmp_path)
    done = subprocess.run(["rpmlint", str(path)], capture_output=True, text=True, check=False)
    assert [line.split()[2] for line in done.stdout.splitlines() if ": E: " in line] == ["no-signature"]


SUITES = {(3, 11): "bookworm", (3, 13): "trixie"}


@pytest.mark.interop
@pytest.mark.skipif(
    shutil.which("debootstrap") is None or os.geteuid() != 0, reason="needs debootstrap, and root"
)
@pytest.mark.skipif(sys.version_info[:2] not in SUITES, reason="no release of Debian has this Python")
@pytest.mark.timeout(600)
def test_on_a_new_debian_apt_installs_the_package_and_its_command_serves(package, tmp_path):
    root = tmp_path / "root"

    def run(*words, **options):
        return subprocess.run(words, capture_output=True, text=True, check=False, **options)

    suite = SUITES[sys.version_info[:2]]
    made = run("debootstrap", "--variant=minbase", suite, str(root))
    if made.returncode:
        pytest.skip(f"debootstrap cannot make a root here: {made.stdout.splitlines()[-1:]}")
    path = write_deb(package, root / "root")
    apt = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    run("chroot", str(root), "apt-get", "update", **apt)
    done = run(
        *("chroot", str(root), "apt-get", "install", "-y", "--no-install-recommends", f"/root/{path.name}"),
        **apt,
    )
    assert done.returncode == 0, done.stderr
    assert run("chroot", str(root), "dpkg", "-V", "shop").stdout == ""
    served = load_tap(root / "etc/shop/shop.tap").options["path"]
    page = root / served.lstrip("/") / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("packaged")
    unit = (root / "usr/lib/systemd/system/shop.service").read_text()
    command = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE).group(1)
    # What systemd does before it starts it: its user, its directory.
    setup = "install -d -o shop /var/lib/shop; cd /var/lib/shop"
    script = f"{setup}; exec setpriv --reuid shop --clear-groups {command}"
    with subprocess.Popen(
        ["chroot", str(root), "sh", "-c", script],
        env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            port = next(line for line in server.stdout if "starting on" in line).rsplit(" ", 1)[1].strip()
            assert run("curl", "-s", f"http://127.0.0.1:{port}/").stdout == "packaged"
        finally:
            server.terminate()
    removed = run("chroot", str(root), "apt-get", "purge", "-y", "shop", **apt)
    assert removed.returncode == 0, removed.stderr
    assert not (root / "usr/lib/shop").exists()
    assert not (root / "etc/shop").exists()
