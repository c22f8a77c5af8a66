#!/usr/bin/python3
"""weir on DPDK's virtual devices, beside dpdk-testpmd on them and weir's own synthetic link.

    bench/peers/dpdk.py --weir build/weir --make-capture build/bench/make_capture [--runs N]

Both poll, so real time says nothing: packets are divided by CPU seconds, of two runs of different
length, whose difference leaves the start out. One worker; hugepages where some are free.
"""

import argparse
import glob
import json
import os
import re
import resource
import statistics
import subprocess
import tempfile
import time

os.environ['HOME'] = '/nonexistent'  # children read nobody's configuration
os.environ.pop('XDG_CONFIG_HOME', None)

FLOWS = 10_000
SHORT, LONG = 10_000_000, 60_000_000  # packets
SHORT_S, LONG_S = 2, 6


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def weir_run(weir, args, packets):
    before = cpu_seconds()
    done = subprocess.run([weir, *args, '--workers', '1', '--count', str(packets), '--json',
                           '--interval', '1s'], capture_output=True, text=True, check=True)
    used = cpu_seconds() - before
    counters = json.loads(done.stdout.splitlines()[-1])['counters']
    assert counters['received'] == packets and counters['law_violations'] == 0, counters
    return packets, used


def testpmd_run(memory, device, seconds):
    before = cpu_seconds()
    child = subprocess.Popen(
        ['dpdk-testpmd', '-l', '0,1', *memory, '--no-pci', '--no-telemetry', '--vdev=' + device,
         '--', '--forward-mode=rxonly', '--total-num-mbufs=65536', '--rxd=4096'],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(seconds)
    told = child.communicate('\n')[0]
    used = cpu_seconds() - before
    found = re.search(r'Accumulated.*?RX-packets: (\d+)', told, re.S)
    assert found, told[-2000:]
    return int(found.group(1)), used


def ns_of(run, short, long):
    """CPU time of a packet."""
    few, many = run(short), run(long)
    return (many[1] - few[1]) / (many[0] - few[0]) * 1e9


def free_hugepages():
    total = 0
    for path in glob.glob('/sys/kernel/mm/hugepages/*/free_hugepages'):
        with open(path, encoding='ascii') as file:
            total += int(file.read())
    return total


def rows(options, capture):
    huge = free_hugepages() >= 300
    memory = () if huge else ('--no-huge',)
    pmd_memory = ('--in-memory',) if huge else ('--no-huge', '-m', '512')
    for name, device in (('net_null', 'net_null0'),
                         ('net_pcap infinite_rx', f'net_pcap0,rx_pcap={capture},infinite_rx=1')):
        args = ('--backend', 'dpdk', '-i', device, '--ring', '128M', *memory)
        yield name + ', weir', lambda args=args: ns_of(
            lambda n: weir_run(options.weir, args, n), SHORT, LONG)
        yield name + ', testpmd rxonly', lambda device=device: ns_of(
            lambda s: testpmd_run(pmd_memory, device, s), SHORT_S, LONG_S)
    synthetic = ('--backend', 'synthetic', '--flows', str(FLOWS), '--packet-size', '64', '--rate',
                 '0')
    yield 'synthetic, weir', lambda: ns_of(lambda n: weir_run(options.weir, synthetic, n), SHORT,
                                           LONG)


def main():
    parser = argparse.ArgumentParser(description='weir on DPDK beside dpdk-testpmd')
    parser.add_argument('--weir', required=True)
    parser.add_argument('--make-capture', required=True)
    parser.add_argument('--runs', type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='weir-dpdk-') as folder:
        capture = os.path.join(folder, 'flows.pcap')
        subprocess.run([options.make_capture, capture, '--packets', '16000', '--flows',
                        str(FLOWS)], check=True)
        kinds = list(rows(options, capture))
        taken = {name: [] for name, _ in kinds}
        for _ in range(options.runs):
            for name, measure in kinds:
                taken[name].append(measure())
    for name, values in taken.items():
        middle = statistics.median(values)
        print(f'{name:32} {middle:6.1f} ns of CPU a packet, {1e3 / middle:6.1f} million a CPU s '
              f'({min(values):.1f} to {max(values):.1f} ns)')


if __name__ == '__main__':
    main()
