#!/usr/bin/python3
"""200,000 packets a second over 20,000 flows: every packet, byte and flow. TAP on stdout.

    load.py WEIR SEND_FRAMES

WEIR_LOAD_SECONDS is how long (2). A machine too loaded to send that fast sends fewer, which are
counted as exactly; packets that the kernel dropped must be said to the last one.
"""

import json
import os
import signal
import sys

from live import LOCAL, flow_table, main

RATE_PPS = 200_000
FLOWS = 20_000


def truth_of(lines):
    """(flow table as live.flow_table() has it, sum) of send_frames --list."""
    flows = {}
    for line in lines[:-1]:
        flow = json.loads(line)
        key = tuple(flow[name] for name in ('src_addr', 'dst_addr', 'src_port', 'dst_port',
                                            'proto'))
        flows[key] = tuple((flow[side + '_packets'], flow[side + '_ip_bytes'])
                           for side in ('sent', 'received'))
    return flows, json.loads(lines[-1])


def measure(lab):
    """(final snapshot, flows sent, sum of what was sent)."""
    near, far = lab.link()
    seconds = os.environ.get('WEIR_LOAD_SECONDS', '2')
    weir = lab.weir(far, '-i', 'vb', '--json', '--interval', '2s', '-L', '0', *LOCAL)
    weir.wait_for(lambda _: True, 'the first snapshot')
    sender = lab.start(near, sys.argv[2], '--interface', 'va', '--seconds', seconds, '--pps',
                       str(RATE_PPS), '--flows', str(FLOWS), '--ipv6', '20', '--list')
    sender.finish()
    flows, total = truth_of(sender.out)
    weir.wait_for(lambda s: s['counters']['received'] + s['counters']['missed']
                  >= total['frames'], f'all of {total}')
    final = weir.final()
    print(f'# sent {total}, counted {final["counters"]}', flush=True)
    return final, flows, total


def nothing_is_missing_at_200000_packets_a_second(lab):
    final, flows, total = measure(lab)
    counters = final['counters']
    dropped = counters['dropped_kernel'] + counters['dropped_queue']
    assert counters['received'] + counters['dropped_kernel'] == total['frames'], (counters, total)
    assert counters['untracked'] == 0 and final['flow_count'] == len(flows) == FLOWS, final
    if dropped == 0:
        for name in ('ip_bytes', 'wire_bytes'):
            assert counters[name] == total[name], (counters, total)
        for index, side in enumerate(('sent', 'received')):
            got = final['totals'][side]
            assert (got['packets'], got['ip_bytes']) == tuple(
                sum(flow[index][what] for flow in flows.values()) for what in (0, 1)), got
        wrong = [(key, traffic, flows.get(key)) for key, traffic in flow_table(final).items()
                 if traffic != flows.get(key)]
        assert wrong == [], (len(wrong), wrong[:3])
        return
    # Only a machine that takes the reader off its core for longer than the ring lasts drops.
    assert total['frames'] - dropped == counters['tracked'], (counters, total)


def a_long_backlog_at_the_end_is_counted(lab):
    near, far = lab.link()
    weir = lab.weir(far, '-i', 'vb', '--json', '--interval', '100ms', '-L', '1', '--ring', '256M',
                    *LOCAL)
    weir.wait_for(lambda _: True, 'the first snapshot')
    weir.child.send_signal(signal.SIGSTOP)
    sender = lab.start(near, sys.argv[2], '--interface', 'va', '--count', '1000000', '--flows',
                       str(FLOWS))
    sender.finish()
    weir.child.send_signal(signal.SIGINT)
    weir.child.send_signal(signal.SIGCONT)
    counters = weir.final(number=None)['counters']
    assert counters['received'] + counters['dropped_kernel'] == 1000000, counters


CASES = (nothing_is_missing_at_200000_packets_a_second, a_long_backlog_at_the_end_is_counted)

if __name__ == '__main__':
    sys.exit(main(CASES))
