#!/usr/bin/python3
"""Capture through AF_XDP counts exactly what was sent. TAP on stdout.

    af_xdp.py WEIR AF_XDP_TOOL
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

from live import (LIMIT_S, LOCAL, Skip, check_law, flow_table, have, inside, main, make_tun, need,
                  sanitized, send, udp_frame, wait_until)
from af_xdp_lab import (FLOW, af_xdp, flows_of, need_af_xdp, notes_of, program_of, queues_link,
                        seen, send_to, tagged, wait_handed_over)


def mix(**kwargs):
    try:
        from mixed_frames import Mix
        return Mix(**kwargs)
    except ImportError as error:
        raise Skip(f'needs python3-scapy: {error}') from error


def count_mix(lab, queues, generic, *args):
    """The final snapshot of a mix of IPv4, IPv6, VLAN and other frames on each queue."""
    near, far = queues_link(lab, queues, generic)
    frames = mix()
    weir = af_xdp(lab, far, *args)
    mode, _ = program_of(lab, far)
    assert mode == ('xdpgeneric' if generic else 'xdp'), mode
    for queue in range(queues):
        send_to(near, queue, frames.frames())
    weir.wait_received(queues * frames.packets())
    final = weir.final()
    frames.check(final, times=queues)
    source = final['source']
    assert source['backend'] == 'af_xdp' and source['name'] == 'vb', source
    assert source['link_type'] == 'EN10MB' and source['queues'] == queues, source
    assert final['counters']['dropped_nic'] == 0, final['counters']
    assert ('generic mode' if generic else 'native mode') in notes_of(weir), notes_of(weir)
    assert 'away from this host' in notes_of(weir), notes_of(weir)
    return final


def native_mode_one_queue(lab):
    count_mix(lab, 1, False)


def native_mode_two_queues(lab):
    final = count_mix(lab, 2, False, '--workers', '2')
    assert final['source']['workers'] == 2, final['source']


def generic_mode_one_queue(lab):
    count_mix(lab, 1, True)


def generic_mode_two_queues(lab):
    # Without XDP of its own a veth does not say on which queue a packet came, and the kernel takes
    # the sender's queue less one: flows are spread by their hash, over three queues.
    near, far = queues_link(lab, 2, True)
    weir = af_xdp(lab, far)
    assert program_of(lab, far)[0] == 'xdpgeneric', program_of(lab, far)
    send(near, 'va', flows_of(90) * 3)
    weir.wait_received(270)
    final = weir.final()
    assert final['counters']['received'] == 270 and final['flow_count'] == 90, final['counters']
    assert final['counters']['ip_bytes'] == 270 * 128, final['counters']
    weir = af_xdp(lab, far, '--queues', '1')
    send(near, 'va', flows_of(90) * 3)
    weir.wait_received(3)
    final = weir.final()
    assert 0 < final['flow_count'] < 90, final['flow_count']
    assert final['counters']['received'] == 3 * final['flow_count'], final['counters']


def one_worker_serves_two_queues(lab):
    final = count_mix(lab, 2, False, '--workers', '1')
    assert final['source']['workers'] == 1, final['source']


def a_flow_on_two_queues_is_one_flow(lab):
    near, far = queues_link(lab, 2)
    weir = af_xdp(lab, far, '--workers', '2')
    back = udp_frame('198.18.0.2', '10.77.0.2', (53, 10000))
    send_to(near, 0, [udp_frame()] * 30 + [back] * 5)
    send_to(near, 1, [udp_frame()] * 12 + [back] * 7)
    weir.wait_received(54)
    final = weir.final()
    assert final['flow_count'] == 1, final['flows']
    assert flow_table(final) == {FLOW: ((42, 42 * 128), (12, 12 * 128))}, final['flows']


def queues_that_were_not_chosen_go_to_the_host(lab):
    near, far = queues_link(lab, 2)
    with inside(far), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as host:
        host.bind(('vb', 3))
        host.settimeout(LIMIT_S)
        weir = af_xdp(lab, far, '--queues', '1')
        send_to(near, 1, [udp_frame()] * 20)
        send_to(near, 0, [udp_frame(payload=9)] * 10)
        assert {len(host.recv(2000)) for _ in range(10)} == {51}
        weir.wait_received(20)
        host.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            raise AssertionError(f'the host got {len(host.recv(2000))} bytes more')
    final = weir.final()
    assert flow_table(final) == {FLOW: ((20, 20 * 128), (0, 0))}, final['flows']
    assert 'receive queue 1 of 2' in notes_of(weir), notes_of(weir)


def filters_match_what_pcap_matches(lab):
    near, far = queues_link(lab)
    frames = mix().frames() + flows_of(7, 400)
    for expression in ('udp port 53', 'vlan 5', 'ip6 or arp', 'greater 200 and not tcp',
                       'ip[6:2] & 0x1fff != 0', 'vlan and vlan and tcp'):
        # Frames that are sent through the queueing discipline are seen where they leave, too.
        pcap = lab.json(near, 'va', '--backend', 'pcap', '-f', expression, *LOCAL)
        weir = af_xdp(lab, far, '-f', expression)
        send(near, 'va', frames)
        send(near, 'va', [udp_frame()] * 3)
        results = [pcap.final()]
        weir.wait_received(results[0]['counters']['received'])
        results.append(weir.final())
        pcap_counters, counters = (result['counters'] for result in results)
        for name in ('received', 'wire_bytes', 'ip_bytes', 'non_ip'):
            assert counters[name] == pcap_counters[name], (expression, counters, pcap_counters)
        assert flow_table(results[0]) == flow_table(results[1]), expression
        assert 0 < counters['received'] < len(frames), (expression, counters)


def a_short_snaplen_counts_the_whole_length(lab):
    near, far = queues_link(lab)
    deep = tagged(udp_frame(), *['81000005'] * 8)
    for snaplen, verdict, ip_bytes in (('64', 'short_capture', 9 * 128),
                                       ('128', 'parsed', 18 * 128)):
        weir = af_xdp(lab, far, '--snaplen', snaplen)
        send(near, 'va', [udp_frame(), deep] * 9)
        weir.wait_received(18)
        counters = weir.final()['counters']
        assert counters[verdict] == (9 if verdict == 'short_capture' else 18), counters
        assert counters['ip_bytes'] == ip_bytes, counters
        assert counters['wire_bytes'] == 9 * (142 + 174), counters


def stall(lab, generic):
    """A reader that stands still on both queues: received + dropped = sent."""
    near, far = queues_link(lab, 2, generic)
    weir = af_xdp(lab, far, '--ring', '256K')
    weir.child.send_signal(signal.SIGSTOP)
    frames = flows_of(60, 1000) * 50
    for queue in (0, 1):
        send(near, 'va', frames) if generic else send_to(near, queue, frames)
    if not generic:
        wait_handed_over(lab, far, 6000)
    weir.child.send_signal(signal.SIGCONT)
    weir.wait_for(lambda s: seen(s['counters']) >= 6000, 'received + dropped = sent')
    send_to(near, 0, frames[:10])
    weir.wait_for(lambda s: seen(s['counters']) >= 6010, 'more packets')
    counters = weir.final()['counters']
    check_law(counters)
    assert seen(counters) == 6010 and counters['dropped_kernel'] > 1000, counters
    # 128 frames a queue, and what is read before the signal arrives or handed over after it.
    assert generic or counters['received'] >= 2 * 128 + 10, counters
    assert counters['missed'] == counters['dropped_kernel'] + counters['dropped_queue'], counters
    assert counters['ip_bytes'] == counters['received'] * 1028, counters


def a_stalled_reader_is_exact_in_native_mode(lab):
    stall(lab, False)


def a_stalled_reader_is_exact_in_generic_mode(lab):
    stall(lab, True)


def what_the_rings_hold_at_the_end_is_counted(lab):
    near, far = queues_link(lab, 2)
    sent = 0
    for workers in ('1', '2'):
        weir = af_xdp(lab, far, '--workers', workers)
        weir.child.send_signal(signal.SIGSTOP)
        for queue in (0, 1):
            send_to(near, queue, [udp_frame()] * 3000)
        sent += 6000
        wait_handed_over(lab, far, sent)
        weir.child.send_signal(signal.SIGINT)
        weir.child.send_signal(signal.SIGCONT)
        counters = weir.final(number=None)['counters']
        assert counters['received'] == 6000 and counters['dropped_kernel'] == 0, counters


def count_ends_at_that_packet(lab):
    near, far = queues_link(lab)
    weir = af_xdp(lab, far, '--count', '100')
    send(near, 'va', [udp_frame(payload=at) for at in range(400)])
    counters = weir.final(number=None)['counters']
    assert counters['received'] == 100, counters
    assert counters['ip_bytes'] == sum(28 + at for at in range(100)), counters


def time_stamps_are_those_of_the_arrival(lab):
    near, far = queues_link(lab)
    weir = af_xdp(lab, far)
    before = wait_until(lambda: weir.last().get('time_ns'), 'a snapshot')
    send(near, 'va', [udp_frame()] * 3)
    weir.wait_received(3)
    final = weir.final()
    flow = final['flows'][0]
    assert before - 1e8 < flow['first_ns'] <= flow['last_ns'] <= final['time_ns'], (before, final)


def packets_longer_than_a_frame_are_counted(lab):
    for generic in (False, True):
        near, far = queues_link(lab, 1, generic)
        for namespace, name in ((near, 'va'), (far, 'vb')):
            lab.ip('-n', namespace, 'link', 'set', name, 'mtu', '9000')
        weir = lab.json(far, 'vb', '--backend', 'af_xdp', '--ring', '256K', *LOCAL)
        frames = [udp_frame(payload=length) for length in (8972, 100, 3799, 3800, 5000)] * 40
        for start in range(0, len(frames), 20):
            send(near, 'va', frames[start:start + 20])
            weir.wait_for(lambda s, sent=start + 20: seen(s['counters']) >= sent, 'what was sent')
        final = weir.final()
        assert final['counters']['dropped_kernel'] == 0, final['counters']
        assert final['counters']['wire_bytes'] == sum(map(len, frames)), final['counters']
        assert final['counters']['ip_bytes'] == sum(map(len, frames)) - 14 * len(frames), final
        assert final['counters']['parsed'] == len(frames), final['counters']


def packets_do_not_cost_system_calls(lab):
    need(have('strace'), 'needs strace')
    need(not sanitized(lab.weir_path), 'the leak sanitizer cannot be traced')
    near, far = queues_link(lab)
    with tempfile.NamedTemporaryFile('r') as trace:
        weir = lab.start(far, 'strace', '-f', '-e', 'trace=recvfrom', '-e', 'signal=none', '-o',
                         trace.name, lab.weir_path, '-i', 'vb', '--backend', 'af_xdp', '--json',
                         '--interval', '100ms', '--batch', '16', '--count', '20000', *LOCAL)
        try:
            weir.wait_for(lambda _: True, 'the first snapshot')
        except AssertionError:
            need(weir.last(), f'strace cannot trace here: {weir.err}')
        send(near, 'va', [udp_frame()] * 20000)
        assert weir.final(number=None)['counters']['received'] == 20000
        calls = len(trace.read().splitlines())
    # There were 1250 batches and more.
    assert 0 < calls < 600, calls


def busy_polling_receives_too(lab):
    near, far = queues_link(lab)
    tool = lab.start(far, sys.argv[2], 'capture', 'vb', '200', '50')
    wait_until(lambda: any('open' in line for line in tool.out) or tool.alive(), 'the capture')
    send(near, 'va', [udp_frame()] * 50)
    tool.finish()
    assert tool.out[-1] == 'received 50', tool.out
    assert not any('busy polling' in line for line in tool.out), tool.out


def commands_of_the_manual(far):
    """The lines of docs/backends.md that set up a mirror, for vb instead of eth0."""
    docs = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs',
                        'backends.md')
    with open(docs, encoding='utf-8') as text:
        block = re.search(r'```sh\n(ip link add mirror0.*?)```', text.read(), re.S).group(1)
    lines = [line.replace('eth0', 'vb') for line in block.splitlines()
             if line and not line.startswith('weir ')]
    assert len(lines) >= 5 and 'mirred egress mirror dev mirror0' in block, block
    return [['ip', 'netns', 'exec', far, *line.split()] for line in lines]


def a_mirror_leaves_the_host_its_packets(lab):
    need(have('tc') and have('ethtool'), 'needs tc (iproute2) and ethtool')
    near, far = queues_link(lab)
    for namespace, name, address in ((near, 'va', '10.77.0.1/16'), (far, 'vb', '10.77.0.2/16')):
        lab.ip('-n', namespace, 'addr', 'add', address, 'dev', name)
    for command in commands_of_the_manual(far):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)
        need('module' not in done.stderr and 'not found' not in done.stderr,
             f'no mirroring here: {done.stderr.strip()}')
        assert done.returncode == 0, (command, done)
    weir = lab.json(far, 'mirror1', '--backend', 'af_xdp', '-f', 'udp or vlan', *LOCAL)
    with inside(far):
        host = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with inside(near):
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with host, peer:
        host.bind(('10.77.0.2', 2000))
        host.settimeout(LIMIT_S)
        peer.settimeout(LIMIT_S)
        for number in range(40):
            peer.sendto(b'x' * 72, ('10.77.0.2', 2000))
            data, source = host.recvfrom(100)
            host.sendto(data + bytes([number]), source)
            assert peer.recv(100)[-1] == number
    send(near, 'va', [tagged(udp_frame(), '81000005')] * 5 +
         [tagged(udp_frame(), '88a80007', '81000008')] * 5)
    weir.wait_received(50)
    final = weir.final()
    assert final['counters']['wire_bytes'] == 40 * 114 + 5 * 146 + 5 * 150, final['counters']
    assert final['flow_count'] == 2 and final['counters']['missed'] == 0, final['flows']


def what_has_no_ethernet_frames_is_refused(lab):
    need_af_xdp(lab)
    alone = lab.namespace('a')
    lab.stack.callback(os.close, make_tun(alone, 'tun0'))
    for interface, text in (('tun0', 'needs Ethernet frames'), ('any', 'captures one interface')):
        done = lab.run(alone, '-i', interface, '--backend', 'af_xdp')
        assert done.returncode == 2 and text in done.stderr, done
        assert done.stderr.count('\n') == 1 and done.stdout == '', done


def lo_is_captured_in_generic_mode(lab):
    need_af_xdp(lab)
    alone = lab.namespace('a')
    weir = lab.json(alone, 'lo', '--backend', 'af_xdp')
    send(alone, 'lo', [udp_frame()] * 25)
    weir.wait_received(25)
    counters = weir.final()['counters']
    assert counters['received'] == 25 and counters['ip_bytes'] == 25 * 128, counters


CASES = (
    native_mode_one_queue, native_mode_two_queues, generic_mode_one_queue,
    generic_mode_two_queues, one_worker_serves_two_queues, a_flow_on_two_queues_is_one_flow,
    queues_that_were_not_chosen_go_to_the_host, filters_match_what_pcap_matches,
    a_short_snaplen_counts_the_whole_length, a_stalled_reader_is_exact_in_native_mode,
    a_stalled_reader_is_exact_in_generic_mode, what_the_rings_hold_at_the_end_is_counted,
    count_ends_at_that_packet, time_stamps_are_those_of_the_arrival,
    packets_longer_than_a_frame_are_counted, packets_do_not_cost_system_calls,
    busy_polling_receives_too, a_mirror_leaves_the_host_its_packets,
    what_has_no_ethernet_frames_is_refused, lo_is_captured_in_generic_mode,
)

if __name__ == '__main__':
    sys.exit(main(CASES))
