#!/usr/bin/python3
"""Links that change and fail while packets come all the time: what is missing is missing from the
gap that weir reports, and from nowhere else. TAP on stdout.

    restart_load.py WEIR STEADY_SENDER BACKEND

The sender gives each slot of 20 ms flows of its own, so the flow table tells when a packet that is
missing was sent. It may have been sent while a command changed the interface, because then it is
the kernel that loses it, or in the gap of a restart; otherwise weir has to say that it was dropped.
"""

import contextlib
import json
import signal
import sys
import time

from live import LOCAL, check_law, flow_table, have, main, need, send, udp_frame, wait_until
from af_xdp_lab import need_af_xdp

PPS = 100_000
QUEUES = 2
#: The kernel may hand a packet over later than it was sent, when its core is busy.
LATE_NS = 20_000_000


def make_link(lab, near, far, names=('va', 'vb'), queues=QUEUES):
    made = lab.ip('link', 'add', names[0], 'netns', near, 'numtxqueues', str(queues),
                  'numrxqueues', str(queues), 'type', 'veth', 'peer', 'name', names[1], 'netns',
                  far, 'numtxqueues', str(queues), 'numrxqueues', str(queues), check=False)
    need(made.returncode == 0, f'no veth pairs with queues: {made.stderr.strip()}')
    lab.ip('-n', near, 'link', 'set', names[0], 'up')
    lab.ip('-n', far, 'link', 'set', names[1], 'up')


def start(lab, namespace, *args):
    """Not lab.json(): the flows are many, and of interest at the end."""
    weir = lab.weir(namespace, '-i', 'vb', '--json', '--interval', '200ms', '-L', '0', '--workers',
                    str(QUEUES), '--ring', '64M', *LOCAL, *args)
    weir.wait_for(lambda _: True, 'the first snapshot')
    return weir


class Load:
    """A sender, and the changes made while it sends."""

    def __init__(self, lab, near, far, weir, interface='va', size=64):
        self.lab, self.near, self.far, self.weir = lab, near, far, weir
        self.windows = []
        self.sender = lab.start(near, sys.argv[2], interface, str(PPS), str(size))
        self.go_on()

    def received(self):
        return self.weir.last()['counters']['received']

    def go_on(self, seconds=0.5):
        """Until so many packets more were received as are sent in this time."""
        goal = self.received() + PPS * seconds
        self.weir.wait_for(lambda s: s['counters']['received'] >= goal, 'packets under way')

    @contextlib.contextmanager
    def change(self):
        begin = time.time_ns()
        yield
        self.windows.append((begin - LATE_NS, time.time_ns()))

    def set(self, namespace, *args, name='vb'):
        self.lab.ip('-n', namespace, 'link', 'set', name, *args)

    def events(self, kind):
        return [event for event in self.weir.lines('event')
                if event['event'] == kind and event['capture'] == 'vb']

    def wait_resumed(self, times):
        def check():
            self.weir.alive()
            return len(self.events('resumed')) >= times
        wait_until(check, lambda: f'resumed {times}; {self.weir.told()}')

    def end(self):
        """(slots sent, final snapshot)."""
        self.sender.finish(signal.SIGTERM)
        slots = {line['slot']: line for line in map(json.loads, self.sender.out)}
        return slots, self.weir.final()


def slots_of(final):
    """Packets received of each slot. Flows of another network are not the sender's."""
    slots = {}
    for flow in final['flows']:
        if not flow['src_addr'].startswith('10.77.'):
            continue
        third, fourth = map(int, flow['src_addr'].split('.')[2:])
        slot = (third * 256 + fourth - 2) // 4
        slots[slot] = slots.get(slot, 0) + flow['sent']['packets']
        assert flow['received']['packets'] == 0, flow
    return slots


def check_snapshots(weir):
    """The law in each one, and no figure that goes back: flows and totals outlive a restart."""
    last = {}
    for snapshot in weir.lines():
        counters = snapshot['counters']
        check_law(counters)
        now = {name: counters[name] for name in
               ('received', 'tracked', 'dropped_kernel', 'dropped_queue', 'ip_bytes', 'restarts')}
        now['flows'] = snapshot['flow_count']
        now['total'] = snapshot['totals']['both']['packets']
        assert all(now[name] >= count for name, count in last.items()), (last, now)
        last = now
    assert last['total'] == last['received'], last


def gaps_of(weir):
    return [(event['time_ns'] - event['gap_ns'], event['time_ns'])
            for event in weir.lines('event') if event['event'] == 'resumed']


def check_account(load, restarts, others=0, noticed_ns=LATE_NS):
    """Every packet of the sender is received, known as dropped, or was sent in a window. `others`:
    packets that it did not send; `noticed_ns`: how long before a change the gap may begin."""
    slots, final = load.end()
    counters = final['counters']
    check_snapshots(load.weir)
    total = others + sum(slot['frames'] for slot in slots.values())
    print(f'# sent {total}, received {counters["received"]}, dropped {counters["missed"]}, '
          f'gaps {[round((b - a) / 1e6) for a, b in gaps_of(load.weir)]} ms', flush=True)
    assert counters['received'] + counters['missed'] <= total, (counters, total)
    assert counters['untracked'] == 0 and counters['dropped_queue'] == 0, counters
    gaps = gaps_of(load.weir)
    assert counters['restarts'] == restarts == len(gaps), (counters, load.weir.lines('event'))
    for begin, end in gaps:
        # A gap that is told too long would excuse what is not excused.
        assert any(first - noticed_ns <= begin <= last + LATE_NS for first, last in load.windows), (
            begin, end, load.windows)
    got = slots_of(final)
    assert set(got) <= set(slots), set(got) - set(slots)
    windows = sorted(load.windows + gaps)
    unexplained = {}
    exact = [0] * (len(windows) + 1)  # before each window, and after the last
    for number, slot in slots.items():
        missing = slot['frames'] - got.get(number, 0)
        assert missing >= 0, ('counted twice', slot, got.get(number))
        if any(slot['first_ns'] <= last and slot['last_ns'] >= first for first, last in windows):
            continue
        if missing != 0:
            unexplained[number] = (missing, slot)
        else:
            exact[sum(first < slot['first_ns'] for first, _ in windows)] += 1
    missing = sum(count for count, _ in unexplained.values())
    assert missing <= counters['missed'], (missing, unexplained, windows, counters)
    if counters['missed'] == 0:
        assert exact[0] >= 15 and exact[-1] >= 15, exact
    return final


def set_queues(lab, namespace, name, **counts):
    words = [word for pair in counts.items() for word in map(str, pair)]
    return lab.ip('netns', 'exec', namespace, 'ethtool', '-L', name, *words, check=False)


def link(lab):
    if sys.argv[3] == 'af_xdp':
        need_af_xdp(lab)
    near, far = lab.namespace('a'), lab.namespace('b')
    make_link(lab, near, far)
    return near, far


def what_is_down_for_a_moment_is_no_restart(lab):
    near, far = link(lab)
    load = Load(lab, near, far, start(lab, far))
    for _ in range(3):
        with load.change():
            load.set(far, 'down')
            load.set(far, 'up')
        load.go_on(0.2)
    # The sender's side down is a carrier that is lost.
    with load.change():
        load.set(near, 'down', name='va')
        load.set(near, 'up', name='va')
    load.go_on()
    check_account(load, 0)


def an_interface_moves_away_and_back(lab):
    near, far = link(lab)
    load = Load(lab, near, far, start(lab, far))
    for times in (1, 2):
        # As fast as commands go: packets come again before weir can have noticed anything.
        with load.change():
            load.set(far, 'netns', near)
            load.set(near, 'netns', far)
            load.set(far, 'up')
        load.wait_resumed(times)
        load.go_on()
    check_account(load, 2)
    assert [event['attempt'] for event in load.events('restart')] == [1, 1], load.events('restart')


def an_interface_is_deleted_and_created_again(lab):
    near, far = link(lab)
    load = Load(lab, near, far, start(lab, far))
    with load.change():
        lab.ip('-n', far, 'link', 'del', 'vb')
        make_link(lab, near, far)
    load.wait_resumed(1)
    load.go_on()
    before = len(load.events('restart'))
    with load.change():
        lab.ip('-n', far, 'link', 'del', 'vb')
        wait_until(lambda: load.events('restart')[-1]['attempt'] >= 3, 'three attempts')
        make_link(lab, near, far)
    load.wait_resumed(2)
    load.go_on()
    check_account(load, 2)
    waits = [(event['attempt'], event['wait_ms']) for event in load.events('restart')]
    # From the beginning: in between it worked.
    again = waits[before:]
    assert again == [(1, 250), (2, 500), (3, 1000), (4, 2000)][:len(again)], waits
    assert waits[0] == (1, 250) and len(again) >= 3, waits


def queues_and_mtu_change(lab):
    need(have('ethtool'), 'needs ethtool')
    near, far = link(lab)
    for namespace, name, count in ((near, 'va', {'tx': 1}), (far, 'vb', {'rx': 1})):
        done = set_queues(lab, namespace, name, **count)
        need(done.returncode == 0, f'the number of queues cannot change: {done.stderr.strip()}')
    load = Load(lab, near, far, start(lab, far))
    # AF_XDP alone is bound to the queues, and has frames of a fixed size.
    restarts = 2 if sys.argv[3] == 'af_xdp' else 0
    load.go_on(1)
    with load.change():
        assert set_queues(lab, far, 'vb', rx=2).returncode == 0
        assert set_queues(lab, near, 'va', tx=2).returncode == 0
    load.wait_resumed(min(restarts, 1))
    load.go_on()
    with load.change():
        load.set(far, 'mtu', '3000')
        load.set(near, 'mtu', '3000', name='va')
    load.wait_resumed(restarts)
    send(near, 'va', [udp_frame('10.78.0.2', payload=2800)] * 20)
    load.go_on()
    with load.change():
        # The kernel refuses where a socket is bound to the queue.
        one_queue = set_queues(lab, near, 'va', tx=1).returncode == 0
        one_queue &= set_queues(lab, far, 'vb', rx=1).returncode == 0
        load.set(near, 'mtu', '1400', name='va')
        load.set(far, 'mtu', '1400')
    assert one_queue == (restarts == 0)
    load.go_on()
    # It looks at the interface each half second.
    final = check_account(load, restarts, 20, 700_000_000)
    assert flow_table(final)[('10.78.0.2', '198.18.0.2', 10000, 53, 17)] == (
        (20, 20 * 2828), (0, 0)), 'packets of the greater MTU'


def an_interface_comes_back_with_other_queues(lab):
    near, far = link(lab)
    load = Load(lab, near, far, start(lab, far))
    flows = [udp_frame(f'10.78.0.{host}') for host in range(1, 41)]
    for times, queues in enumerate((1, 4), 1):
        with load.change():
            lab.ip('-n', far, 'link', 'del', 'vb')
            make_link(lab, near, far, queues=queues)
        load.wait_resumed(times)
        send(near, 'va', flows)  # by their hash over all queues
        load.go_on()
    final = check_account(load, 2, 2 * len(flows))
    table = flow_table(final)
    for host in range(1, 41):
        got = table[(f'10.78.0.{host}', '198.18.0.2', 10000, 53, 17)]
        assert got == ((2, 2 * 128), (0, 0)), (host, got)
    shown = {'pcap': 1, 'af_packet': QUEUES, 'af_xdp': 4}[sys.argv[3]]
    assert final['source']['queues'] == shown, final['source']


def one_interface_fails_and_the_others_lose_nothing(lab):
    near, far = link(lab)
    make_link(lab, near, far, ('wa', 'wb'))
    weir = start(lab, far, '-i', 'wb')
    load = Load(lab, near, far, weir, 'wa')
    for times in (1, 2):
        lab.ip('-n', far, 'link', 'del', 'vb')
        wait_until(lambda n=times: sum(event['attempt'] == 1 for event in load.events('restart'))
                   >= n, 'a restart')
        load.go_on(0.3)
        make_link(lab, near, far)
        # Nothing comes on it: that nothing fails is enough, also beside a busy queue.
        load.wait_resumed(times)
    load.go_on(0.3)
    slots, final = load.end()
    check_snapshots(weir)
    counters = final['counters']
    assert counters['restarts'] == 2 and counters['dropped_queue'] == 0, counters
    assert {event['capture'] for event in weir.lines('event')
            if event['event'] != 'note'} == {'vb'}, weir.lines('event')
    got = slots_of(final)
    wrong = {number: (slot['frames'], got.get(number, 0)) for number, slot in slots.items()
             if slot['frames'] != got.get(number, 0)}
    # Only a machine that takes the reader off its core for longer than the ring lasts drops.
    assert sum(sent - seen for sent, seen in wrong.values()) == counters['missed'], (wrong,
                                                                                     counters)
    assert all(seen <= sent for sent, seen in wrong.values()), wrong


CASES = (
    what_is_down_for_a_moment_is_no_restart, an_interface_moves_away_and_back,
    an_interface_is_deleted_and_created_again, queues_and_mtu_change,
    an_interface_comes_back_with_other_queues,
    one_interface_fails_and_the_others_lose_nothing,
)

if __name__ == '__main__':
    sys.exit(main(CASES, sys.argv[3]))
