#!/usr/bin/python3
"""af_packet in the whole program: queues, fanout, flags, permissions. TAP on stdout.

    af_packet.py WEIR SEND_FRAMES

That each packet and each flow comes out of one queue is shown by test_live_af_packet; capture.py
and restart.py run with this backend too.
"""

import json
import os
import shutil
import signal
import subprocess
import sys

from live import (LIMIT_S, LOCAL, beyond_start, flow_table, have, main, need, send, udp_frame,
                  wait_until)

MODES = ('symmetric', 'hash', 'lb', 'cpu', 'qm', 'rnd', 'rollover')
NOBODY = ('setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--inh-caps', '-all')


def link_of_queues(lab, queues):
    near, far = lab.namespace('a'), lab.namespace('b')
    made = lab.ip('link', 'add', 'va', 'netns', near, 'numtxqueues', str(queues), 'numrxqueues',
                  str(queues), 'type', 'veth', 'peer', 'name', 'vb', 'netns', far, 'numtxqueues',
                  str(queues), 'numrxqueues', str(queues), check=False)
    need(made.returncode == 0, f'no veth pairs: {made.stderr.strip()}')
    lab.ip('-n', near, 'link', 'set', 'va', 'up')
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    return near, far


def send_flows(lab, namespace, *args):
    """What send_frames says it sent: (each flow as live.flow_table() has it, sum)."""
    sender = lab.start(namespace, sys.argv[2], '--interface', 'va', '--list', *args)
    sender.finish()
    lines = [json.loads(line) for line in sender.out]
    flows = {tuple(flow[name] for name in ('src_addr', 'dst_addr', 'src_port', 'dst_port',
                                           'proto')):
             tuple((flow[side + '_packets'], flow[side + '_ip_bytes'])
                   for side in ('sent', 'received')) for flow in lines[:-1]}
    return flows, lines[-1]


def check_flows(final, flows, sent):
    counters = final['counters']
    assert counters['received'] == sent['frames'] and counters['missed'] == 0, (counters, sent)
    assert counters['wire_bytes'] == sent['wire_bytes'], (counters, sent)
    assert final['flow_count'] == len(flows), final['flow_count']
    assert flow_table(final) == flows


def each_fanout_mode_counts_every_flow(lab):
    near, far = link_of_queues(lab, 2)
    for mode in (None, *MODES):
        args = () if mode is None else ('--fanout', mode)
        weir = lab.json(far, 'vb', '--workers', '2', *args, *LOCAL)
        flows, sent = send_flows(lab, near, '--count', '4000', '--flows', '500', '--ipv6', '30',
                                 '--pps', '100000')
        weir.wait_received(sent['frames'])
        final = weir.final()
        assert final['source']['backend'] == 'af_packet', final['source']
        assert final['source']['queues'] == 2 and final['source']['workers'] == 2, final['source']
        check_flows(final, flows, sent)


def tagged_flows_on_two_queues(lab):
    near, far = link_of_queues(lab, 2)
    for args in ((), ('--key', 'vlan'), ('--decap',)):
        weir = lab.json(far, 'vb', '--workers', '2', *args, *LOCAL)
        flows, sent = send_flows(lab, near, '--count', '4000', '--flows', '500', '--vlan', '7',
                                 '--pps', '100000')
        weir.wait_received(sent['frames'])
        check_flows(weir.final(), flows, sent)


def queues_of(lab, namespace, interface, *args):
    done = lab.run(namespace, '-i', interface, '--json', '-s', '100ms', *args)
    assert done.returncode == 0, done
    return json.loads(done.stdout.splitlines()[-1])['source']['queues']


def as_many_queues_as_the_interface_or_as_workers(lab):
    cpus = len(os.sched_getaffinity(0))
    _, far = link_of_queues(lab, 2)
    assert queues_of(lab, far, 'vb') == min(2, cpus)
    assert queues_of(lab, far, 'vb', '--workers', '1') == 1
    assert queues_of(lab, far, 'vb', '--workers', '3') == 3
    assert queues_of(lab, far, 'lo') == 1


def a_flow_on_two_interfaces_is_one_flow(lab):
    near, far = lab.link()
    lab.veth(near, 'wa', far, 'wb')
    weir = lab.json(far, 'vb', '-i', 'wb', '--workers', '2', *LOCAL)
    back = udp_frame('198.18.0.2', '10.77.0.2', (53, 10000))
    send(near, 'va', [udp_frame()] * 30)
    send(near, 'wa', [udp_frame()] * 20)
    send(near, 'wa', [back] * 7)
    weir.wait_received(57)
    final = weir.final()
    assert final['flow_count'] == 1, final['flows']
    assert flow_table(final) == {('10.77.0.2', '198.18.0.2', 10000, 53, 17):
                                 ((50, 50 * 128), (7, 7 * 128))}, final['flows']


def a_stalled_program_loses_and_says_how_much(lab):
    near, far = link_of_queues(lab, 2)
    for args in (('--ring', '64K'), ('--ring', '256K', '--workers', '2'),
                 ('--ring', '128K', '--workers', '2', '--fanout', 'rollover')):
        weir = lab.json(far, 'vb', *args, *LOCAL)
        weir.child.send_signal(signal.SIGSTOP)
        _, sent = send_flows(lab, near, '--count', '20000', '--flows', '100', '--size', '300')
        weir.child.send_signal(signal.SIGCONT)
        weir.wait_for(lambda s, n=sent['frames']: s['counters']['received']
                      + s['counters']['dropped_kernel'] >= n, 'received + dropped = sent')
        send(near, 'va', [udp_frame()] * 50)
        weir.wait_for(lambda s, n=sent['frames']: s['counters']['received']
                      + s['counters']['dropped_kernel'] >= n + 50, 'packets after the stall')
        counters = weir.final()['counters']
        assert counters['dropped_kernel'] > 1000, counters
        assert counters['received'] + counters['dropped_kernel'] == sent['frames'] + 50, counters


def notes_say_what_could_not_be_had(lab):
    _, far = lab.link()
    done = lab.run(far, '-i', 'vb', '-s', '100ms', '--timestamps', 'nic', '--busy-poll', '50',
                   '--ring', '4K', '--fanout', 'lb')
    assert done.returncode == 0, done
    assert '--timestamps nic: vb has none' in done.stderr, done.stderr
    assert '--ring: 64K is the least' in done.stderr, done.stderr
    quiet = lab.run(far, '-i', 'vb', '-s', '100ms', '--timestamps', 'kernel')
    assert quiet.returncode == 0, quiet
    assert beyond_start(quiet.stderr.splitlines()) == [], quiet.stderr


def any_is_left_to_libpcap(lab):
    _, far = lab.link()
    done = lab.run(far, '-i', 'any', '-s', '100ms', '--backend', 'af_packet')
    assert done.returncode == 2 and '--backend pcap' in done.stderr, done
    assert lab.run(far, '-i', 'any', '-s', '100ms').returncode == 0


def with_cap_net_raw_alone_everything_but_busy_polling_works(lab):
    need(have('setpriv') and have('setcap'), 'needs setpriv (util-linux) and setcap (libcap2-bin)')
    path = os.path.join(lab.temporary_folder(), 'weir')
    shutil.copy(lab.weir_path, path)
    os.chmod(path, 0o755)
    near, far = link_of_queues(lab, 2)
    command = ['ip', 'netns', 'exec', far, *NOBODY, path, '-i', 'vb', '--backend', 'af_packet',
               '-s', '200ms']
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert refused.returncode == 3, refused
    assert 'CAP_NET_RAW' in refused.stderr and f'setcap cap_net_raw,cap_net_admin=eip {path}' \
        in refused.stderr, refused.stderr
    given = subprocess.run(['setcap', 'cap_net_raw=eip', path], capture_output=True, text=True,
                           check=False, timeout=LIMIT_S)
    need(given.returncode == 0, f'no file capabilities here: {given.stderr.strip()}')
    weir = lab.start(far, *NOBODY, path, '-i', 'vb', '--backend', 'af_packet', '--workers', '2',
                     '-f', 'udp', '-p', '--busy-poll', '50', '--json', '--interval', '100ms',
                     *LOCAL)
    wait_until(lambda: weir.last() or weir.child.poll() is not None, 'the first snapshot')
    need(not any('CAP_NET_RAW' in line for line in weir.err), 'file capabilities do not work here')
    send(near, 'va', [udp_frame()] * 12)
    weir.wait_received(12)
    assert weir.final()['counters']['received'] == 12
    assert any('--busy-poll' in line and 'CAP_NET_ADMIN' in line for line in weir.err), weir.err


def interfaces_fail_under_load_with_two_queues(lab):
    near, far = link_of_queues(lab, 2)
    weir = lab.json(far, 'vb', '--workers', '2', *LOCAL)
    total = 0

    def happened(what, times):
        def check():
            weir.alive()
            return sum(event['event'] == what and event.get('attempt', 1) <= 1
                       for event in weir.lines('event')) >= times
        wait_until(check, lambda: f'{what} {times}; {weir.told()}')

    for times in (1, 2):
        # No waiting: both queues hold packets when the interface is gone.
        _, sent = send_flows(lab, near, '--count', '3000', '--flows', '300')
        total += sent['frames']
        lab.ip('-n', far, 'link', 'set', 'vb', 'netns', near)
        happened('restart', times)
        lab.ip('-n', near, 'link', 'set', 'vb', 'netns', far)
        lab.ip('-n', far, 'link', 'set', 'vb', 'up')
        happened('resumed', times)
    send(near, 'va', [udp_frame()] * 10)
    weir.wait_received(total + 10)
    counters = weir.final()['counters']
    assert counters['received'] + counters['dropped_kernel'] == total + 10, counters
    assert counters['restarts'] == 2, counters


CASES = (
    each_fanout_mode_counts_every_flow, tagged_flows_on_two_queues,
    as_many_queues_as_the_interface_or_as_workers, a_flow_on_two_interfaces_is_one_flow,
    a_stalled_program_loses_and_says_how_much, notes_say_what_could_not_be_had,
    any_is_left_to_libpcap, with_cap_net_raw_alone_everything_but_busy_polling_works,
    interfaces_fail_under_load_with_two_queues,
)

if __name__ == '__main__':
    sys.exit(main(CASES))
