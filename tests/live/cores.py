#!/usr/bin/python3
"""Where threads run, how they are preferred, and what waiting for packets costs. TAP on stdout.

    cores.py WEIR SEND_FRAMES
"""

import json
import os
import signal
import sys
import time

from live import main, need

CAN_BE_RT = -7  # the prio column of /proc/PID/stat: -1 - rt_priority, see proc(5)


def threads_of(weir):
    """name -> (CPUs it may run on, scheduling policy, its prio column, nice) of each thread."""
    threads = {}
    folder = f'/proc/{weir.child.pid}/task'
    for task in os.listdir(folder):
        with open(f'{folder}/{task}/stat', encoding='ascii') as file:
            name, rest = file.read().split('(', 1)[1].rsplit(')', 1)
        fields = rest.split()
        with open(f'{folder}/{task}/status', encoding='ascii') as file:
            allowed = [line.split()[1] for line in file if line.startswith('Cpus_allowed_list')][0]
        threads[name] = (allowed, int(fields[38]), int(fields[15]), int(fields[16]))
    return threads


def started(lab, *args):
    """weir on one end of a link, after its first snapshot, and the line it started with."""
    near, far = lab.link()
    weir = lab.weir(far, '-i', 'vb', '--json', '--interval', '200ms', *args)
    weir.wait_for(lambda _: True, 'the first snapshot')
    line = [text for text in weir.err if text.startswith('weir: vb through ')]
    assert len(line) == 1, weir.told()
    return near, weir, line[0]


def need_two_cpus():
    need(os.sched_getaffinity(0) >= {0, 1}, 'needs CPUs 0 and 1')


def cpus_that_are_asked_for(lab):
    need_two_cpus()
    _, weir, line = started(lab, '--cpus', '1', '--reporter-cpu', '0')
    threads = threads_of(weir)
    assert threads['weir-w0'][0] == '1' and threads['weir-report'][0] == '0', threads
    assert '1 worker on CPU 1 (--cpus), reporter on CPU 0 (--reporter-cpu)' in line, line
    weir.final()


def the_reporter_keeps_off_the_workers_cpu(lab):
    need_two_cpus()
    _, weir, _ = started(lab, '--cpus', '0')
    threads = threads_of(weir)
    assert threads['weir-w0'][0] == '0', threads
    assert '0' not in threads['weir-report'][0].replace('-', ',').split(','), threads
    weir.final()


def the_start_line_and_the_json_say_where_flows_are_kept(lab):
    _, weir, line = started(lab, '--workers', '2', '--backend', 'af_packet')
    assert 'each worker counts the flows it receives; idle workers sleep' in line, line
    assert weir.final()['source']['sharding'] == 'direct'
    _, weir, line = started(lab, '--workers', '2', '--backend', 'af_packet', '--fanout', 'lb')
    assert 'workers hand packets to the one that counts their flow' in line, line
    assert weir.final()['source']['sharding'] == 'rings'


def nice_and_real_time_are_of_the_workers(lab):
    need(os.geteuid() == 0, 'needs root')
    _, weir, _ = started(lab, '--priority', 'nice:-5')
    threads = threads_of(weir)
    assert threads['weir-w0'][1:] == (0, 15, -5), threads
    assert threads['weir-report'][3] == threads['weir'][3], threads
    weir.final()
    _, weir, _ = started(lab, '--priority', 'rt:6')
    threads = threads_of(weir)
    assert threads['weir-w0'][1:3] == (1, CAN_BE_RT), threads
    assert threads['weir-report'][1] == 0, threads
    weir.final()


def cpu_seconds_of(weir):
    with open(f'/proc/{weir.child.pid}/stat', encoding='ascii') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def idle_cost(lab, policy):
    """CPU seconds a second on an idle link, while packets that come afterwards are all counted."""
    near, weir, line = started(lab, '--idle', policy)
    assert {'park': 'sleep', 'yield': 'yield (--idle)', 'spin': 'spin (--idle)'}[policy] in line
    before, begin = cpu_seconds_of(weir), time.monotonic()
    time.sleep(1)
    cost = (cpu_seconds_of(weir) - before) / (time.monotonic() - begin)
    sender = lab.start(near, sys.argv[2], '--interface', 'va', '--count', '5000', '--pps', '20000',
                       '--flows', '100')
    sender.finish()
    sent = json.loads(sender.out[-1])['frames']
    weir.wait_received(sent)
    counters = weir.final(signal.SIGTERM)['counters']
    assert counters['received'] == sent and counters['missed'] == 0, counters
    return cost


def an_idle_policy_costs_what_it_says(lab):
    cost = {policy: idle_cost(lab, policy) for policy in ('park', 'yield', 'spin')}
    print(f'# CPU seconds a second on an idle link: {cost}', flush=True)
    assert cost['park'] < 0.1, cost
    # On a machine that others use a worker gets what they leave.
    assert cost['spin'] > 5 * cost['park'] and cost['spin'] > 0.1, cost
    assert cost['yield'] > cost['park'], cost


if __name__ == '__main__':
    sys.exit(main((cpus_that_are_asked_for, the_reporter_keeps_off_the_workers_cpu,
          the_start_line_and_the_json_say_where_flows_are_kept,
          nice_and_real_time_are_of_the_workers, an_idle_policy_costs_what_it_says)))
