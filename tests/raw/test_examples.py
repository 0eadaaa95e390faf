"""The example of the docs does what the docs say."""

from __future__ import annotations

from pathlib import Path

from tests.transport.namespaces import ip, network_namespaces, start_in

EXAMPLES = Path(__file__).parents[2] / "examples"

CLIENT = """
import socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(20)
client.sendto(b"hello", ("10.82.0.99", 7))
print(*client.recvfrom(100))
"""


def test_a_host_that_is_not_there_answers(tmp_path):
    program = tmp_path / "client.py"
    program.write_text(CLIENT)
    with network_namespaces(1) as (network,):
        ip("-n", network, "tuntap", "add", "dev", "probe", "mode", "tun")
        with start_in(network, EXAMPLES / "phantom_host.py", "phantom0", "10.82.0.99") as phantom:
            try:
                assert phantom.stdout.readline() == "10.82.0.99 is behind phantom0.\n"
                ip("-n", network, "addr", "add", "10.82.0.1/24", "dev", "phantom0")
                ip("-n", network, "link", "set", "phantom0", "up")
                with start_in(network, program) as client:
                    said, _ = client.communicate(timeout=60)
            finally:
                phantom.kill()
    assert said == "b'hello' ('10.82.0.99', 7)\n"
