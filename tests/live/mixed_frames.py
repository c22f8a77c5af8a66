"""Frames of many kinds, with what a monitor must count of each: scapy builds and measures them."""

import collections

from live import flow_table

Kind = collections.namedtuple('Kind', 'frame ip_bytes key tags')  # key None: not IP


def _kinds():
    # In here because scapy takes a second to load and may be missing.
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
    ether = Ether(src='02:00:00:00:00:fd', dst='02:00:00:00:00:fe')
    near, far = '10.77.0.2', '198.18.0.2'
    near6, far6 = 'fd77::2', '2001:db8::2'
    out4, in4 = IP(src=near, dst=far), IP(src=far, dst=near)
    first = IP(src=near, dst=far, id=7, flags='MF', proto=17)
    packets = (
        (ether / out4 / TCP(sport=40000, dport=443) / bytes(10), 40000, 443),
        (ether / in4 / TCP(sport=443, dport=40000) / bytes(1400), 443, 40000),
        (ether / in4 / UDP(sport=53, dport=5353) / bytes(100), 53, 5353),
        (ether / Dot1Q(vlan=5) / out4 / UDP(sport=5005, dport=53) / bytes(33), 5005, 53),
        (ether / Dot1AD(vlan=7) / Dot1Q(vlan=8) / out4 / TCP(sport=5006, dport=80), 5006, 80),
        (ether / IPv6(src=near6, dst=far6) / TCP(sport=600, dport=443) / bytes(77), 600, 443),
        (ether / IPv6(src=far6, dst=near6) / UDP(sport=53, dport=601) / bytes(11), 53, 601),
        (ether / first / UDP(sport=700, dport=53, len=88) / bytes(64), 700, 53),
        (ether / IP(src=near, dst=far, id=7, frag=9, proto=17) / bytes(16), 0, 0),
        (ether / out4 / ICMP(), 0, 0),
    )
    for packet, sport, dport in packets:
        frame = bytes(packet)
        ip = IPv6 if IPv6 in packet else IP
        addresses = packet[ip].src, packet[ip].dst
        proto = packet[ip].nh if ip is IPv6 else ip(bytes(packet[ip])).proto
        ip_bytes = len(bytes(packet[ip]))
        # Padded as an Ethernet card would: the padding is on the wire and not in the IP bytes.
        yield Kind(frame + bytes(max(60 - len(frame), 0)), ip_bytes,
                   (*addresses, sport, dport, proto),
                   sum(packet.haslayer(tag) for tag in (Dot1AD, Dot1Q)))
    yield Kind(bytes(ether / ARP(psrc=near, pdst=far)) + bytes(18), 0, None, 0)


class Mix:
    """`rounds` times each kind; each kind's share differs, so that no two can be mistaken."""

    def __init__(self, rounds=3, most_tags=2):
        self.kinds = [kind for kind in _kinds() if kind.tags <= most_tags]
        self.copies = [rounds + place for place in range(len(self.kinds))]

    def frames(self):
        return [kind.frame for kind, count in zip(self.kinds, self.copies) for _ in range(count)]

    def packets(self):
        return sum(self.copies)

    def sum(self, measure):
        return sum(measure(kind) * count for kind, count in zip(self.kinds, self.copies))

    def flows(self, times=1):
        """As live.flow_table(), the side in 10.77.0.0/16 and fd77::/16 first."""
        table = {}
        for kind, copies in zip(self.kinds, self.copies):
            if kind.key is None:
                continue
            src, dst, sport, dport, proto = kind.key
            traffic = (copies * times, copies * times * kind.ip_bytes)
            sent = src.startswith(('10.77.', 'fd77:'))
            key = kind.key if sent else (dst, src, dport, sport, proto)
            both = list(table.get(key, ((0, 0), (0, 0))))
            side = 0 if sent else 1
            both[side] = tuple(a + b for a, b in zip(both[side], traffic))
            table[key] = tuple(both)
        return table

    def check(self, snapshot, times=1):
        """A snapshot that holds these frames `times` times and nothing else."""
        counters = snapshot['counters']
        got = {name: counters[name] for name in ('received', 'non_ip', 'ip_bytes', 'wire_bytes',
                                                 'missed')}
        assert got == {
            'received': self.packets() * times,
            'non_ip': self.copies[-1] * times,
            'ip_bytes': self.sum(lambda kind: kind.ip_bytes) * times,
            'wire_bytes': self.sum(lambda kind: len(kind.frame)) * times,
            'missed': 0,
        }, (got, counters)
        expected = self.flows(times)
        flows = flow_table(snapshot)
        assert flows == expected, (flows, expected)
        for index, side in enumerate(('sent', 'received')):
            total = snapshot['totals'][side]
            assert (total['packets'], total['ip_bytes']) == tuple(
                sum(flow[index][what] for flow in expected.values()) for what in (0, 1)), total
