"""Made frames of what stands between Ethernet and IP, and of the tunnels over IP and UDP that
made_frames.py has not. Headers that scapy has no layer for are written in hexadecimal;
docs/encapsulations.md says what they are."""

from scapy.contrib.mpls import MPLS
from scapy.layers.dot11 import Dot11
from scapy.layers.inet import GRE, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import LLC, SNAP, Dot1AD, Dot1Q, Ether
from scapy.packet import Raw

EN10MB = 1
A, B = '02:00:00:00:00:0a', '02:00:00:00:00:0b'
DATA = Raw(b'weir' * 4)


def eth(**fields):
    return Ether(dst=B, src=A, **fields)


def v4():
    return IP(src='10.1.2.3', dst='192.0.2.77', id=7)


def v6():
    return IPv6(src='2001:db8::1', dst='fe80::5:6')


def outer(**fields):
    return IP(src='172.16.0.1', dst='172.16.0.2', id=8, **fields)


def outer6(**fields):
    return IPv6(src='2001:db8:f::1', dst='2001:db8:f::2', **fields)


def tcp():
    return TCP(sport=40000, dport=40443, seq=1) / DATA


def udp():
    return UDP(sport=41111, dport=41053) / DATA


def digits(text):
    return Raw(bytes.fromhex(text))


def wireless():
    snap = LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x0800)
    header = Dot11(type=2, subtype=0, FCfield='to-DS', addr1=A, addr2=B, addr3=A)
    return header / snap / v4() / udp()


def between_ethernet_and_ip():
    inner = eth() / v4() / tcp()
    tagged = eth() / Dot1Q(vlan=7) / v6() / udp()
    tag = Dot1Q(vlan=5) / v4() / udp()
    word, no_word = MPLS(label=300, s=1, ttl=64), MPLS(label=301, s=1, ttl=64)
    secure = '00000044 02000000000a0001'
    return [
        ('9200', EN10MB, eth(type=0x9200) / tag),
        ('9300', EN10MB, eth(type=0x9300) / tag),
        ('8200', EN10MB, eth(type=0x8200) / tag),
        ('pbb', EN10MB, eth(type=0x88E7) / digits('00000064') / inner),
        ('pbb b-tag', EN10MB, eth(type=0x88A8) / Dot1AD(vlan=100, type=0x88E7) /
         digits('00000064') / inner),
        ('vn-tag', EN10MB, eth(type=0x8926) / digits('00010002 0800') / v4() / udp()),
        ('vn-tag tagged', EN10MB, eth(type=0x8926) / digits('00010002 8100') / Dot1Q(vlan=5) /
         v6() / udp()),
        ('e-tag', EN10MB, eth(type=0x893F) / digits('000100020003 0800') / v4() / udp()),
        ('hsr', EN10MB, eth(type=0x892F) / digits('00400007 0800') / v4() / udp()),
        ('r-tag', EN10MB, eth(type=0xF1C1) / digits('00000007 0800') / v4() / udp()),
        ('cmd', EN10MB, eth(type=0x8909) / digits('0101 0001 0064 0800') / v4() / udp()),
        ('arista', EN10MB, eth(type=0xD28B) / digits('0001 0010 5ceeed57 384f59c8 0800') / v4() /
         udp()),
        ('fabricpath', EN10MB, eth(type=0x8903) / digits('0060') / inner),
        ('trill', EN10MB, eth(type=0x22F3) / digits('003f 0001 0002') / inner),
        ('trill tagged', EN10MB, eth(type=0x22F3) / digits('003f 0001 0002') / tagged),
        ('bridged', EN10MB, eth(type=0x6558) / inner),
        ('batman unicast', EN10MB, eth(type=0x4305) / digits('400f3201 02000000000b') / inner),
        ('batman 4addr', EN10MB, eth(type=0x4305) /
         digits('420f3201 02000000000b 02000000000a 0100') / inner),
        ('batman broadcast', EN10MB, eth(type=0x4305) /
         digits('010f3200 00000007 02000000000a') / inner),
        ('jumbo llc', EN10MB, eth(type=0x8870) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) /
         SNAP(OUI=0, code=0x0800) / v4() / udp()),
        ('macsec', EN10MB, eth(type=0x88E5) / digits(f'2000 {secure} 0800') / v4() / udp() /
         Raw(b'\1' * 16)),
        ('macsec without channel', EN10MB, eth(type=0x88E5) / digits('0000 00000044 86dd') / v6() /
         udp() / Raw(b'\1' * 16)),
        ('macsec encrypted', EN10MB, eth(type=0x88E5) / digits(f'2c00 {secure}') /
         Raw(b'\1' * 60)),
        ('nsh', EN10MB, eth(type=0x894F) / digits('0006 01 01 00030907' + '00' * 16) / v4() /
         udp()),
        ('nsh ethernet', EN10MB, eth(type=0x894F) / digits('0002 02 03 00030907') / inner),
        ('pseudowire', EN10MB, eth(type=0x8847) / word / digits('00000000') / inner),
        ('pseudowire tagged', EN10MB, eth(type=0x8847) / word / digits('00000000') / tagged),
        ('pseudowire without word', EN10MB, eth(type=0x8847) / no_word / inner),
    ]


def over_ip_and_udp():
    inner = eth() / v4() / tcp()

    def over(port, payload, source=50000):
        return eth() / outer() / UDP(sport=source, dport=port) / payload

    ppp = digits('ff03 0021') / v4() / tcp()
    segments = digits('04 02 04 00 00 00 0000 20010db8000000000000000000000009')
    return [
        ('tzsp', EN10MB, over(37008, digits('01 00 0001 01') / inner)),
        ('tzsp 802.11', EN10MB, over(37008, digits('01 00 0012 0a01c4 01') / wireless())),
        ('l2tp', EN10MB, over(1701, digits('0002 0001 0002') / ppp, 41701)),
        ('l2tp answer', EN10MB, over(41701, digits('0002 0001 0002') / ppp, 1701)),
        ('l2tp length', EN10MB, over(1701, digits(f'4002 {8 + len(ppp):04x} 0001 0002') / ppp,
                                    41701)),
        ('capwap ethernet', EN10MB, over(5247, digits('00100000 00000000') / inner)),
        ('capwap 802.11', EN10MB, over(5247, digits('00100300 00000000') / wireless())),
        ('aruba', EN10MB, eth() / outer() / GRE(proto=0x8200) / wireless()),
        ('wccp', EN10MB, eth() / outer() / GRE(proto=0x883E) / digits('05590048') / v4() / tcp()),
        ('gre nsh', EN10MB, eth() / outer() / GRE(proto=0x894F) / digits('0002 02 01 00030907') /
         v4() / tcp()),
        ('teredo', EN10MB, over(3544, v6() / tcp())),
        ('teredo indications', EN10MB, over(3544, digits(
            '0001 00 00 0102030405060708 00 0000 63bf c0a80101') / v6() / tcp())),
        ('etherip', EN10MB, eth() / outer(proto=97) / digits('3000') / inner),
        ('mpls', EN10MB, eth() / outer(proto=137) / MPLS(label=9, s=1, ttl=9) / v4() / tcp()),
        ('mpls in udp', EN10MB, over(6635, MPLS(label=9, s=1, ttl=9) / v4() / tcp())),
        ('gre in udp', EN10MB, over(4754, GRE() / v4() / tcp())),
        ('lisp', EN10MB, over(4341, digits('c0123456 00000001') / v4() / tcp())),
        ('vxlan-gpe nsh', EN10MB, over(4790, digits(
            '0c000004 00007b00 0002 02 03 00030907') / inner)),
        ('srv6 ipv4', EN10MB, eth() / outer6(nh=43) / segments / v4() / tcp()),
        ('srv6 ethernet', EN10MB, eth() / outer6(nh=43) /
         digits('8f' + segments.load.hex()[2:]) / inner),
        ('ethernet in ipv6', EN10MB, eth() / outer6(nh=143) / inner),
        ('wireguard', EN10MB, over(51820, digits('04000000' + '01' * 60))),
    ]
