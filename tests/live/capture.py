#!/usr/bin/python3
"""Live capture counts exactly what was sent. TAP on stdout.

    capture.py WEIR [BACKEND]
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from live import (LIMIT_S, LOCAL, Skip, beyond_start, check_law, flow_table, have, inside, main,
                  make_tun, need, send, send_datagrams, udp_frame, wait_capturing, wait_until)


def mix(**kwargs):
    try:
        from mixed_frames import Mix
        return Mix(**kwargs)
    except ImportError as error:
        raise Skip(f'needs python3-scapy: {error}') from error


def a_veth_is_counted_in_both_directions(lab):
    near, far = lab.link()
    frames = mix()
    weir = lab.json(far, 'vb', *LOCAL)
    send(near, 'va', frames.frames())
    send(far, 'vb', frames.frames())
    weir.wait_received(2 * frames.packets())
    final = weir.final()
    frames.check(final, times=2)
    assert final['source']['backend'] == (lab.backend or 'af_packet'), final['source']
    assert final['source']['name'] == 'vb', final['source']
    assert final['source']['link_type'] == 'EN10MB', final['source']
    assert final['counters']['dropped_kernel'] == 0, final['counters']


def the_networks_of_the_interface_tell_the_direction(lab):
    near, far = lab.link(ipv6=True)
    for address in ('10.77.0.1/16', 'fd77::1/16'):
        lab.ip('-n', far, 'addr', 'add', address, 'dev', 'vb', 'nodad')
    frames = mix()
    # An interface with IPv6 has something of its own to say, to multicast addresses.
    weir = lab.json(far, 'vb', '-f', 'ether src 02:00:00:00:00:fd')
    send(near, 'va', frames.frames())
    weir.wait_received(frames.packets())
    frames.check(weir.final())


def named_networks_come_before_those_of_the_interface(lab):
    near, far = lab.link()
    lab.ip('-n', far, 'addr', 'add', '10.77.0.1/16', 'dev', 'vb')
    weir = lab.json(far, 'vb', '-F', '198.18.0.0/255.254.0.0')
    send(near, 'va', [udp_frame()] * 5)
    weir.wait_received(5)
    flows = flow_table(weir.final())
    assert flows == {('198.18.0.2', '10.77.0.2', 53, 10000, 17): ((0, 0), (5, 640))}, flows


def lo_is_counted_once(lab):
    alone = lab.namespace('a')
    weir = lab.json(alone, 'lo')
    send_datagrams(alone, ('127.0.0.1', 1000), ('127.0.0.1', 2000), 50, 72)
    weir.wait_received(50)
    final = weir.final()
    assert final['counters']['received'] == 50, final['counters']
    assert final['counters']['ip_bytes'] == 5000, final['counters']
    assert final['counters']['wire_bytes'] == 5700, final['counters']
    assert final['flow_count'] == 1, final['flows']


def any_sees_each_interface_once(lab):
    near, far = lab.link()
    # Of two tags Linux hands a cooked capture the inner one without its type: docs/backends.md.
    frames = mix(most_tags=1)
    weir = lab.json(far, 'any', *LOCAL)
    send(near, 'va', frames.frames())
    send(far, 'vb', frames.frames())
    weir.wait_received(2 * frames.packets())
    send_datagrams(far, ('127.0.0.1', 1000), ('127.0.0.1', 2000), 50, 72)
    weir.wait_received(2 * frames.packets() + 50)
    final = weir.final()
    assert final['source']['link_type'] == 'LINUX_SLL2', final['source']
    assert final['source']['backend'] == 'pcap', 'all interfaces at once are left to libpcap'
    assert final['counters']['received'] == 2 * frames.packets() + 50, final['counters']
    flows = flow_table(final)
    local = flows.pop(('127.0.0.1', '127.0.0.1', 1000, 2000, 17))
    assert sum(packets for packets, _ in local) == 50, local
    assert flows == frames.flows(2), flows
    assert final['counters']['non_ip'] == 2 * frames.copies[-1], final['counters']


def a_tun_interface_is_raw_ip(lab):
    alone = lab.namespace('a')
    tun = make_tun(alone, 'tun0')
    lab.stack.callback(os.close, tun)
    weir = lab.json(alone, 'tun0', *LOCAL)
    for _ in range(40):
        os.write(tun, udp_frame(payload=72)[14:])
    weir.wait_received(40)
    final = weir.final()
    assert final['source']['link_type'] == 'RAW', final['source']
    assert flow_table(final) == {('10.77.0.2', '198.18.0.2', 10000, 53, 17): ((40, 4000), (0, 0))}
    assert final['counters']['wire_bytes'] == 4000, final['counters']


def captures_of(snapshot):
    return {capture['name']: capture for capture in snapshot['captures']}


def several_interfaces_have_their_own_counters(lab):
    near, far = lab.link()
    lab.veth(near, 'wa', far, 'wb')
    weir = lab.json(far, 'vb', '-i', 'wb', *LOCAL)
    send(near, 'va', [udp_frame()] * 30)
    send(near, 'wa', [udp_frame(payload=10)] * 20)
    weir.wait_received(50)
    lab.ip('-n', near, 'link', 'del', 'va')
    weir.wait_event('restart')
    send(near, 'wa', [udp_frame(payload=10)] * 7)
    weir.wait_received(57)
    final = weir.final()
    captures = captures_of(final)
    assert captures['vb']['state'] == 'waiting' and captures['wb']['state'] == 'running', captures
    counters = {name: capture['counters'] for name, capture in captures.items()}
    assert (counters['vb']['received'], counters['vb']['ip_bytes']) == (30, 30 * 128), counters
    assert (counters['wb']['received'], counters['wb']['ip_bytes']) == (27, 27 * 38), counters
    assert flow_table(final) == {('10.77.0.2', '198.18.0.2', 10000, 53, 17):
                                 ((57, 30 * 128 + 27 * 38), (0, 0))}
    assert {event['capture'] for event in weir.lines('event')} == {'vb'}, weir.lines('event')


def a_filter_is_applied_before_counting(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', '-f', 'udp port 53', *LOCAL)
    send(near, 'va', [udp_frame(), udp_frame(ports=(10000, 99)), udp_frame(ports=(53, 1))] * 10)
    weir.wait_received(20)
    final = weir.final()
    assert final['counters']['received'] == 20 and final['flow_count'] == 2, final['counters']


def a_filter_matches_stripped_vlan_tags(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', '-f', 'vlan 5 and udp', *LOCAL)
    plain = udp_frame()
    send(near, 'va', [plain, plain[:12] + bytes.fromhex('81000005') + plain[12:],
                      plain[:12] + bytes.fromhex('81000006') + plain[12:]] * 4)
    weir.wait_received(4)
    final = weir.final()
    assert final['counters']['received'] == 4, final['counters']
    assert final['counters']['wire_bytes'] == 4 * 146, final['counters']


def a_short_snaplen_counts_the_whole_length(lab):
    near, far = lab.link()
    # The IP header lies beyond the least snapshot length, behind eight VLAN tags.
    plain = udp_frame()
    deep = plain[:12] + bytes.fromhex('81000005') * 8 + plain[12:]
    for snaplen, verdict, ip_bytes in (('64', 'short_capture', 9 * 128),
                                       ('128', 'parsed', 18 * 128)):
        weir = lab.json(far, 'vb', '--snaplen', snaplen, *LOCAL)
        send(near, 'va', [plain, deep] * 9)
        weir.wait_received(18)
        counters = weir.final()['counters']
        assert counters[verdict] == (9 if verdict == 'short_capture' else 18), counters
        assert counters['ip_bytes'] == ip_bytes, counters
        assert counters['wire_bytes'] == 9 * (142 + 174), counters


def count_ends_at_that_packet(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', '--count', '100', *LOCAL)
    for start in range(0, 1000, 50):
        if weir.child.poll() is not None:
            break
        send(near, 'va', [udp_frame(payload=at) for at in range(start, start + 50)])
    final = weir.final(number=None)
    assert final['counters']['received'] == 100, final['counters']
    assert final['counters']['ip_bytes'] == sum(28 + at for at in range(100)), final['counters']


def the_time_covered_begins_with_the_first_packet(lab):
    near, far = lab.link()
    stop = threading.Event()

    def keep_sending():
        while not stop.wait(0.001):
            send(near, 'va', [udp_frame()])
    sender = threading.Thread(target=keep_sending)
    sender.start()
    try:
        weir = lab.json(far, 'vb', *LOCAL)
        weir.wait_received(200)
        final = weir.final()
    finally:
        stop.set()
        sender.join()
    # Capture is open before the engine runs: those packets count, so their time does too.
    covered_from = final['time_ns'] - final['elapsed_ns']
    first_ns = final['flows'][0]['first_ns']
    assert first_ns >= covered_from, (first_ns - covered_from)
    both = final['totals']['both']
    mean = both['ip_bytes'] * 8e9 / final['elapsed_ns']
    assert abs(both['rate_40s'] - mean) <= 1, (both, mean)


def an_idle_link_ends_in_time(lab):
    _, far = lab.link()
    for args in (['-t', '-s', '1'], ['--json', '--duration', '1s'], ['-s', '1']):
        start = time.monotonic()
        done = lab.run(far, *lab.chosen(('-i', 'vb', *args)))
        took = time.monotonic() - start
        assert done.returncode == 0 and done.stdout, done
        assert 1 <= took < 10, (args, took)


def signals_end_with_what_was_received(lab):
    near, far = lab.link()
    for number in (signal.SIGINT, signal.SIGTERM):
        weir = lab.json(far, 'vb', *LOCAL)
        send(near, 'va', [udp_frame()] * 5)
        weir.wait_received(5)
        final = weir.final(number)
        assert final['counters']['received'] == 5, final['counters']
        assert beyond_start(weir.err) == [], weir.err


def a_reader_that_leaves_ends_it_quietly(lab):
    near, far = lab.link()
    shell = 'exec 3>&1; { "$0" -i vb --json --interval 50ms; echo $? >&3; } | head -n 1'
    weir = lab.start(far, 'sh', '-c', shell, lab.weir_path)
    send(near, 'va', [udp_frame()] * 5)
    weir.finish()
    assert weir.out[-1] == '0' and len(weir.out) == 2, weir.out
    assert beyond_start(weir.err) == [], weir.err


def a_full_disk_is_said_once_and_capture_goes_on(lab):
    if not os.path.exists('/dev/full'):
        raise Skip('no /dev/full here')
    _, far = lab.link()
    with open('/dev/full', 'w', encoding='ascii') as full:
        weir = lab.weir(far, '-i', 'vb', '--json', '--interval', '100ms', '-s', '1', stdout=full)
        start = time.monotonic()
        weir.finish(status=1)
    assert time.monotonic() - start > 0.9
    assert beyond_start(weir.err) == ['weir: standard output: No space left on device'], weir.err


def a_stalled_reader_loses_and_says_how_much(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', '--ring', '256K', '--max-flows', '1000', *LOCAL)
    weir.child.send_signal(signal.SIGSTOP)
    frames = [udp_frame(payload=1000)] * 5000
    send(near, 'va', frames)
    weir.child.send_signal(signal.SIGCONT)
    weir.wait_for(lambda s: s['counters']['received'] + (s['counters']['dropped_kernel'] or 0)
                  >= len(frames), 'received + dropped = sent')
    send(near, 'va', frames[:10])
    weir.wait_for(lambda s: s['counters']['received'] + (s['counters']['dropped_kernel'] or 0)
                  >= len(frames) + 10, 'more packets')
    counters = weir.final()['counters']
    check_law(counters)
    assert counters['dropped_kernel'] > 1000, counters
    assert counters['received'] + counters['dropped_kernel'] == len(frames) + 10, counters
    assert counters['missed'] == counters['dropped_kernel'], counters
    assert counters['ip_bytes'] == counters['received'] * 1028, counters


def losses_of_the_card_are_known_where_sys_shows_another_namespace(lab):
    need(have('nsenter'), 'needs nsenter (util-linux)')
    _, far = lab.link()
    # `ip netns exec` would mount the namespace's own /sys.
    enter = ('nsenter', f'--net=/run/netns/{far}', lab.weir_path)
    for args, known in ((['-i', 'vb'], True), (['-i', 'vb', '-p'], True), (['-i', 'any'], False)):
        done = subprocess.run([*enter, *lab.chosen(args), '--json', '-s', '200ms'],
                              capture_output=True, text=True, check=False, timeout=LIMIT_S)
        assert done.returncode == 0 and beyond_start(done.stderr.splitlines()) == [], done
        counters = json.loads(done.stdout.splitlines()[-1])['counters']
        assert counters['dropped_nic'] == (0 if known else None), (args, counters)
        assert counters['dropped_kernel'] == 0, (args, counters)
    done = subprocess.run([*enter, 'devices', '--json'], capture_output=True, text=True,
                          check=False, timeout=LIMIT_S)
    devices = {device['name']: device for device in map(json.loads, done.stdout.splitlines())}
    assert devices['vb']['queues'] is None, devices['vb']


def blocks_of_text_come_as_they_are_made(lab):
    near, far = lab.link()
    weir = lab.weir(far, '-i', 'vb', '-t', '-nNP', *LOCAL)
    wait_capturing(far, 1, weir)
    send(near, 'va', [udp_frame()] * 8)
    for blocks in (1, 2):
        wait_until(lambda: weir.out.count('=' * 92) >= blocks, f'block {blocks}')
        weir.alive()
    weir.finish(signal.SIGINT)
    assert any('1.00KB' in line for line in weir.out), weir.out


def what_came_just_before_the_end_is_counted(lab):
    near, far = lab.link()
    with inside(near), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.bind(('va', 0))
        for _ in range(6):
            weir = lab.json(far, 'vb', *LOCAL)
            # The kernel shows a part-filled block 10 ms late: the signal is there before.
            for _ in range(50):
                out.send(udp_frame())
            counters = weir.final()['counters']
            assert counters['received'] == 50, counters


def what_the_ring_holds_at_the_end_is_counted(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', *LOCAL)
    weir.child.send_signal(signal.SIGSTOP)
    send(near, 'va', [udp_frame()] * 5000)
    weir.child.send_signal(signal.SIGINT)
    weir.child.send_signal(signal.SIGCONT)
    counters = weir.final(number=None)['counters']
    assert counters['received'] == 5000 and counters['missed'] == 0, counters


CASES = (
    a_veth_is_counted_in_both_directions, the_networks_of_the_interface_tell_the_direction,
    named_networks_come_before_those_of_the_interface, lo_is_counted_once,
    any_sees_each_interface_once, a_tun_interface_is_raw_ip,
    several_interfaces_have_their_own_counters, a_filter_is_applied_before_counting,
    a_filter_matches_stripped_vlan_tags, a_short_snaplen_counts_the_whole_length,
    count_ends_at_that_packet, the_time_covered_begins_with_the_first_packet,
    an_idle_link_ends_in_time, signals_end_with_what_was_received,
    a_reader_that_leaves_ends_it_quietly, a_full_disk_is_said_once_and_capture_goes_on,
    a_stalled_reader_loses_and_says_how_much, what_the_ring_holds_at_the_end_is_counted,
    what_came_just_before_the_end_is_counted, blocks_of_text_come_as_they_are_made,
    losses_of_the_card_are_known_where_sys_shows_another_namespace,
)

if __name__ == '__main__':
    sys.exit(main(CASES, *sys.argv[2:3]))
