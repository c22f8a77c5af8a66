#!/usr/bin/python3
"""Writes the seed corpora of the fuzz targets.

    make_corpus.py FOLDER

FOLDER/parse: one packet a file, behind the header that fuzz_parse.cc describes. FOLDER/file: small
captures. FOLDER/filter: display filters. FOLDER/config: configuration files. FOLDER/screen: text
and keys. FOLDER/names, FOLDER/processes: what fuzz_names.cc and fuzz_processes.cc describe. What is
committed in corpus/ was written by this script.
"""

import gzip
import os
import struct
import sys

from scapy.contrib.erspan import ERSPAN, ERSPAN_III
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import GRE, ICMP, IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                                IPv6ExtHdrRouting, ICMPv6EchoRequest)
from scapy.layers.l2 import ARP, LLC, SNAP, STP, CookedLinux, Dot1AD, Dot1Q, Dot3, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.sctp import SCTP
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from file_seeds import file_seeds

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden',
                                'dissect'))
import encapsulation_frames  # noqa: E402  (the frames that are compared with tshark)

DECAP = 1
LYING = 2
STRIPPED_TAG = 4

EN10MB, RAW, SLL, SLL2 = 1, 101, 113, 276
MAC = {'src': '02:00:00:00:00:01', 'dst': '02:00:00:00:00:02'}


def ether(**more):
    return Ether(**MAC, **more)


def ip4(**more):
    return IP(src='10.0.0.1', dst='192.0.2.2', **more)


def ip6(**more):
    return IPv6(src='2001:db8::1', dst='2001:db8::2', **more)


def tcp():
    return TCP(sport=1234, dport=443, flags='SA')


def udp(port=53):
    return UDP(sport=1234, dport=port)


def inner():
    return IP(src='172.16.0.1', dst='172.16.0.2') / udp() / b'inside'


def common_packets():
    """Name to (link type, flags, bytes longer on the wire, packet)."""
    body = b'payload'
    return {
        'ethernet-ipv4-tcp': (EN10MB, 0, 0, ether() / ip4() / tcp() / body),
        'ethernet-ipv4-udp-cut': (EN10MB, 0, 1000, ether() / ip4(len=1028) / udp() / body),
        'ethernet-ipv4-options': (EN10MB, 0, 0,
                                  ether() / ip4(options=[IPOption_NOP()] * 8) / udp() / body),
        'ethernet-ipv4-fragment': (EN10MB, 0, 0, ether() / ip4(frag=185, proto=17) / body),
        'ethernet-ipv4-first-fragment': (EN10MB, 0, 0, ether() / ip4(flags='MF') / udp() / body),
        'ethernet-ipv4-icmp': (EN10MB, 0, 0, ether() / ip4() / ICMP() / body),
        'ethernet-ipv4-sctp': (EN10MB, 0, 0, ether() / ip4() / SCTP(sport=1, dport=2)),
        'ethernet-ipv4-dccp': (EN10MB, 0, 0, ether() / ip4(proto=33) / bytes(range(1, 20))),
        'ethernet-ipv4-udplite': (EN10MB, 0, 0, ether() / ip4(proto=136) / bytes(range(1, 12))),
        'ethernet-ipv4-offload': (EN10MB, 0, 0, ether() / ip4(len=0) / tcp() / (body * 9)),
        'ethernet-ipv6-udp': (EN10MB, 0, 0, ether() / ip6() / udp() / body),
        'ethernet-ipv6-chain': (EN10MB, 0, 0, ether() / ip6() / IPv6ExtHdrHopByHop()
                                / IPv6ExtHdrRouting() / IPv6ExtHdrDestOpt() / tcp()),
        'ethernet-ipv6-fragment': (EN10MB, 0, 0, ether() / ip6()
                                   / IPv6ExtHdrFragment(offset=185, nh=17) / body),
        'ethernet-ipv6-first-fragment': (EN10MB, 0, 0, ether() / ip6()
                                         / IPv6ExtHdrFragment(m=1) / udp() / body),
        'ethernet-ipv6-ah': (EN10MB, 0, 0, ether() / ip6(nh=51)
                             / (b'\x11\x04' + bytes(22)) / udp()),
        'ethernet-ipv6-mobility': (EN10MB, 0, 0, ether() / ip6(nh=135) / (b'\x3b' + bytes(7))),
        'ethernet-ipv6-jumbo': (EN10MB, 0, 0, ether() / ip6(nh=0, plen=0)
                                / (b'\x11\x00\xc2\x04\x00\x01\x00\x10') / udp() / body),
        'ethernet-ipv6-icmp': (EN10MB, 0, 0, ether() / ip6() / ICMPv6EchoRequest()),
        'vlan': (EN10MB, 0, 0, ether() / Dot1Q(vlan=5) / ip4() / tcp()),
        'vlan-stripped': (EN10MB, STRIPPED_TAG, 0, ether() / ip4() / udp()),
        'qinq': (EN10MB, 0, 0, ether() / Dot1AD(vlan=7) / Dot1Q(vlan=8) / ip6() / udp()),
        'nine-vlans': (EN10MB, 0, 0, ether() / (bytes(Dot1Q(vlan=1, type=0x8100)) * 9)),
        'mpls': (EN10MB, 0, 0, ether() / MPLS(label=100, s=0) / MPLS(label=3, s=1) / ip4() / udp()),
        'pppoe': (EN10MB, 0, 0, ether() / PPPoE(sessionid=1) / PPP(proto=0x21) / ip4() / tcp()),
        'arp': (EN10MB, 0, 0, ether() / ARP()),
        'llc-stp': (EN10MB, 0, 0, Dot3(**MAC) / LLC(dsap=0x42, ssap=0x42) / STP()),
        'llc-snap': (EN10MB, 0, 0, Dot3(**MAC) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
                     / SNAP(code=0x800) / ip4() / udp()),
        'lying-length': (EN10MB, LYING, 10, ether() / ip4() / udp() / body),
        'empty': (EN10MB, 0, 0, b''),
    }


def link_packets():
    body4, body6 = bytes(ip4() / udp() / b'x'), bytes(ip6() / tcp())
    data_frame = bytes([0x08, 0, 0, 0]) + bytes(18) + bytes(2) + bytes.fromhex('aaaa030000000800')
    radiotap = struct.pack('<BBHI', 0, 0, 8, 0)
    return {
        'null-little': (0, 0, 0, struct.pack('<I', 2) + body4),
        'null-big-ipv6': (0, 0, 0, struct.pack('>I', 30) + body6),
        'loop': (108, 0, 0, struct.pack('>I', 24) + body6),
        'raw-ipv4': (RAW, 0, 0, body4),
        'raw-bsd-ipv6': (12, 0, 0, body6),
        'raw-openbsd': (14, 0, 0, body4),
        'ipv4': (228, 0, 0, body4),
        'ipv6': (229, 0, 0, body6),
        'unknown-link-ip': (147, 0, 0, body4),
        'unknown-link': (147, 0, 0, b'\xff\xff'),
        'sll': (SLL, 0, 0, bytes(CookedLinux(proto=0x800)) + body4),
        'sll2': (SLL2, 0, 0, struct.pack('>HHIHBB8s', 0x86dd, 0, 2, 1, 0, 6, bytes(8)) + body6),
        'ppp': (9, 0, 0, b'\x00\x21' + body4),
        'ppp-hdlc': (50, 0, 0, b'\xff\x03\x00\x57' + body6),
        'ppp-lcp': (50, 0, 0, b'\xff\x03\xc0\x21' + bytes(8)),
        'ppp-ether': (51, 0, 0, b'\x11\x00\x00\x01\x00\x10\x00\x21' + body4),
        'wlan': (105, 0, 0, data_frame + body4),
        'wlan-beacon': (105, 0, 0, b'\x80' + bytes(40)),
        'wlan-protected': (105, 0, 0, bytes([0x08, 0x40]) + bytes(40)),
        'wlan-qos': (105, 0, 0, bytes([0x88, 3]) + bytes(22) + bytes(6) + bytes(2)
                     + data_frame[24:] + body4),
        'radiotap': (127, 0, 0, radiotap + data_frame + body4),
        'radiotap-longer': (127, 0, 0, struct.pack('<BBHIBB', 0, 0, 10, 2, 0x10, 0)
                            + data_frame + body4),
        'prism': (119, 0, 0, struct.pack('>II', 0x44, 144) + bytes(136) + data_frame + body4),
        'avs': (163, 0, 0, struct.pack('>II', 0x80211001, 64) + bytes(56) + data_frame + body4),
    }


def tunnel_packets():
    frame = bytes(ether() / inner())
    packets = {
        'ipip': ip4() / inner(),
        '6in4': ip4(proto=41) / ip6() / udp(),
        '4in6': ip6(nh=4) / inner(),
        'gre': ip4() / GRE(proto=0x800) / inner(),
        'gre-key': ip4() / GRE(proto=0x800, key_present=1, key=7, chksum_present=1) / inner(),
        'nvgre': ip4() / GRE(proto=0x6558, key_present=1, key=7) / frame,
        'erspan2': ip4() / GRE(proto=0x88be, seqnum_present=1) / ERSPAN() / frame,
        'erspan3': ip4() / GRE(proto=0x22eb, seqnum_present=1) / ERSPAN_III() / frame,
        'vxlan': ip4() / udp(4789) / VXLAN(vni=5) / frame,
        'geneve': ip4() / udp(6081) / GENEVE(proto=0x6558) / frame,
        'gtpu': ip4() / UDP(sport=2152, dport=2152) / GTP_U_Header(teid=1) / inner(),
        'gtpu-extension': ip4() / UDP(sport=2152, dport=2152)
        / (b'\x34\xff' + struct.pack('>HI', 8 + 34, 1) + b'\x00\x00\x00\x85' + b'\x01\x00\x00\x00')
        / inner(),
        'ipip-many': ip4() / ip4() / ip4() / ip4() / ip4() / ip4() / ip4() / ip4() / ip4()
        / inner(),
    }
    return {f'decap-{name}': (EN10MB, DECAP, 0, ether() / packet)
            for name, packet in packets.items()}


def encapsulation_packets():
    frames = [*encapsulation_frames.between_ethernet_and_ip(),
              *encapsulation_frames.over_ip_and_udp()]
    return {f"encapsulated-{label.replace(' ', '-')}": (link_type, DECAP, 0, packet)
            for label, link_type, packet in frames}


def pcap(order='<', nanoseconds=False, minor=4, link_type=EN10MB, packets=()):
    magic = 0xa1b23c4d if nanoseconds else 0xa1b2c3d4
    parts = [struct.pack(order + 'IHHiIII', magic, 2, minor, 0, 0, 65535, link_type)]
    for number, packet in enumerate(packets):
        data = bytes(packet)
        parts.append(struct.pack(order + 'IIII', 1_700_000_000 + number, 1, len(data), len(data)))
        parts.append(data)
    return b''.join(parts)


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + 'I', len(body) + 12)
    return struct.pack(order + 'I', kind) + length + body + length


def pcapng(order, packets):
    resolution = struct.pack(order + 'HHB3xHHqHH', 9, 1, 0x94, 14, 8, 5, 0, 0)
    parts = [block(order, 0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1)),
             block(order, 1, struct.pack(order + 'HHI', EN10MB, 0, 0) + resolution),
             block(order, 1, struct.pack(order + 'HHI', RAW, 0, 64)),
             block(order, 5, struct.pack(order + 'III', 0, 0, 0))]
    for number, packet in enumerate(packets):
        data = bytes(packet)
        sizes = struct.pack(order + 'IIII', 0, number, len(data), len(data))
        parts.append(block(order, 6, struct.pack(order + 'I', 0) + sizes + data))
        parts.append(block(order, 2, struct.pack(order + 'HH', 1, 9) + sizes + data))
        parts.append(block(order, 3, struct.pack(order + 'I', len(data)) + data))
    return b''.join(parts)


def captures():
    few = [ether() / ip4() / udp() / Raw(b'a'), ether() / ip6() / tcp()]
    little, big = pcap(packets=few), pcap('>', packets=few)
    both = pcapng('<', few) + pcapng('>', few)
    packed = gzip.compress(little, mtime=0)
    return {
        'little.pcap': little, 'big.pcap': big,
        'ns.pcap': pcap(nanoseconds=True, packets=few),
        'big-ns.pcap': pcap('>', nanoseconds=True, packets=few),
        'version-2.2.pcap': pcap(minor=2, packets=few),
        'version-2.3.pcap': pcap(minor=3, packets=few),
        'usb.pcap': pcap(link_type=220, packets=[bytes(64)]),
        'header-only.pcap': pcap(), 'cut.pcap': little[:-3], 'empty.pcap': b'',
        'huge-length.pcap': little[:32] + b'\xff\xff\xff\x7f' + little[36:],
        'little.pcapng': pcapng('<', few), 'big.pcapng': pcapng('>', few),
        'sections.pcapng': both, 'cut.pcapng': both[:-5],
        'huge-block.pcapng': both[:32] + b'\xfc\xff\xff\x00' + both[36:],
        'one.pcap.gz': packed, 'two-members.pcap.gz': gzip.compress(little[:50], mtime=0)
        + gzip.compress(little[50:], mtime=0) + bytes(16),
        'cut.pcap.gz': packed[:-9], 'garbled.pcap.gz': packed[:30] + b'\xff' * 8 + packed[38:],
        'sections.pcapng.gz': gzip.compress(both, mtime=0), 'text.txt': b'#!/bin/sh\n',
    }


FILTERS = {
    'all': '(host 10.0.0.1 or !net fd00::/8) && src port 8000-8100 and not vlan 5 || proto tcp6',
    'name': 'host example port https',
    'text': '10.0.0.1:51',
    'quoted': '"host"',
    'regex': '/^(a|b{2,5})*[0-9]+.*\\.lan$/',
    'classes': '~[[:alpha:]]\\d\\pL',
    'open': '((((tcp)',
    'utf8': 'host \u00e9\u20ac\U0001f600',
}


def dns_name(*labels):
    return b''.join(bytes([len(label)]) + label for label in labels) + bytes(1)


def dns_answer(asked, *records, flags=0x8180):
    """A DNS message: a PTR question and records of (name, type, data)."""
    message = struct.pack('!6H', 1, flags, 1, len(records), 0, 0) + asked + bytes([0, 12, 0, 1])
    for name, kind, data in records:
        message += name + struct.pack('!HHIH', kind, 1, 300, len(data)) + data
    return message


def names():
    """By file: what it is (fuzz_names.cc), and the bytes."""
    four = dns_name(b'1', b'0', b'0', b'10', b'in-addr', b'arpa')
    six = dns_name(*[b'0'] * 24, *b'8 b d 0 1 0 0 2'.split(), b'ip6', b'arpa')
    same, ptr, alias = b'\xc0\x0c', 12, 5
    host = dns_name(b'host', b'example')
    return {
        'answer.bin': (0, dns_answer(four, (same, ptr, host))),
        'answer6.bin': (1, dns_answer(six, (same, ptr, host))),
        'two.bin': (0, dns_answer(four, (same, ptr, host), (same, ptr, dns_name(b'b')))),
        'alias.bin': (0, dns_answer(four, (same, alias, host), (host, ptr, dns_name(b'a')))),
        'none.bin': (0, dns_answer(four, flags=0x8183)),
        'escape.bin': (0, dns_answer(four, (same, ptr, dns_name(b'\x1b[2J', b'e')))),
        'loop.bin': (0, dns_answer(four, (same, ptr, b'\xc0\x2b'))),
        'long.bin': (0, dns_answer(four, (same, ptr, dns_name(*[b'a' * 63] * 4)))),
        'services.bin': (2, b'https\t443/tcp www # TLS\nquic 443/udp\n\x1b[m 9/tcp\nx 0/tcp\n'),
        'hosts.bin': (3, b'127.0.0.1 localhost\nfe80::1%lo link # a\n::1 \x1b[m\n10.0.0.1\n'),
        'text.bin': (4, 'Telef\u00f3nica \u65e5\u672c \U0001f310 a\u202eb \x9b1m'.encode()),
        'latin.bin': (4, b'caf\xe9 \xff\xc0\x80\xed\xa0\x80'),
        'digits.bin': (4, b'192.0.2.1'),
    }


def netlink(*messages):
    """Messages of a dump with the sequence number 1: (type, payload)."""
    return b''.join(struct.pack('<IHHII', 16 + len(payload), kind, 2, 1, 0) + payload
                    + bytes(-len(payload) % 4) for kind, payload in messages)


def attribute(kind, value):
    return struct.pack('<HH', 4 + len(value), kind) + value + bytes(-len(value) % 4)


def diag_socket(family, local, peer, ports, inode, more=b''):
    """inet_diag_msg."""
    return (struct.pack('<BBBB', family, 1, 0, 0) + struct.pack('!HH', *ports)
            + local.ljust(16, b'\0') + peer.ljust(16, b'\0') + bytes(4) + struct.pack('<Q', 77)
            + bytes(12) + struct.pack('<II', 0, inode) + more)


def process_texts():
    """What fuzz_processes.cc reads, behind the letter of its reader."""
    v4, v6, mapped = bytes([10, 0, 0, 1]), bytes(15) + b'\1', bytes(10) + b'\xff\xff\n\0\0\1'
    done, refused = (3, bytes(4)), (2, struct.pack('<i', -2) + bytes(16))
    sockets = [(20, diag_socket(2, v4, v4, (80, 1000), 5)),
               (20, diag_socket(10, bytes(16), bytes(16), (80, 0), 6, attribute(11, b'\0'))),
               (20, diag_socket(10, mapped, mapped, (80, 1001), 7)), done]
    addresses = [(20, struct.pack('<BBBBI', 2, 24, 0, 0, 1) + attribute(1, v4) + attribute(2, v4)
                  + attribute(4, v4)),
                 (20, struct.pack('<BBBBI', 10, 64, 0, 0, 1) + attribute(1, v6)), done]
    end = b' 0A 00000000:00000000 00:00000000 00000000 0 0 1150 1 0 100\n'
    lines = b'heading\n 0: 0100000A:0050 0200000A:04D2' + end
    lines6 = b'heading\n 0: ' + b'0' * 32 + b':0050 ' + b'0' * 32 + b':0000' + end
    digits = b'0123456789abcdef' * 4
    return {
        'tcp': b't' + netlink(*sockets), 'refused': b't' + netlink(refused),
        'raw': b'r' + netlink((20, diag_socket(2, bytes(4), bytes(4), (89, 0), 5)), done),
        'addresses': b'a' + netlink(*addresses), 'net4': b'4' + lines, 'net6': b'6' + lines6,
        'net-raw': b'w' + lines,
        'unit': b'c0::/system.slice/a\\x2db.service\n',
        'pod': b'c3:cpu:/kubepods/burstable/pod01234567-89/' + digits + b'\n1:name=systemd:/\n',
        'docker': b'c0::/system.slice/docker-' + digits + b'.scope\n',
        'stat': b's12 (a) (b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20\n',
        'uid': b'sName:\tx\nUid:\t0\t1000\t0\t0\n',
        'text': 'xcaf\u00e9 \x1b[31m\u202e\x9b'.encode(),
    }


def screens():
    """Text and keys behind row, column, width and flags (fuzz_screen.cc)."""
    return {
        'ascii': b'\x01\x02\xff\x00plain text',
        'wide': b'\x01\x03\x05\x01' + '中文 e\u0301 😀\ufe0f'.encode(),
        'cut-left': b'\x01\xfd\x14\x00' + '中文中文'.encode(),
        'bad-utf8': b'\x01\x00\xff\x02a\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xff\xe4\xb8',
        'controls': (b'\x01\x00\x0a\x03\x1b[31m\x1b]0;t\x07\r\n\t\x7f'
                     + '\x9b1m\u202ex\u2028'.encode()),
        'keys': b'\x01\x00\x0a\x01\x1b[A\x1bOP\x1b[1;5C\x1b[24~\x1b[[A\x1bx\x1b',
        'mouse': b'\x01\x00\x0a\x00\x1b[<0;10;5M\x1b[<0;10;5m\x1b[M !!\x1b[<65;300;1M',
        'paste': b'\x01\x00\x0a\x02\x1b[200~text\r\x1b[201~\x1bP1$r\x1b\\k',
    }


def write(folder, name, content):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), 'wb') as file:
        file.write(content)


CONFIGS = {
    'sections': '''# comment
[capture]
interface = ["eth0", 'eth1']
cpus = "0,2-5"
ring = "64M"
[flows]
networks = "10.0.0.0/8"
timeout = "1500ms"
[display]
theme = "nord"  # nice
bytes = true
prefix4 = 16
[names]
dns = [ # two
  "10.0.0.1", "fd00::53", ]
''',
    'tables': '''display = { theme = "a", bytes = true }
[networks]
"the lab" = ["10.1.0.0/16", "fd00:1::/32"]
[themes.mine]
base = "nord"
sent = { fg = "#a0c4ff", bold = true }
[[alerts]]
name = "up"
on = "net the lab"
over = "1.5G"
window = "40s"
[[alerts]]
over = "20kpps"
''',
    'dotted': 'display.theme = \'\'\'\nx\'\'\'\ndisplay."bytes" = false\n',
    'iftoprc': 'interface: eth0\nfilter-code: not port 22 \\\nor icmp\nsort: 40s # x\n'
               'net-filter: 10.0.0.0/255.0.0.0\nscreen-filter: ^www\n',
    'dates': 'a = 1979-05-27T07:32:00Z\nb = 0x1f\nc = inf\n[[alerts]]\n',
    'deep': 'a = [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n',
}


def main():
    folder = sys.argv[1]
    for name, (link_type, flags, more, packet) in {
            **common_packets(), **link_packets(), **tunnel_packets(),
            **encapsulation_packets()}.items():
        write(os.path.join(folder, 'parse'), name + '.bin',
              struct.pack('<HBH', link_type, flags, more) + bytes(packet))
    for name, content in {**captures(), **file_seeds()}.items():
        write(os.path.join(folder, 'file'), name, content)
    for name, text in FILTERS.items():
        write(os.path.join(folder, 'filter'), name + '.txt', text.encode())
    for name, (kind, content) in names().items():
        write(os.path.join(folder, 'names'), name, bytes([kind]) + content)
    for name, content in process_texts().items():
        write(os.path.join(folder, 'processes'), name + '.bin', content)
    for name, text in CONFIGS.items():
        write(os.path.join(folder, 'config'), name + '.toml', text.encode())
    for name, content in screens().items():
        write(os.path.join(folder, 'screen'), name + '.bin', content)


if __name__ == '__main__':
    main()
