"""inetd.conf is read with the ports of services, and a malformed line says what is wrong with it."""

from __future__ import annotations

import io

import pytest

from sennit.app.inetdconf import (
    InetdConf,
    InvalidInetdConfError,
    InvalidServicesConfError,
    ServicesConf,
    UnknownService,
)


@pytest.fixture
def services():
    conf = ServicesConf()
    conf.parseFile(io.StringIO("# names\nhttp 80/tcp www  # the web\n\nntp 123/udp\n"))
    return conf


def test_names_and_aliases_have_their_ports(services):
    assert services.services == {("http", "tcp"): 80, ("www", "tcp"): 80, ("ntp", "udp"): 123}


@pytest.mark.parametrize("line", ["a", "a 80", "a x/tcp", "a +1/tcp", "a 123456/tcp", "a 1/"])
def test_a_name_without_a_port_is_refused(line):
    with pytest.raises(InvalidServicesConfError):
        ServicesConf().parseFile(io.StringIO(line))


def test_a_service_has_its_port_its_user_and_its_program(services):
    conf = InetdConf(services)
    conf.parseFile(
        io.StringIO("www stream tcp nowait www-data.adm /bin/cat cat -n\n7 stream tcp wait root internal\n")
    )
    first, second = conf.services
    assert (first.port, first.user, first.group, first.wait) == (80, "www-data", "adm", False)
    assert (first.program, first.programArgs) == ("/bin/cat", ["cat", "-n"])
    assert (second.name, second.port, second.wait, second.group) == ("7", 7, True, None)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("http stream tcp nowait root", InvalidInetdConfError),
        ("http stream tcp perhaps root /bin/cat", InvalidInetdConfError),
        ("70000 stream tcp nowait root /bin/cat", InvalidInetdConfError),
        ("lamp stream tcp nowait root /bin/cat", UnknownService),
    ],
)
def test_a_malformed_line_is_refused(services, line, error):
    with pytest.raises(error):
        InetdConf(services).parseFile(io.StringIO(line))
