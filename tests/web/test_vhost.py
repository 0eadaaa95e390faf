"""Virtual hosts, and requests sent elsewhere before resources see them."""

from __future__ import annotations

import pytest

from sennit.web import Resource
from sennit.web.rewrite import RewriterResource, alias, tildeToUsers
from sennit.web.vhost import NameVirtualHost, VHostMonsterResource


class Echo(Resource):
    isLeaf = True

    def render_GET(self, request):
        return b"%b|%b|%b" % (request.prePathURL(), b"/".join(request.postpath), request.path)


def host(browser, name, path=b"/"):
    browser.channel.dataReceived(b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (path, name))
    return browser.answer()


@pytest.mark.parametrize("name", [b"a.example", b"A.Example:8080", b"a.example:"])
def test_a_host_is_found_whatever_its_case_and_port(browse, name):
    hosts = NameVirtualHost()
    hosts.addHost(b"A.example", Echo())
    assert host(browse(hosts), name, b"/x").body.endswith(b"|x|/x")


def test_known_cve_2022_39348_an_unknown_host_is_escaped_in_the_answer(browse):
    answer = host(browse(NameVirtualHost()), b"<script>")
    assert answer.code in (400, 404)
    assert b"<script>" not in answer.body


def test_an_unknown_host_goes_to_the_default(browse):
    hosts = NameVirtualHost()
    hosts.default = Echo()
    hosts.addHost(b"b", Echo())
    assert host(browse(hosts), b"[::1]:80", b"/x/y").body.endswith(b"|x/y|/x/y")
    hosts.removeHost(b"B")
    assert hosts.hosts == {}


def test_a_proxy_can_name_the_host_in_the_path(browse):
    root = Resource()
    root.putChild(b"secret", VHostMonsterResource())
    root.putChild(b"a", Echo())
    browser = browse(root)
    answer = browser.ask(b"/secret/https/www.example.com:444/a/b")
    assert answer.body == b"https://www.example.com:444/a|b|/a/b"
    assert browser.ask(b"/secret/gopher/www.example.com/a/b").code == 404
    assert browser.ask(b"/secret/http/www.example.com:x/a/b").code == 404


def test_rules_send_requests_elsewhere(browse):
    root = Resource()
    users = Resource()
    root.putChild(b"users", users)
    users.putChild(b"ann", Echo())
    users.putChild(b"new", Echo())
    browser = browse(RewriterResource(root, tildeToUsers, alias("/old/place", b"/users/new")))
    assert browser.ask(b"/~ann/x").body.endswith(b"users/ann|x|/users/ann/x")
    assert browser.ask(b"/old/place/y").body.endswith(b"users/new|y|/users/new/y")
    assert browser.ask(b"/users/ann").code == 200
    assert browser.ask(b"/nothing").code == 404
