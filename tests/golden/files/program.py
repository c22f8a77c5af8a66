"""Running weir and reading what it wrote; TAP. Shared by the scripts of this folder."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time

LIMIT_S = 60
MOST_COLUMNS = 1000
KINDS = ('parsed', 'non_ip', 'malformed', 'short_capture', 'unsupported')

os.environ['HOME'] = '/nonexistent'  # children read nobody's configuration
os.environ.pop('XDG_CONFIG_HOME', None)


class Skip(Exception):
    """The case cannot run here; the text says why."""


def run(weir, *args, **kwargs):
    if 'input' not in kwargs:
        kwargs.setdefault('stdin', subprocess.DEVNULL)
    return subprocess.run([weir, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=LIMIT_S, check=False, **kwargs)


def run_measured(*command):
    """(exit status, stdout, stderr, processor seconds); the status is -9 for one that hangs.

    Wall time would measure what else the machine does.
    """
    with tempfile.TemporaryFile() as errors, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors) as child:
        timer = threading.Timer(LIMIT_S, child.kill)
        timer.start()
        out = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        return child.returncode, out, errors.read(), usage.ru_utime + usage.ru_stime


def snapshot(done):
    """The final snapshot; everything that must hold for any of them is checked."""
    lines = done.stdout.decode().splitlines()
    assert lines, (done.returncode, done.stderr)
    last = json.loads(lines[-1])
    assert last['type'] == 'snapshot' and last['final'] is True, last['type']
    check_law(last)
    return last


def check_law(last):
    counters = last['counters']
    assert counters['law_violations'] == 0, counters
    assert counters['received'] == sum(counters[kind] for kind in KINDS), counters
    assert counters['parsed'] == (counters['tracked'] + counters['untracked']
                                  + counters['dropped_queue']), counters
    assert counters['dropped_queue'] == 0, counters
    assert len(last['flows']) == last['flow_count'], last['flow_count']
    sides = [flow[side] for flow in last['flows'] for side in ('sent', 'received')]
    for field in ('packets', 'ip_bytes'):
        total = last['totals']['both'][field]
        assert sum(side[field] for side in sides) == total, (field, total)
    assert last['totals']['both']['packets'] == (
        counters['tracked'] + counters['subframes_tracked']), counters
    assert last['totals']['both']['ip_bytes'] == counters['ip_bytes'], counters


def report(cases):
    """Runs (name, function) pairs; prints TAP; the exit status."""
    print(f'1..{len(cases)}')
    failed = False
    for number, (name, case) in enumerate(cases, 1):
        start = time.monotonic()
        try:
            detail = case()
            print(f'ok {number} - {name}' + (f': {detail}' if detail else ''))
        except Skip as why:
            print(f'ok {number} - {name} # SKIP {why}')
        except Exception as error:  # a broken case must not hide the ones behind it
            failed = True
            print(f'not ok {number} - {name}')
            for line in (str(error) or repr(error)).splitlines():
                print(f'# {type(error).__name__}: {line[:MOST_COLUMNS]}')
        print(f'# {time.monotonic() - start:.1f} s')
        sys.stdout.flush()
    return 1 if failed else 0

