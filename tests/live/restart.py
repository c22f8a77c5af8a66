#!/usr/bin/python3
"""Links that fail while weir captures: it goes on by itself, and loses no count. TAP on stdout.

    restart.py WEIR [BACKEND]
"""

import re
import signal
import sys
import threading
import time

from live import (LOCAL, check_law, flow_table, main, send, udp_frame, wait_capturing,
                  wait_until)

FLOW = ('10.77.0.2', '198.18.0.2', 10000, 53, 17)
OTHER = ('10.77.0.3', '198.18.0.2', 10000, 53, 17)


def delete_for_three_seconds(lab, near, far, child, gone):
    """`gone` waits for weir's word of the failure."""
    lab.ip('-n', far, 'link', 'del', 'vb')
    start = time.monotonic()
    gone()
    # What is asked for is the three seconds themselves.
    time.sleep(max(0.0, 3 - (time.monotonic() - start)))
    child.alive()
    lab.veth(near, 'va', far, 'vb')


def an_interface_that_is_deleted_and_created_again(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', *LOCAL)
    send(near, 'va', [udp_frame()] * 1000)
    # No waiting: what the ring holds when the interface goes is counted too.
    delete_for_three_seconds(lab, near, far, weir, lambda: weir.wait_event('restart'))
    weir.wait_event('resumed')
    send(near, 'va', [udp_frame()] * 30 + [udp_frame('10.77.0.3')] * 20)
    weir.wait_received(1050)
    final = weir.final()
    counters = final['counters']
    assert counters['received'] == 1050 and counters['restarts'] >= 1, counters
    assert counters['ip_bytes'] == 1050 * 128 and counters['missed'] == 0, counters
    assert flow_table(final) == {FLOW: ((1030, 1030 * 128), (0, 0)),
                                 OTHER: ((20, 20 * 128), (0, 0))}, final['flows']
    waits = [(event['attempt'], event['wait_ms']) for event in weir.lines('event')
             if event['event'] == 'restart']
    assert waits == [(1, 250), (2, 500), (3, 1000), (4, 2000)][:len(waits)], waits
    assert len(waits) >= 3, waits
    resumed = weir.wait_event('resumed')
    assert len(resumed) == 1 and resumed[0]['capture'] == 'vb', resumed
    assert 2.5e9 < resumed[0]['gap_ns'] < 30e9, resumed


def the_text_modes_say_so_on_stderr(lab):
    near, far = lab.link()
    near2, far2 = lab.namespace('c'), lab.namespace('d')
    lab.veth(near2, 'va', far2, 'vb')
    children = [(near, far, lab.weir(far, '-i', 'vb', *LOCAL)),
                (near2, far2, lab.weir(far2, '-i', 'vb', '-t', '-s', '20', '-nNP', *LOCAL))]

    def ride(a, b, child):
        wait_said(child, None, b)
        send(a, 'va', [udp_frame()] * 40)
        delete_for_three_seconds(lab, a, b, child, lambda: wait_said(child, 'restart in 250 ms'))
        wait_said(child, 'capture works again after')
        send(a, 'va', [udp_frame()] * 60)
        # A text mode shows no count before its end: the kernel's tells when the ring is empty.
        time.sleep(0.3)
        child.finish(signal.SIGTERM)
    threads = [Ride(ride, *three) for three in children]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for thread in threads:
        if thread.error:
            raise thread.error
    summary, iftop = ('\n'.join(child.out) for _, _, child in children)
    assert re.search(r'\breceived +100\b', summary, re.I), summary
    assert '12.5KB' in iftop, iftop
    for _, _, child in children:
        assert sum('capture works again' in line for line in child.err) == 1, child.err
        assert any('(attempt 2)' in line and 'vb' in line for line in child.err), child.err


class Ride(threading.Thread):
    """A function in a thread whose failure is kept for the one who joins it."""

    def __init__(self, function, *args):
        super().__init__()
        self.call = (function, args)
        self.error = None

    def run(self):
        function, args = self.call
        try:
            function(*args)
        except Exception as error:  # pylint: disable=broad-except  # told by the joiner
            self.error = error


def wait_said(child, text, namespace=None):
    """Until stderr has the text; without one, until the namespace has a capture."""
    if text is None:
        wait_capturing(namespace, 1, child)
        return

    def check():
        child.alive()
        return any(text in line for line in list(child.err))
    wait_until(check, lambda: f'"{text}" on stderr; {child.told()}')


def down_and_up_is_no_restart(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', *LOCAL)
    send(near, 'va', [udp_frame()] * 10)
    weir.wait_received(10)
    lab.ip('-n', far, 'link', 'set', 'vb', 'down')
    down = weir.last()['time_ns']
    weir.wait_for(lambda s: s['time_ns'] > down + 3e8, 'snapshots while the link is down')
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    send(near, 'va', [udp_frame()] * 10)
    weir.wait_received(20)
    final = weir.final()
    assert final['counters']['received'] == 20, final['counters']
    assert final['counters']['restarts'] == 0 and weir.lines('event') == [], weir.lines('event')


def an_interface_that_moves_away_and_back(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', *LOCAL)
    send(near, 'va', [udp_frame()] * 10)
    lab.ip('-n', far, 'link', 'set', 'vb', 'netns', near)
    weir.wait_event('restart')
    lab.ip('-n', near, 'link', 'set', 'vb', 'netns', far)
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    weir.wait_event('resumed')
    send(near, 'va', [udp_frame()] * 15)
    weir.wait_received(25)
    final = weir.final()
    assert flow_table(final) == {FLOW: ((25, 25 * 128), (0, 0))}, final['flows']
    assert final['counters']['restarts'] == 1, final['counters']


def an_interface_that_is_replaced_before_anybody_looks(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', *LOCAL)
    send(near, 'va', [udp_frame()] * 10)
    weir.wait_received(10)
    weir.child.send_signal(signal.SIGSTOP)
    send(near, 'va', [udp_frame()] * 10)
    lab.ip('-n', far, 'link', 'del', 'vb')
    lab.veth(near, 'va', far, 'vb')
    weir.child.send_signal(signal.SIGCONT)
    weir.wait_event('resumed')
    send(near, 'va', [udp_frame()] * 10)
    weir.wait_received(30)
    counters = weir.final()['counters']
    assert counters['received'] == 30 and counters['restarts'] == 1, counters


def drops_before_a_restart_stay_counted(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', '--ring', '256K', *LOCAL)
    weir.child.send_signal(signal.SIGSTOP)
    send(near, 'va', [udp_frame(payload=1000)] * 3000)
    lab.ip('-n', far, 'link', 'del', 'vb')
    lab.veth(near, 'va', far, 'vb')
    weir.child.send_signal(signal.SIGCONT)
    weir.wait_event('resumed')
    send(near, 'va', [udp_frame(payload=1000)] * 10)
    weir.wait_for(lambda s: s['counters']['received'] + s['counters']['missed'] >= 3010,
                  'received + missed = sent')
    counters = weir.final()['counters']
    assert counters['dropped_kernel'] > 100 and counters['restarts'] == 1, counters
    assert counters['received'] + counters['dropped_kernel'] == 3010, counters


def stopping_ends_a_wait_at_once(lab):
    near, far = lab.link()
    weir = lab.json(far, 'vb', *LOCAL)
    send(near, 'va', [udp_frame()] * 10)
    lab.ip('-n', far, 'link', 'del', 'vb')
    weir.wait_for(lambda _: any(event.get('wait_ms') == 2000 for event in weir.lines('event')),
                  'the wait of two seconds')
    start = time.monotonic()
    final = weir.final(signal.SIGTERM)
    assert time.monotonic() - start < 1.5
    assert final['counters']['received'] == 10, final['counters']
    check_law(final['counters'])


CASES = (
    an_interface_that_is_deleted_and_created_again, the_text_modes_say_so_on_stderr,
    down_and_up_is_no_restart, an_interface_that_moves_away_and_back,
    an_interface_that_is_replaced_before_anybody_looks, drops_before_a_restart_stay_counted,
    stopping_ends_a_wait_at_once,
)

if __name__ == '__main__':
    sys.exit(main(CASES, *sys.argv[2:3]))
