#!/usr/bin/python3
"""AF_XDP: links that fail, programs that are attached, permissions. TAP on stdout.

    af_xdp_failures.py WEIR AF_XDP_TOOL
"""

import re
import signal
import subprocess
import sys

from live import (LIMIT_S, LOCAL, check_law, flow_table, have, main, need, send, udp_frame,
                  wait_until)
from errors import NOBODY, copy_for_nobody, refused, setcap_line
from af_xdp_lab import (FLOW, af_xdp, flows_of, make_queues_veth, notes_of, program_of,
                        queues_link, seen, send_to, wait_handed_over)

XDP = ('-i', 'vb', '--backend', 'af_xdp')


def down_and_up_is_no_restart(lab):
    near, far = queues_link(lab, 2)
    weir = af_xdp(lab, far)
    send(near, 'va', flows_of(10))
    weir.wait_received(10)
    lab.ip('-n', far, 'link', 'set', 'vb', 'down')
    down = weir.last()['time_ns']
    weir.wait_for(lambda s: s['time_ns'] > down + 3e8, 'snapshots while the link is down')
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    send(near, 'va', flows_of(10))
    weir.wait_received(20)
    counters = weir.final()['counters']
    assert counters['received'] == 20 and counters['restarts'] == 0, counters
    assert [e for e in weir.lines('event') if e['event'] != 'note'] == [], weir.lines('event')


def an_interface_that_is_deleted_and_created_again(lab):
    for generic in (False, True):
        near, far = queues_link(lab, 2, generic)
        weir = af_xdp(lab, far)
        # No waiting: what the rings hold when the interface goes is counted too.
        send(near, 'va', flows_of(10) * 100)
        if generic:
            weir.wait_received(1000)
        else:
            wait_handed_over(lab, far, 1000)
        lab.ip('-n', far, 'link', 'del', 'vb')
        assert weir.wait_event('restart')[0]['reason'] == 'the interface disappeared'
        make_queues_veth(lab, near, far, 2, generic)
        weir.wait_event('resumed')
        send(near, 'va', flows_of(10) * 5)
        weir.wait_received(1050)
        final = weir.final()
        counters = final['counters']
        assert counters['received'] == 1050 and counters['dropped_kernel'] == 0, counters
        assert counters['restarts'] >= 1 and final['flow_count'] == 10, counters
        assert program_of(lab, far) is None


def an_interface_that_is_replaced_before_anybody_looks(lab):
    near, far = queues_link(lab)
    weir = af_xdp(lab, far, '--ring', '256K')
    weir.child.send_signal(signal.SIGSTOP)
    send(near, 'va', [udp_frame()] * 3000)
    wait_handed_over(lab, far, 3000)
    lab.ip('-n', far, 'link', 'del', 'vb')
    make_queues_veth(lab, near, far)
    weir.child.send_signal(signal.SIGCONT)
    weir.wait_event('resumed')
    send(near, 'va', [udp_frame()] * 10)
    weir.wait_for(lambda s: seen(s['counters']) >= 3010, 'received + dropped = sent')
    counters = weir.final()['counters']
    # 128 frames, and what is read before the signal arrives.
    assert counters['received'] >= 128 + 10 and counters['restarts'] == 1, counters
    assert seen(counters) == 3010 and counters['dropped_kernel'] > 1000, counters


def an_interface_that_moves_away_and_back(lab):
    near, far = queues_link(lab)
    weir = af_xdp(lab, far)
    send(near, 'va', [udp_frame()] * 10)
    wait_handed_over(lab, far, 10)
    lab.ip('-n', far, 'link', 'set', 'vb', 'netns', near)
    weir.wait_event('restart')
    # No program stays on what is not captured.
    wait_until(lambda: program_of(lab, near) is None, 'the program taken off')
    lab.ip('-n', near, 'link', 'set', 'vb', 'netns', far)
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    weir.wait_event('resumed')
    send(near, 'va', [udp_frame()] * 15)
    weir.wait_received(25)
    final = weir.final()
    assert flow_table(final) == {FLOW: ((25, 25 * 128), (0, 0))}, final['flows']
    assert final['counters']['restarts'] == 1, final['counters']


def what_other_queues_hold_is_counted_before_the_restart(lab):
    near, far = queues_link(lab, 2)
    weir = af_xdp(lab, far, '--workers', '2', '--ring', '64M', '--batch', '1')
    weir.child.send_signal(signal.SIGSTOP)
    # One worker finds the interface gone long before the other is through with its ring.
    send_to(near, 1, [udp_frame()] * 30000)
    send_to(near, 0, [udp_frame()] * 10)
    wait_handed_over(lab, far, 30010)
    lab.ip('-n', far, 'link', 'del', 'vb')
    weir.child.send_signal(signal.SIGCONT)
    weir.wait_event('restart')
    weir.wait_for(lambda s: seen(s['counters']) >= 30010, 'received + dropped = sent')
    counters = weir.final()['counters']
    assert seen(counters) == 30010, counters


def more_queues_than_before_are_captured_after_a_restart(lab):
    need(have('ethtool'), 'needs ethtool')
    near, far = queues_link(lab, 2)

    def set_queues(namespace, name, **counts):
        words = [word for pair in counts.items() for word in map(str, pair)]
        done = lab.ip('netns', 'exec', namespace, 'ethtool', '-L', name, *words, check=False)
        need(done.returncode == 0, f'the number of queues cannot change: {done.stderr.strip()}')
    set_queues(near, 'va', tx=1)
    set_queues(far, 'vb', rx=1)
    weir = af_xdp(lab, far)
    assert 'receive queue 0 of 1' in notes_of(weir), notes_of(weir)
    send(near, 'va', flows_of(10))
    weir.wait_received(10)
    set_queues(far, 'vb', rx=2)
    set_queues(near, 'va', tx=2)
    reason = weir.wait_event('restart')[0]['reason']
    assert reason == 'it has 2 receive queues now, and had 1', reason
    weir.wait_event('resumed')
    for queue in (0, 1):
        send_to(near, queue, flows_of(10))
    weir.wait_received(30)
    counters = weir.final()['counters']
    assert counters['received'] == 30 and counters['restarts'] == 1, counters


def the_program_is_gone_however_weir_ends(lab):
    near, far = queues_link(lab, 2)
    for number, status in ((signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -9),
                           (signal.SIGABRT, -6)):
        weir = af_xdp(lab, far)
        assert program_of(lab, far), 'no program while it runs'
        weir.finish(number, status)
        assert program_of(lab, far) is None, (number, program_of(lab, far))
    weir = af_xdp(lab, far)
    send(near, 'va', flows_of(30))
    weir.wait_received(30)
    assert weir.final()['counters']['received'] == 30


def attach(lab, namespace, name, mode):
    subprocess.run(['ip', 'netns', 'exec', namespace, sys.argv[2], 'attach', name, 'vb', mode],
                   check=True, timeout=LIMIT_S)


def an_own_program_that_was_left_is_replaced(lab):
    near, far = queues_link(lab)
    for mode in ('native', 'generic'):
        attach(lab, far, 'weir_xsk', mode)
        _, left = program_of(lab, far)
        weir = af_xdp(lab, far)
        now, number = program_of(lab, far)
        assert now == 'xdp' and number != left, (now, number, left)
        send(near, 'va', [udp_frame()] * 10)
        weir.wait_received(10)
        assert weir.final()['counters']['received'] == 10
        assert program_of(lab, far) is None


def a_foreign_program_is_named_with_what_removes_it(lab):
    near, far = queues_link(lab)
    for mode in ('native', 'generic'):
        attach(lab, far, 'foreign', mode)
        before = program_of(lab, far)
        said = refused(lab, far, 1, rf"^weir: vb: XDP program {before[1]} 'foreign' is attached",
                       *XDP)
        assert program_of(lab, far) == before, 'it was touched'
        show, remove = re.findall(r'`(ip link [^`]*)`', said)
        shown = lab.ip('netns', 'exec', far, *show.split()).stdout
        assert f'prog/xdp id {before[1]} ' in shown, (show, shown)
        lab.ip('netns', 'exec', far, *remove.split())
        assert program_of(lab, far) is None, remove
    weir = af_xdp(lab, far)
    send(near, 'va', [udp_frame()] * 10)
    weir.wait_received(10)
    weir.final()


def a_second_weir_is_refused_and_the_first_goes_on(lab):
    near, far = queues_link(lab)
    weir = af_xdp(lab, far)
    refused(lab, far, 1, r'^weir: vb: another weir captures it with AF_XDP', *XDP)
    send(near, 'va', [udp_frame()] * 10)
    weir.wait_received(10)
    assert weir.final()['counters']['received'] == 10


def what_is_wrong_at_the_start(lab):
    _, far = queues_link(lab, 2)
    refused(lab, far, 2, r'^weir: --queues 2: vb has 2 receive queues, 0 to 1', *XDP, '--queues',
            '0,2')
    refused(lab, far, 2, r"^weir: filter 'frob 5': ", *XDP, '-f', 'frob 5')
    refused(lab, far, 4, r'^weir: vx: no such interface', '-i', 'vx', '--backend', 'af_xdp')
    lab.ip('-n', far, 'link', 'set', 'vb', 'down')
    refused(lab, far, 1, r'^weir: vb: the interface is down; `ip link set vb up` starts it\n', *XDP)
    assert program_of(lab, far) is None


def auto_never_takes_packets_away(lab):
    _, far = queues_link(lab)
    weir = lab.json(far, 'vb')
    assert program_of(lab, far) is None
    assert weir.final()['source']['backend'] != 'af_xdp'


def set_capabilities(capabilities, path):
    need(have('setcap'), 'needs setcap (libcap2-bin)')
    done = subprocess.run(['setcap', capabilities, path], capture_output=True, text=True,
                          check=False, timeout=LIMIT_S)
    need(done.returncode == 0, f'no file capabilities here: {done.stderr.strip()}')


def without_permission_it_is_3_and_says_the_cure(lab):
    near, far = queues_link(lab, 2)
    path = copy_for_nobody(lab)
    said = refused(lab, far, 3, r'missing: CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, CAP_IPC_LOCK', *XDP,
                   prefix=NOBODY, program=path)
    capabilities, named = setcap_line(said)
    assert named == path, said
    set_capabilities(capabilities, named)
    weir = lab.start(far, *NOBODY, path, *XDP, '--json', '--interval', '100ms', *LOCAL)
    weir.wait_for(lambda _: True, 'the first snapshot')
    send(near, 'va', flows_of(12))
    weir.wait_received(12)
    counters = weir.final()['counters']
    check_law(counters)
    assert counters['received'] == 12 and program_of(lab, far) is None, counters


def each_capability_that_is_named_is_needed(lab):
    _, far = queues_link(lab)
    path = copy_for_nobody(lab)
    every = ('cap_net_raw', 'cap_net_admin', 'cap_bpf', 'cap_ipc_lock')
    for missing in every:
        set_capabilities(','.join(set(every) - {missing}) + '=eip', path)
        said = refused(lab, far, 3, rf'missing: {missing.upper()}\)', *XDP,
                       prefix=('prlimit', '--memlock=65536:65536', *NOBODY), program=path)
        assert ('cannot be locked' in said) == (missing == 'cap_ipc_lock'), said
        assert program_of(lab, far) is None, missing


CASES = (
    down_and_up_is_no_restart, an_interface_that_is_deleted_and_created_again,
    an_interface_that_is_replaced_before_anybody_looks, an_interface_that_moves_away_and_back,
    what_other_queues_hold_is_counted_before_the_restart,
    more_queues_than_before_are_captured_after_a_restart, the_program_is_gone_however_weir_ends,
    an_own_program_that_was_left_is_replaced, a_foreign_program_is_named_with_what_removes_it,
    a_second_weir_is_refused_and_the_first_goes_on, what_is_wrong_at_the_start,
    auto_never_takes_packets_away, without_permission_it_is_3_and_says_the_cure,
    each_capability_that_is_named_is_needed,
)

if __name__ == '__main__':
    sys.exit(main(CASES))
