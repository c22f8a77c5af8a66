#!/usr/bin/python3
"""Flow by flow against scapy, for any number of workers and any batch size. TAP on stdout.

    flows_test.py WEIR

The capture is made with scapy from a fixed seed, written to a file, read back by scapy and summed
up here, packet by packet. weir must give the same flows, to the last byte and nanosecond.
"""

import collections
import ipaddress
import os
import random
import sys
import tempfile

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert, fragment
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                                fragment6)
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
from scapy.layers.sctp import SCTP
from scapy.utils import RawPcapReader, wrpcap

from program import report, run, snapshot

PACKETS = 1500
START_US = 1_700_000_000_000_000
EXTENSIONS = {0, 43, 44, 60}  # hop-by-hop, routing, fragment, destination options
PORTS = {6, 17, 132}


def make(rng):
    """(microseconds, frame) in the order of capture, time stamps a little out of order."""
    hosts4 = [f'10.{i}.0.{i}' for i in range(1, 9)] + ['192.0.2.1', '198.51.100.7']
    hosts6 = [f'2001:db8::{i:x}' for i in range(1, 7)] + ['fd00::1']
    packets = []
    now_us = START_US
    while len(packets) < PACKETS:
        now_us += rng.randrange(80_000)
        base = Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02')
        tags = rng.choice([0, 0, 0, 1, 2])
        if tags == 1:
            base /= Dot1Q(vlan=rng.randrange(1, 4095))
        elif tags == 2:
            base = base / Dot1AD(vlan=7) / Dot1Q(vlan=8)
        for frame in payloads(rng, base, hosts4, hosts6):
            packets.append((now_us - rng.choice([0, 0, 0, 900]), bytes(frame)))
            now_us += 10
    return packets


def payloads(rng, base, hosts4, hosts6):
    """One frame, or the fragments of one."""
    upper = rng.choice([
        lambda: TCP(sport=rng.choice([1024, 40000]), dport=rng.choice([80, 443]),
                    flags=rng.choice(['A', 'A', 'A', 'S', 'SA'])),
        lambda: UDP(sport=rng.choice([53, 5353]), dport=rng.choice([53, 60000])),
        lambda: SCTP(sport=36412, dport=36412), ICMP])()
    body = bytes(rng.randrange(1000))
    kind = rng.randrange(20)
    if kind == 0:
        return [base / ARP()]
    if kind < 12:
        source, destination = rng.sample(hosts4, 2)
        options = [IPOption_Router_Alert()] if kind == 1 else []
        ip = IP(src=source, dst=destination, id=rng.randrange(65536), options=options)
        if kind == 2:
            return [base / part for part in fragment(ip / upper / bytes(2500), fragsize=1000)]
        return [base / ip / upper / body]
    source, destination = rng.sample(hosts6, 2)
    ip = IPv6(src=source, dst=destination)
    if isinstance(upper, ICMP):
        upper = UDP(sport=9, dport=9)
    if kind == 12:
        whole = ip / IPv6ExtHdrFragment(id=rng.randrange(1 << 32)) / upper / bytes(2500)
        return [base / part for part in fragment6(whole, 1280)]
    if kind == 13:
        ip = ip / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt()
    return [base / ip / upper / body]


def ip_layer(frame):
    """The outermost IP header; None for what is not IP."""
    layer = frame
    while layer and not isinstance(layer, (IP, IPv6)):
        layer = layer.payload
    return layer or None


def key_of(ip):
    """(source, source port, destination, destination port, protocol, IP bytes)"""
    layer = ip.payload
    if isinstance(ip, IP):
        proto, first, length = ip.proto, ip.frag == 0, ip.len
    else:
        proto, first, length = ip.nh, True, 40 + ip.plen
        while proto in EXTENSIONS:
            if isinstance(layer, IPv6ExtHdrFragment):
                first = layer.offset == 0
            proto, layer = layer.nh, layer.payload
    ports = (0, 0)
    if first and proto in PORTS:
        ports = (int.from_bytes(bytes(layer)[0:2], 'big'), int.from_bytes(bytes(layer)[2:4], 'big'))
    return ip.src, ports[0], ip.dst, ports[1], proto, length


PRIVATE = [ipaddress.ip_network(network) for network in (
    '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10')]


def high_is_local(low, high, evidence):
    """Rules 5 and 6 of docs/architecture.md, "Direction"; a file has no others without -F."""
    private = [any(ipaddress.ip_address(end[0]) in network for network in PRIVATE)
               for end in (low, high)]
    return private[1] if private[0] != private[1] else min(evidence)[-1]


def evidence_of(proto, ip, ts_ns, from_high):
    """How good it is, when it was, and whether the high end spoke."""
    flags = int(ip[TCP].flags) if proto == 6 and TCP in ip else 0
    answer = flags & 0x12 == 0x12
    return (1 if answer else 0 if flags & 2 else 2, ts_ns, from_high != answer)


def local_first(flows):
    """(local end, port, far end, port, proto) to what was sent and received, and times"""
    shown = {}
    for (*ends, proto), flow in flows.items():
        low, high = tuple(ends[:2]), tuple(ends[2:])
        turned = high_is_local(low, high, flow['evidence'])
        sent, received = (flow['high'], flow['low']) if turned else (flow['low'], flow['high'])
        key = (*high, *low, proto) if turned else (*low, *high, proto)
        shown[key] = {'sent': sent, 'received': received, 'first_ns': flow['first_ns'],
                      'last_ns': flow['last_ns']}
    return shown


def flows_by_scapy(path):
    """(flows as local_first() has them, counters)"""
    flows = {}
    counters = collections.Counter()
    for data, meta in RawPcapReader(path):
        counters['received'] += 1
        counters['wire_bytes'] += meta.wirelen
        ip = ip_layer(Ether(data))
        if ip is None:
            counters['non_ip'] += 1
            continue
        source, source_port, destination, destination_port, proto, length = key_of(ip)
        counters['parsed'] += 1
        counters['ip_bytes'] += length
        low, high = (source, source_port), (destination, destination_port)
        swapped = (ipaddress.ip_address(low[0]), low[1]) > (ipaddress.ip_address(high[0]), high[1])
        if swapped:
            low, high = high, low
        ts_ns = (meta.sec * 1_000_000 + meta.usec) * 1000
        flow = flows.setdefault((*low, *high, proto), {
            'low': [0, 0, 0], 'high': [0, 0, 0], 'evidence': [], 'first_ns': ts_ns,
            'last_ns': ts_ns})
        flow['evidence'].append(evidence_of(proto, ip, ts_ns, swapped))
        side = flow['high' if swapped else 'low']
        for index, more in enumerate((1, length, meta.wirelen)):
            side[index] += more
        flow['first_ns'] = min(flow['first_ns'], ts_ns)
        flow['last_ns'] = max(flow['last_ns'], ts_ns)
    return local_first(flows), counters


def flows_by_weir(last):
    flows = {}
    for flow in last['flows']:
        key = (flow['src_addr'], flow['src_port'], flow['dst_addr'], flow['dst_port'],
               flow['proto'])
        assert key not in flows, f'twice: {key}'
        flows[key] = {side: [flow[side][field] for field in ('packets', 'ip_bytes', 'wire_bytes')]
                      for side in ('sent', 'received')}
        flows[key].update({name: flow[name] for name in ('first_ns', 'last_ns')})
    return flows


def same(got, expected):
    wrong = [f'{key}: {got.get(key)} instead of {expected.get(key)}'
             for key in sorted(got.keys() | expected.keys()) if got.get(key) != expected.get(key)]
    assert not wrong, '\n'.join(wrong[:10] + [f'{len(wrong)} of {len(expected)} flows'])


def figures(last):
    """All that must not depend on how the work was shared."""
    return {name: value for name, value in last.items() if name != 'source'}


def main():
    weir = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix='weir-flows-') as folder:
        path = os.path.join(folder, 'mixed.pcap')
        packets = []
        for micros, frame in make(random.Random(2)):
            packet = Ether(frame)
            packet.time = micros / 1_000_000
            packets.append(packet)
        wrpcap(path, packets)
        expected, counters = flows_by_scapy(path)
        ask = ('-r', path, '--json', '-L', '0')
        one = snapshot(run(weir, *ask, '--workers', '1'))

        def every_flow():
            same(flows_by_weir(one), expected)
            got = {name: one['counters'][name] for name in counters}
            assert got == counters, (got, counters)
            return f'{counters["received"]} packets, {len(expected)} flows'

        def any_split(workers):
            for batch in ('1', '7', '256', '4096'):
                last = snapshot(run(weir, *ask, '--workers', workers, '--batch', batch))
                assert last['source']['workers'] == int(workers), last['source']
                same(flows_by_weir(last), expected)
                assert figures(last) == figures(one), f'other figures with --batch {batch}'

        return report([('every flow as scapy sums it up', every_flow)]
                      + [(f'the same with --workers {workers} and any --batch',
                          lambda workers=workers: any_split(workers)) for workers in '125'])


if __name__ == '__main__':
    sys.exit(main())
