#!/usr/bin/python3
"""Which side of a flow is local: docs/architecture.md, "Direction", on real links. TAP on stdout.

    direction.py WEIR [BACKEND]
"""

import itertools
import re
import sys

from iftop import Datagrams, parse_block, parse_size
from live import flow_table, have, main, need, send, udp_frame, wait_capturing, wait_until

HOSTS = 3
LOAD_S = 2
EVERY_S = 0.05
TO_FAR, TO_NEAR = 300, 100  # payload


def address(host, version):
    return f'10.77.0.{host}' if version == 4 else f'fd77::{host}'


def lan(lab):
    """Three hosts with addresses 1, 2, 3 on a bridge; they know one another's MAC addresses."""
    switch = lab.namespace('s')
    lab.ip('-n', switch, 'link', 'add', 'br0', 'type', 'bridge')
    lab.ip('-n', switch, 'link', 'set', 'br0', 'up')
    hosts = []
    for host in range(1, HOSTS + 1):
        namespace = lab.namespace('h', ipv6=True)
        lab.veth(namespace, 'eth0', switch, f'p{host}')
        lab.ip('-n', switch, 'link', 'set', f'p{host}', 'master', 'br0')
        lab.ip('-n', namespace, 'addr', 'add', f'{address(host, 4)}/24', 'dev', 'eth0')
        lab.ip('-n', namespace, 'addr', 'add', f'{address(host, 6)}/64', 'dev', 'eth0', 'nodad')
        hosts.append(namespace)
    for (at, here), (other, there) in itertools.permutations(enumerate(hosts, 1), 2):
        mac = mac_of(lab, there, 'eth0')
        for version in (4, 6):
            lab.ip('-n', here, 'neigh', 'replace', address(other, version), 'lladdr', mac, 'dev',
                   'eth0')
    return hosts


def mac_of(lab, namespace, interface):
    shown = lab.ip('-n', namespace, '-o', 'link', 'show', interface).stdout
    return re.search(r'link/ether (\S+)', shown).group(1)


def all_pairs(lab, hosts):
    """Each host asks each other one: more goes than comes back, in IPv4 and IPv6."""
    loads = []
    for (at, here), (other, there) in itertools.permutations(enumerate(hosts, 1), 2):
        flows = [(address(at, version), address(other, version), 20000 + 10 * at + other, 53,
                  TO_NEAR, TO_FAR) for version in (4, 6)]
        loads.append(Datagrams(here, there, flows, LOAD_S, EVERY_S))
        lab.stack.callback(loads[-1].end)
    for load in loads:
        load.start()
    return loads


def expected_of(host):
    """(own end, other end): whether this host is the one that asks."""
    ends = {}
    for other in range(1, HOSTS + 1):
        if other == host:
            continue
        for version in (4, 6):
            own, far = address(host, version), address(other, version)
            join = '{}:{}'.format if version == 4 else '[{}]:{}'.format
            ends[join(own, 20000 + 10 * host + other), join(far, 53)] = True
            ends[join(own, 53), join(far, 20000 + 10 * other + host)] = False
    return ends


def plain(end):
    return end.replace('[', '').replace(']', '')


def every_host_of_a_lan_sees_itself_send_as_in_iftop(lab):
    need(have('iftop'), 'needs iftop')
    hosts = lan(lab)
    flags = ('-i', 'eth0', '-t', '-s', '6', '-nNPB', '-L', '100', '-f', 'udp')
    runs = [(lab.start(host, 'iftop', *flags), lab.weir(host, *flags)) for host in hosts]
    for host, (_, weir) in zip(hosts, runs):
        wait_capturing(host, 2, weir)
    loads = all_pairs(lab, hosts)
    for _, weir in runs:
        weir.finish()
    for load in loads:
        load.keep_awake.set()
    for number, (iftop, weir) in enumerate(runs, 1):
        iftop.finish()
        ours, theirs = (parse_block(run.out[1:])['flows'] for run in (weir, iftop))
        assert set(ours) == set(theirs), (number, sorted(ours), sorted(theirs))
        expected = {(plain(a), plain(b)): asks for (a, b), asks in expected_of(number).items()}
        shown = {(plain(a), plain(b)): rows for (a, b), rows in ours.items()}
        assert set(shown) == set(expected), (number, sorted(shown), sorted(expected))
        for ends, rows in shown.items():
            sent, received = (parse_size(row[3])[0] for row in rows)
            assert (sent > received) == expected[ends], (number, ends, rows)
        for ends, rows in ours.items():
            assert [row[3] for row in rows] == [row[3] for row in theirs[ends]], (ends, rows)


def the_interfaces_address_is_local_beside_its_neighbours(lab):
    hosts = lan(lab)
    runs = [lab.json(host, 'eth0', '-f', 'udp') for host in hosts]
    loads = all_pairs(lab, hosts)
    wait_until(lambda: all(load.rounds > 10 for load in loads), 'some rounds')
    for load in loads:
        load.end()
    for number, weir in enumerate(runs, 1):
        weir.wait_for(lambda s: s['flow_count'] == 4 * (HOSTS - 1), 'all flows')
        final = weir.final()
        for flow in final['flows']:
            assert flow['src_addr'] in (address(number, 4), address(number, 6)), flow
            asks = flow['dst_port'] == 53
            assert (flow['sent']['ip_bytes'] > flow['received']['ip_bytes']) == asks, flow
        totals = final['totals']
        for side in ('sent', 'received'):
            assert totals[side]['ip_bytes'] == sum(flow[side]['ip_bytes']
                                                   for flow in final['flows']), totals


def framed(frame, destination=None, source=None):
    """The frame with other MAC addresses."""
    def raw(mac, old):
        return bytes.fromhex(mac.replace(':', '')) if mac else old
    return raw(destination, frame[:6]) + raw(source, frame[6:12]) + frame[12:]


def sides(snapshot):
    """Destination port of the asker's first packet -> address of the local side."""
    return {min(flow['src_port'], flow['dst_port']): flow['src_addr']
            for flow in snapshot['flows']}


def a_mirror_port_goes_by_private_ranges_and_who_spoke_first(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb')
    frames = []
    for number, (first, second) in enumerate((('10.1.0.9', '10.1.0.1'), ('10.1.0.1', '10.1.0.9'),
                                              ('1.1.1.9', '1.1.1.1'), ('1.1.1.1', '10.1.0.9'),
                                              ('10.1.0.1', '1.1.1.1')), 1):
        frames.append(udp_frame(first, second, (40000, number), 300))
        frames.append(udp_frame(second, first, (number, 40000), 100))
    send(near, 'va', frames)
    weir.wait_received(len(frames))
    local = sides(weir.final())
    expected = {1: '10.1.0.9', 2: '10.1.0.1', 3: '1.1.1.9', 4: '10.1.0.9', 5: '10.1.0.1'}
    assert local == expected, local


def without_an_address_the_link_tells_who_is_here(lab):
    near, far = lab.link()
    own = mac_of(lab, far, 'vb')
    weir = lab.json(far, 'vb', '-p')
    # To this host, from it, and between two others; each time the private side is the other one.
    send(near, 'va', [framed(udp_frame('10.1.0.9', '1.1.1.1', (40000, 1)), destination=own)])
    send(far, 'vb', [framed(udp_frame('1.1.1.1', '10.1.0.9', (40000, 2)), source=own)])
    send(near, 'va', [udp_frame('1.1.1.1', '10.1.0.9', (40000, 3))])
    broadcast = framed(udp_frame('1.1.1.1', '10.1.0.9', (40000, 4)), 'ff:ff:ff:ff:ff:ff')
    send(near, 'va', [broadcast])
    weir.wait_received(4)
    local = sides(weir.final())
    assert local == {1: '1.1.1.1', 2: '1.1.1.1', 3: '10.1.0.9', 4: '10.1.0.9'}, local


def addresses_that_come_and_go_count_for_new_flows(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb')
    port = itertools.count(1)

    def local_of_a_new_flow():
        number = next(port)
        send(near, 'va', [udp_frame('10.77.0.9', '10.77.0.5', (40000, number))])
        weir.wait_received(number)
        return sides(weir.last())[number]

    assert local_of_a_new_flow() == '10.77.0.9', 'it spoke first'
    lab.ip('-n', far, 'addr', 'add', '10.77.0.5/24', 'dev', 'vb')
    wait_until(lambda: local_of_a_new_flow() == '10.77.0.5', 'the new address')
    assert sides(weir.last())[1] == '10.77.0.9', 'the side of a flow holds'
    by_address = next(port) - 1
    send(near, 'va', [udp_frame()])  # so that ports and packets stay in step
    lab.ip('-n', far, 'addr', 'del', '10.77.0.5/24', 'dev', 'vb')
    wait_until(lambda: local_of_a_new_flow() == '10.77.0.9', 'the address to go')
    assert sides(weir.final())[by_address] == '10.77.0.5', 'the side of a flow holds'


def each_interface_has_addresses_of_its_own(lab):
    """Two links of one network: what one interface carries goes by that one's address."""
    near, far = lab.namespace('a'), lab.namespace('b')
    for number in (1, 2):
        lab.veth(near, f'va{number}', far, f'vb{number}')
        lab.ip('-n', far, 'addr', 'add', f'10.77.0.{number}/24', 'dev', f'vb{number}')
    weir = lab.json(far, 'vb1', '-i', 'vb2')
    for number in (1, 2):
        send(near, f'va{number}', [udp_frame('10.77.0.2', '10.77.0.1', (40000, number))])
    weir.wait_received(2)
    local = sides(weir.final())
    assert local == {1: '10.77.0.1', 2: '10.77.0.2'}, local


CASES = (every_host_of_a_lan_sees_itself_send_as_in_iftop,
         the_interfaces_address_is_local_beside_its_neighbours,
         a_mirror_port_goes_by_private_ranges_and_who_spoke_first,
         without_an_address_the_link_tells_who_is_here,
         addresses_that_come_and_go_count_for_new_flows, each_interface_has_addresses_of_its_own)

if __name__ == '__main__':
    sys.exit(main(CASES[1:] if len(sys.argv) > 2 else CASES, *sys.argv[2:]))
