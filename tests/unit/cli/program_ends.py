#!/usr/bin/python3
"""How the program ends: signals, and memory that is short. TAP on stdout.

    program_ends.py WEIR
"""

import json
import re
import resource
import signal
import subprocess
import sys

from program import LIMIT_S, LINK, main, run

# What runs the tests may ignore it (nohup), and children would too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def sanitized(program):
    """Its shadow takes terabytes of addresses."""
    with open(program, 'rb') as file:
        binary = file.read()
    return b'__asan_init' in binary or b'__tsan_init' in binary


def memory_limits_shrink_tables_or_are_a_sentence(weir):
    if sanitized(weir):
        return 'a sanitizer needs more addresses than the limits here'
    need_address = resource.RLIMIT_AS  # counts what is mapped, used or not
    done_at = []
    for kind in (need_address, resource.RLIMIT_DATA):
        for mebibytes in (100, 200, 300, 400, 500, 600, 800, 1200):
            limit = mebibytes << 20
            done = run(weir, *LINK, '--count', '1000', '--no-config', '--log-level', 'info',
                       preexec_fn=lambda k=kind, l=limit: resource.setrlimit(k, (l, l)))
            assert done.returncode in (0, 1), (mebibytes, done)
            assert 'bad_alloc' not in done.stderr, done
            if done.returncode == 1:
                assert re.search('^weir: .*(out of memory|no memory)', done.stderr, re.M), done
            else:
                done_at.append(mebibytes)
                assert 'max-flows' in done.stderr or mebibytes > 1000, done
    assert 600 in done_at and 800 in done_at, done_at
    limit = 800 << 20
    done = run(weir, *LINK, '--count', '1000', '--max-flows', '5000000',
               preexec_fn=lambda: resource.setrlimit(need_address, (limit, limit)))
    assert done.returncode == 2 and '--max-flows: 5,000,000 flows do not fit' in done.stderr, done
    return None


def nohup_is_not_ended_by_a_hang_up(weir):
    with subprocess.Popen(['nohup', weir, *LINK, '--json', '--interval', '100ms', '-s', '30'],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as child:
        child.stdout.readline()
        child.send_signal(signal.SIGHUP)
        for _ in range(5):
            assert json.loads(child.stdout.readline())['final'] is False
        child.send_signal(signal.SIGTERM)
        assert json.loads(child.stdout.read().splitlines()[-1])['final'] is True
        assert child.wait(timeout=LIMIT_S) == 0


def a_hang_up_ends_text_with_what_was_counted(weir):
    for layout, last in ((('-t',), '='), ((), 'proto')):
        with subprocess.Popen([weir, *LINK, *layout, '-s', '30', '--interval', '100ms'],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            child.stdout.readline()
            child.send_signal(signal.SIGHUP)
            rest = child.stdout.read()
            assert child.wait(timeout=LIMIT_S) == 0, layout
            assert last in rest, (layout, rest[-500:])


def signals_end_with_the_final_summary(weir):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with subprocess.Popen([weir, *LINK, '--json', '--interval', '100ms', '-s', '30'],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            child.stdout.readline()
            child.send_signal(number)
            rest = child.stdout.read()
            assert child.wait(timeout=LIMIT_S) == 0, number
            assert json.loads(rest.splitlines()[-1])['final'] is True, rest[-200:]
            assert child.stderr.read() == ''


CASES = (
    signals_end_with_the_final_summary, nohup_is_not_ended_by_a_hang_up,
    a_hang_up_ends_text_with_what_was_counted, memory_limits_shrink_tables_or_are_a_sentence,
)

if __name__ == '__main__':
    sys.exit(main(CASES))
