#!/usr/bin/python3
"""Reads the same capture with weir and with other programs, and prints the ratios.

    peers.py --weir build/weir --make-capture build/bench/make_capture [--flows 100000,1000000]
             [--packets 5000000] [--runs 5] [--folder DIR]

Makes a capture for each number of flows, with the truth beside it, checks that weir's account of
it is exact in every flow for one, two and four workers, then runs each program in turn, a few
times, and compares the CPU seconds (user and system, children included). The order alternates, so
that what disturbs the machine disturbs all of them. A program that is not installed is named.
Ends with 1 when an account is not exact.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile


def commands(capture, folder, flows):
    """Program, what it does with the capture, how often it is run (slow ones once), its command."""
    cache = ['-B', '4194304'] if flows > 500_000 else []
    return [
        ('tcpdump', 'counts packets', None, ['tcpdump', '-r', capture, '--count', '-nn']),
        ('nfpcapd', 'flow records', 2, ['nfpcapd', '-r', capture, *cache, '-w', folder]),
        ('softflowd', 'flow records', 1,
         ['softflowd', '-r', capture, '-d', '-m', str(2 * flows), '-n', '127.0.0.1:9']),
        ('pmacctd', 'flow records', 1,
         ['pmacctd', '-d', '-I', capture, '-P', 'print', '-r', '3600', '-o', '/dev/null',
          '-c', 'src_host,dst_host,src_port,dst_port,proto']),
        ('argus', 'flow records', 1, ['argus', '-r', capture, '-w', '/dev/null']),
        ('tshark', 'counts packets', 1,
         ['tshark', '-n', '-Q', '-r', capture, '-o', 'tcp.desegment_tcp_streams:FALSE']),
    ]


def run(command, stdout=subprocess.DEVNULL):
    """CPU seconds and peak memory in MiB of a command and its children; None when it failed."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout,
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        return None
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def truth_of(path):
    """Flow -> (packets, IP bytes) from its low end and from its high end."""
    flows = {}
    with open(path, encoding='ascii') as lines:
        for line in lines:
            low, low_port, high, high_port, proto, *counts = line.split()
            flows[low, int(low_port), high, int(high_port), int(proto)] = tuple(map(int, counts))
    return flows


def account_of(weir, capture, workers):
    """The same from weir's final snapshot, with the totals."""
    output = subprocess.run(
        [weir, '-r', capture, '--json', '-L', '0', '--workers', str(workers)], check=True,
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL).stdout
    snapshot = json.loads(output.splitlines()[-1])
    flows = {}
    for flow in snapshot['flows']:
        key = (flow['src_addr'], flow['src_port'], flow['dst_addr'], flow['dst_port'],
               flow['proto'])
        flows[key] = (flow['sent']['packets'], flow['sent']['ip_bytes'],
                      flow['received']['packets'], flow['received']['ip_bytes'])
    return snapshot['counters'], flows


def check(weir, capture, packets):
    truth = truth_of(capture + '.truth')
    exact = True
    for workers in (1, 2, 4):
        counters, flows = account_of(weir, capture, workers)
        good = flows == truth and counters['received'] == counters['tracked'] == packets
        print(f'  weir, {workers} workers: {len(flows)} flows, '
              f'{"every one exact" if good else "NOT EXACT"}')
        exact &= good
    return exact


def check_apart(*arguments):
    """check() in a process of its own: a child's peak memory begins with what its parent has, and
    the flows of a truth are hundreds of megabytes here."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if check(*arguments) else 1
            sys.stdout.flush()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def measure(weir, capture, flows, runs, folder):
    """Name -> (what it does, [CPU seconds], [MiB])."""
    programs = [('weir', 'everything', None, [weir, '-r', capture, '--json', '--workers', '1']),
                ('weir (2 workers)', 'everything', None,
                 [weir, '-r', capture, '--json', '--workers', '2'])]
    for name, what, most, command in commands(capture, folder, flows):
        if shutil.which(command[0]) is None:
            print(f'  {name}: not installed (./dev install peers)')
        else:
            programs.append((name, what, most, command))
    results = {}
    for turn in range(runs):
        for name, what, most, command in programs:
            if most is not None and turn >= most:
                continue
            result = run(command)
            if result is None:
                print(f'  {name}: failed')
                continue
            _, seconds, memory = results.setdefault(name, (what, [], []))
            seconds.append(result[0])
            memory.append(result[1])
    return results


def print_table(results, packets):
    ours = statistics.median(results['weir'][1])
    print(f'  {"":18} {"what it does":16} {"CPU s":>7} {"ns/packet":>10} {"MiB":>7} {"weir is":>9}')
    for name, (what, seconds, memory) in results.items():
        middle = statistics.median(seconds)
        print(f'  {name:18} {what:16} {middle:7.2f} {middle / packets * 1e9:10.0f} '
              f'{statistics.median(memory):7.0f} {ours / middle:8.3f}x')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--weir', required=True)
    parser.add_argument('--make-capture', required=True)
    parser.add_argument('--flows', default='100000,1000000')
    parser.add_argument('--packets', type=int, default=5_000_000)
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--folder', help='where captures are kept; else a temporary folder')
    options = parser.parse_args()
    exact = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        for flows in map(int, options.flows.split(',')):
            capture = os.path.join(folder, f'{options.packets}-{flows}.pcap')
            if not os.path.exists(capture):
                subprocess.run([options.make_capture, capture, '--packets', str(options.packets),
                                '--flows', str(flows)], check=True)
            print(f'{options.packets} packets of 64 bytes, {flows} biflows')
            exact &= check_apart(options.weir, capture, options.packets)
            print_table(measure(options.weir, capture, flows, options.runs, temporary),
                        options.packets)
    return 0 if exact else 1


if __name__ == '__main__':
    sys.exit(main())
