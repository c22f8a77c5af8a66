#!/usr/bin/python3
"""Reads the same capture with weir and with other programs, and prints the ratios.

    peers.py --weir build/weir --make-capture build/bench/make_capture [--flows 100000,1000000]
             [--packets 5000000] [--runs 5] [--folder DIR]

Makes a capture for each number of flows, with the truth beside it, checks that weir's account of
it is exact in every flow for one, two and four workers, then runs each program in turn, a few
times, and compares the CPU seconds (user and system, children included). The order alternates, so
that what disturbs the machine disturbs all of them. How many packets each says it counted stands
beside it: one that lost some was not faster. A program that is not installed is named.
Ends with 1 when an account is not exact.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from typing import Callable, NamedTuple, Optional

os.environ['HOME'] = '/nonexistent'  # children read nobody's configuration
os.environ.pop('XDG_CONFIG_HOME', None)


class Peer(NamedTuple):
    name: str
    what: str  # it does with the capture
    most_runs: Optional[int]  # slow ones are run once
    command: list
    counted: Callable  # its output -> packets it says it counted, None where it does not say
    kb_a_flow: int = 1  # roughly, measured; decides whether this machine has the memory


def number_in(pattern):
    """A reader of the number that the pattern finds in a program's output."""
    def read(output):
        found = re.search(pattern, output)
        return int(found.group(1)) if found else None
    return read


def nfdump_count(folder):
    if shutil.which('nfdump') is None:
        return None
    output = subprocess.run(['nfdump', '-I', '-R', folder], stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.DEVNULL, check=False).stdout
    return number_in(r'(?m)^Packets: (\d+)')(output)


def print_plugin_count(path):
    """Sum of PACKETS, the last column but one, of what pmacct's print plugin wrote."""
    if not os.path.exists(path):
        return None
    with open(path, encoding='ascii') as lines:
        columns = (line.split() for line in lines)
        return sum(int(row[-2]) for row in columns if len(row) > 2 and row[-2].isdigit())


def peers(capture, folder, flows):
    cache = ['-B', '4194304'] if flows > 500_000 else []
    records = os.path.join(folder, 'nfcapd')
    os.makedirs(records, exist_ok=True)
    table = os.path.join(folder, 'pmacct.txt')
    # Its command line cannot make the pipe and the cache larger. Packets that find no room in the
    # pipe are lost, and a cache that is full is written and the file begun anew.
    settings = os.path.join(folder, 'pmacctd.conf')
    with open(settings, 'w', encoding='ascii') as out:
        out.write(f'daemonize: false\npcap_savefile: {capture}\nplugins: print\n'
                  'aggregate: src_host,dst_host,src_port,dst_port,proto\n'
                  f'print_refresh_time: 3600\nprint_output_file: {table}\n'
                  'plugin_pipe_size: 1073741824\nplugin_buffer_size: 1048576\n'
                  f'print_cache_entries: {2 * flows + 3}\n')
    return [
        Peer('tcpdump', 'counts packets', None, ['tcpdump', '-r', capture, '--count', '-nn'],
             number_in(r'(\d+) packet')),
        Peer('nfpcapd', 'flow records', 2, ['nfpcapd', '-r', capture, *cache, '-w', records],
             lambda output: nfdump_count(records)),
        Peer('softflowd', 'flow records', 1,
             ['softflowd', '-r', capture, '-d', '-m', str(2 * flows), '-n', '127.0.0.1:9'],
             number_in(r'Packets processed: (\d+)')),
        Peer('pmacctd', 'flow records', 1, ['pmacctd', '-f', settings],
             lambda output: print_plugin_count(table), 10),
        Peer('argus', 'flow records', 1, ['argus', '-r', capture, '-w', '/dev/null'],
             lambda output: None),
        # Without a statistic or lines to print it would not dissect at all.
        Peer('tshark', 'dissects', 1,
             ['tshark', '-n', '-q', '-r', capture, '-z', 'io,phs',
              '-o', 'tcp.desegment_tcp_streams:FALSE'], number_in(r'eth\s+frames:(\d+)'), 30),
    ]


def run(command):
    """CPU seconds and peak memory in MiB of a command and its children, and what it wrote; None
    when it failed."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            return None
        output.seek(0)
        text = output.read().decode(errors='replace')
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text


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


def free_kb():
    with open('/proc/meminfo', encoding='ascii') as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith('MemAvailable'))


def weir_count(output):
    return json.loads(output[output.index('{'):].splitlines()[0])['counters']['received']


def measure(weir, capture, flows, runs, folder):
    """Name -> (what it does, [CPU seconds], [MiB], packets it counted)."""
    programs = [Peer('weir', 'everything', None, [weir, '-r', capture, '--json', '--workers', '1'],
                     weir_count),
                Peer('weir (2 workers)', 'everything', None,
                     [weir, '-r', capture, '--json', '--workers', '2'], weir_count)]
    for peer in peers(capture, folder, flows):
        if shutil.which(peer.command[0]) is None:
            print(f'  {peer.name}: not installed (./dev install peers)')
        elif peer.kb_a_flow * flows > free_kb() / 4:
            print(f'  {peer.name}: left out, {flows} flows take it '
                  f'{peer.kb_a_flow * flows >> 20} GiB')
        else:
            programs.append(peer)
    results = {}
    for turn in range(runs):
        for peer in programs:
            if peer.most_runs is not None and turn >= peer.most_runs:
                continue
            result = run(peer.command)
            if result is None:
                print(f'  {peer.name}: failed')
                continue
            if peer.name not in results:
                results[peer.name] = (peer.what, [], [], peer.counted(result[2]))
            results[peer.name][1].append(result[0])
            results[peer.name][2].append(result[1])
    return results


def counted_text(counted, packets):
    if counted is None:
        return 'does not say'
    return 'all' if counted == packets else f'{counted}, not all'


def print_table(results, packets):
    ours = statistics.median(results['weir'][1])
    print(f'  {"":18} {"what it does":16} {"CPU s":>7} {"ns/packet":>10} {"MiB":>7} {"weir is":>9}'
          '  packets counted')
    for name, (what, seconds, memory, counted) in results.items():
        middle = statistics.median(seconds)
        print(f'  {name:18} {what:16} {middle:7.2f} {middle / packets * 1e9:10.0f} '
              f'{statistics.median(memory):7.0f} {ours / middle:8.3f}x  '
              f'{counted_text(counted, packets)}')


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
            with tempfile.TemporaryDirectory() as outputs:
                print_table(measure(options.weir, capture, flows, options.runs, outputs),
                            options.packets)
            sys.stdout.flush()
    return 0 if exact else 1


if __name__ == '__main__':
    sys.exit(main())
