#!/usr/bin/python3
"""Instructions a packet costs, counted by callgrind, against the numbers kept beside this file.

    instructions.py --weir WEIR --make-capture MAKE_CAPTURE --compiler TEXT [--update]

Each case reads a short and a long capture of the same flows with `weir -r`; the difference, per
packet, is what a packet costs from the file to the merged flow, because starting, opening the
flows and the final report are in both. TAP on stdout. A case fails when it costs more than its
number and the tolerance, and when it costs that much less, so that a gain is kept. Numbers are of
one compiler: with another one the cases are skipped. --update measures and writes the numbers.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

NUMBERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'instructions.json')
SHORT = 50_000
LONG = 250_000
TRIES = 3  # threads that wait for one another may spin; the least of these counts
LIMIT_S = 120

# Name: arguments of make_capture. Packet time decides how often a flow's delta is published.
CASES = {
    '100 flows': ['--flows', '100'],
    '10000 flows': ['--flows', '10000'],
    # 50 kpps: each flow has five packets a second, so a delta for every five packets.
    '10000 flows, a delta every 5 packets': ['--flows', '10000', '--gap-ns', '20000'],
}


def count(weir, capture):
    """Instructions of one run of weir, all threads."""
    done = subprocess.run(
        ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', weir, '-r', capture,
         '--json', '--workers', '1'],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        timeout=LIMIT_S, check=False)
    collected = re.search(r'Collected : (\d+)', done.stderr)
    if done.returncode != 0 or not collected:
        raise RuntimeError(f'valgrind on {weir} ended with {done.returncode}:\n'
                           + done.stderr[-1500:])
    counters = json.loads(done.stdout.splitlines()[-1])['counters']
    expected = int(os.path.basename(capture).split('.')[0])
    if counters['tracked'] != expected:
        raise RuntimeError(f'{counters["tracked"]} packets were counted, not {expected}')
    return int(collected.group(1))


def measure(options, arguments, folder, good_enough):
    """Instructions a packet; measured again while `good_enough` says no."""
    captures = []
    for packets in (SHORT, LONG):
        captures.append(os.path.join(folder, f'{packets}.pcap'))
        subprocess.run([options.make_capture, captures[-1], '--packets', str(packets), *arguments],
                       check=True)
    short, long = [], []
    for _ in range(TRIES):
        with ThreadPoolExecutor(2) as pool:
            counts = list(pool.map(lambda capture: count(options.weir, capture), captures))
        short.append(counts[0])
        long.append(counts[1])
        found = (min(long) - min(short)) / (LONG - SHORT)
        if good_enough(found):
            break
    return found


def judge(found, expected, tolerance):
    """None when the number holds, else what to say and do."""
    update = 'keep it by ninja -C build instructions_update'
    if found > expected * (1 + tolerance):
        return (f'costs {found:.1f} instructions a packet, {found / expected - 1:+.1%} of the '
                f'{expected} that are kept; say in the commit what it buys, and {update}')
    if found < expected * (1 - tolerance):
        return (f'costs {found:.1f} instructions a packet, {found / expected - 1:+.1%} of the '
                f'{expected} that are kept: a gain; {update}')
    return None


def self_test():
    """The judgement itself can fail."""
    assert judge(100, 100, 0.05) is None
    assert judge(104.9, 100, 0.05) is None and judge(95.1, 100, 0.05) is None
    assert 'say in the commit' in judge(106, 100, 0.05)
    assert 'instructions_update' in judge(106, 100, 0.05)
    assert 'a gain' in judge(94, 100, 0.05)


def why_not(options, kept):
    if shutil.which('valgrind') is None:
        return 'valgrind is missing'
    if kept.get('compiler') != options.compiler:
        return f'the numbers are of {kept.get("compiler")}, this build is of {options.compiler}'
    return None


def check(options, kept):
    print(f'1..{len(CASES) + 1}')
    self_test()
    print('ok 1 - a cost above or below the tolerance is told')
    reason = why_not(options, kept)
    failed = False
    for number, (name, arguments) in enumerate(CASES.items(), 2):
        if reason:
            print(f'ok {number} - {name} # SKIP {reason}')
            continue
        expected = kept['instructions_per_packet'].get(name)
        if expected is None:
            failed = True
            print(f'not ok {number} - {name}\n# has no number: ninja -C build instructions_update')
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                found = measure(options, arguments, folder,
                                lambda cost, kept_cost=expected:
                                judge(cost, kept_cost, kept['tolerance']) is None)
            problem = judge(found, expected, kept['tolerance'])
        except (RuntimeError, subprocess.SubprocessError, ValueError) as error:
            found, problem = 0, str(error)
        if problem:
            failed = True
            print(f'not ok {number} - {name}')
            print('\n'.join('# ' + line for line in problem.splitlines()))
        else:
            print(f'ok {number} - {name}: {found:.1f} instructions a packet, kept {expected}')
        sys.stdout.flush()
    return 1 if failed else 0


def update(options, kept):
    if shutil.which('valgrind') is None:
        print('valgrind is missing', file=sys.stderr)
        return 1
    numbers = {}
    for name, arguments in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            numbers[name] = round(measure(options, arguments, folder, lambda cost: False), 1)
        before = kept.get('instructions_per_packet', {}).get(name, 'none')
        print(f'{name}: {numbers[name]}, before {before}')
    kept = {'compiler': options.compiler, 'tolerance': kept.get('tolerance', 0.05),
            'instructions_per_packet': numbers}
    with open(NUMBERS, 'w', encoding='utf-8') as out:
        json.dump(kept, out, indent=2)
        out.write('\n')
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--weir', required=True)
    parser.add_argument('--make-capture', required=True)
    parser.add_argument('--compiler', required=True, help='what built weir, and how')
    parser.add_argument('--update', action='store_true', help='measure and keep the numbers')
    options = parser.parse_args()
    kept = {}
    if os.path.exists(NUMBERS):
        with open(NUMBERS, encoding='utf-8') as text:
            kept = json.load(text)
    return update(options, kept) if options.update else check(options, kept)


if __name__ == '__main__':
    sys.exit(main())
