#!/usr/bin/python3
"""Packets do not cost system calls: strace counts them over a short and a long run. TAP on stdout.

    system_calls.py WEIR
"""

import re
import shutil
import subprocess
import sys
import tempfile

SHORT = 1_000_000
LONG = 5_000_000
FEWEST_PACKETS_A_CALL = 1024  # four batches: ticks and naps are far fewer, a call a batch is not
LIMIT_S = 120


def calls(weir, packets, workers):
    """System calls of all threads, by name, but for the yields of who waits for a full ring."""
    with tempfile.NamedTemporaryFile('r') as table:
        subprocess.run(['strace', '-f', '-c', '-o', table.name, weir, '--backend', 'synthetic',
                        '--rate', '0', '--flows', '10000', '--count', str(packets), '--workers',
                        str(workers), '--json', '-L', '1', '--seed', '1', '--no-config'],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, timeout=LIMIT_S, check=True)
        text = table.read()
    # % time, seconds, usecs/call, calls, errors or nothing, name
    rows = re.findall(r'^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$', text, re.M)
    found = {name: int(count) for count, name in rows}
    found['total'] -= found.get('sched_yield', 0)
    assert found['total'] > 50, text
    return found


def more_packets_are_not_more_calls(weir, workers):
    short, long = calls(weir, SHORT, workers), calls(weir, LONG, workers)
    more = long['total'] - short['total']
    assert more < (LONG - SHORT) / FEWEST_PACKETS_A_CALL, (
        f'{more} more calls for {LONG - SHORT} packets', short, long)
    return f'{max(more, 0)} more for {LONG - SHORT} packets'


def why_not():
    if shutil.which('strace') is None:
        return 'strace is missing'
    probe = subprocess.run(['strace', '-c', '-o', '/dev/null', 'true'], capture_output=True,
                           text=True, check=False)
    return f'strace cannot trace here: {probe.stderr.strip()}' if probe.returncode != 0 else None


def main():
    weir = sys.argv[1]
    cases = (1, 2)
    reason = why_not()
    failed = False
    print(f'1..{len(cases)}')
    for number, workers in enumerate(cases, 1):
        name = f'{workers} worker{"s" if workers > 1 else ""}: packets do not cost system calls'
        if reason:
            print(f'ok {number} - {name} # SKIP {reason}')
            continue
        try:
            print(f'# {more_packets_are_not_more_calls(weir, workers)}')
            print(f'ok {number} - {name}')
        except (AssertionError, subprocess.SubprocessError) as error:
            failed = True
            print(f'not ok {number} - {name}')
            print('\n'.join('# ' + line for line in str(error).splitlines()))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
