"""A host that is not there: echoes datagrams to port 7 of an address behind a TUN device.

$ sudo python phantom_host.py phantom0 10.82.0.99 &
$ sudo ip addr add 10.82.0.1/24 dev phantom0
$ sudo ip link set phantom0 up
$ echo hello | nc -u -w1 10.82.0.99 7
"""

import sys

import sennit
from sennit.protocol import DatagramProtocol
from sennit.raw import IPProtocol, RawUDPProtocol, TuntapPort, ip_packet, udp_datagram


class Echo(DatagramProtocol):
    def __init__(self, device, host):
        self.device = device
        self.host = host

    def datagramReceived(self, datagram, addr):
        answer = udp_datagram((self.host, 7), addr, datagram)
        self.device.write(ip_packet(self.host, addr[0], 17, answer))


async def main():
    name, host = sys.argv[1:]
    ip, udp = IPProtocol(), RawUDPProtocol()
    device = TuntapPort(name, ip)
    ip.addProto(17, udp)
    udp.addProto(7, Echo(device, host))
    device.startListening()
    print(f"{host} is behind {device.getHost().name.decode()}.", flush=True)
    await sennit.Deferred()


sennit.run(main)
