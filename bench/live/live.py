#!/usr/bin/python3
"""Offers the same live load to weir and to other programs, and prints what each saw and lost.

    live.py --weir build/weir --offer-load build/bench/offer_load [--quick] [--json]
            [--rates 200k,max] [--flows 1k,20k,1M] [--seconds 2] [--runs 3] [--tools LIST]

A run is a pair of network namespaces joined by a veth, one program on the far end, and offer_load
on the near end: 60-byte frames, both directions of each flow, at a rate, on another CPU than the
program. One program runs at a time. With a million flows so many frames are sent that each flow has
one at least. weir's af_packet and tcpdump, which are compared by CPU time, run --runs times in turn
with the others' first run between; their CPU time is the median, their losses those of the worst
run.

What a program saw is had from itself (receivers.py). lost: offered less seen; reported: what it
says itself that it lost, ? where it says nothing of losses; silent: lost and not reported. CPU time
is the process's, children included, from when it was ready until all was quiet, for a packet that
it saw; what the kernel does for it on the sender's CPU is not in it. Its parts, user and system,
are the kernel's samples: in a short run they are rough. A program that is missing or cannot be
judged is named.
Ends with 1 when weir's own numbers do not add up: received + dropped = sent, the law of
conservation, the number of flows. 77: it cannot run here.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from typing import NamedTuple, Optional

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'tests', 'live'))
sys.path.append(HERE)
# pylint: disable=wrong-import-position
from live import Lab, Skip, capturing, need, wait_until  # noqa: E402
from receivers import INTERFACE, Account, Unjudged, Run, receivers  # noqa: E402

SENDER_CPU, RECEIVER_CPU = 0, 1
MOST_PACKETS = 5_000_000  # a run
COMPARED = ('weir af_packet', 'tcpdump')
BUSY_LIMIT_S = 8  # for what a program still has to do when the sender has ended
END_LIMIT_S = 30  # for its end


class Load(NamedTuple):
    flows: int
    pps: int  # 0: as fast as possible
    packets: int
    seconds: float


class Result(NamedTuple):
    sent: dict  # what offer_load said
    account: Account
    user_s: float
    system_s: float
    peak_kb: int

    @property
    def cpu_s(self):
        return self.user_s + self.system_s


# --- one run -------------------------------------------------------------------------------------

def cpu_of(pid):
    """(user, system) seconds so far, of the process and its children. The sum is exact; the kernel
    tells its parts by samples."""
    total = [0.0, 0.0]
    pids = [pid]
    while pids:
        one = pids.pop()
        with contextlib.suppress(OSError):
            both_s = time.clock_gettime(~one << 3 | 2)  # clock_getcpuclockid(3)
            with open(f'/proc/{one}/stat', encoding='ascii', errors='replace') as file:
                user, system = map(int, file.read().rpartition(')')[2].split()[11:13])
            share = user / (user + system) if user + system else 0.5
            total[0] += both_s * share
            total[1] += both_s * (1 - share)
            with open(f'/proc/{one}/task/{one}/children', encoding='ascii') as file:
                pids += map(int, file.read().split())
    return total


def wait_idle(pid, settle_s):
    """Until it uses less than a twentieth of a CPU, and has had the time that it needs anyway."""
    end = time.monotonic() + BUSY_LIMIT_S
    time.sleep(settle_s)
    while time.monotonic() < end:
        before = sum(cpu_of(pid))
        time.sleep(0.2)
        if sum(cpu_of(pid)) - before < 0.01:
            return


def end(child, number):
    """(status, rusage); what does not end in time is killed."""
    child.send_signal(number)
    limit = time.monotonic() + END_LIMIT_S
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid != 0:
            child.returncode = os.waitstatus_to_exitcode(status)
            return child.returncode, usage
        if time.monotonic() > limit:
            child.kill()
            limit = float('inf')
        time.sleep(0.01)


def text_of(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def start(lab, receiver, namespace, folder, flows):
    command = ['ip', 'netns', 'exec', namespace, 'taskset', '-c', str(RECEIVER_CPU),
               *receiver.command(folder, flows)]
    with open(f'{folder}/out', 'wb') as out, open(f'{folder}/err', 'wb') as err:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    lab.stack.callback(lab._end, child)  # pylint: disable=protected-access

    def ready():
        if child.poll() is not None:
            raise Unjudged(f'ended at once: {text_of(f"{folder}/err").strip()[-200:]!r}')
        if receiver.first_line:
            return os.path.getsize(f'{folder}/out') > 0
        return capturing(namespace) > 0
    wait_until(ready, f'{receiver.name} to capture')
    time.sleep(0.3)  # what is left of its start: its filter, its first page of output
    return child


def offer(lab, offer_load, namespace, load):
    command = ['ip', 'netns', 'exec', namespace, 'taskset', '-c', str(SENDER_CPU), offer_load,
               '--interface', 'va', '--count', str(load.packets), '--pps', str(load.pps),
               '--flows', str(load.flows), '--seconds', '60']
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                                     timeout=120).stdout)


def run_once(receiver, offer_load, load):
    with contextlib.ExitStack() as stack:
        lab = Lab(None, stack)
        folder = lab.temporary_folder()
        near, far = lab.link()
        child = start(lab, receiver, far, folder, load.flows)
        before = cpu_of(child.pid)
        sent = offer(lab, offer_load, near, load)
        wait_idle(child.pid, receiver.settle_s)
        after = cpu_of(child.pid)
        said = ''
        if receiver.ask:
            said = subprocess.run(receiver.ask(folder), stdout=subprocess.PIPE, text=True,
                                  check=False, timeout=END_LIMIT_S).stdout
        status, usage = end(child, receiver.stop)
        run = Run(folder, text_of(f'{folder}/out'), text_of(f'{folder}/err'), said)
        if status == -signal.SIGKILL:
            raise Unjudged(f'had not ended {END_LIMIT_S} s after it was told to')
        account = receiver.account(run, sent)
        if receiver.first_line and status != 0:
            account = account._replace(wrong=f'exit status {status}: {run.err.strip()[-200:]}')
        return Result(sent, account, after[0] - before[0], after[1] - before[1], usage.ru_maxrss)


# --- all runs ------------------------------------------------------------------------------------

def row_of(receiver, load, results):
    """What is printed of the runs of one program under one load."""
    worst = max(results, key=lambda result: result.sent['frames'] - result.account.seen)
    sent, account = worst.sent, worst.account
    lost = sent['frames'] - account.seen

    def ns(part):
        return statistics.median(
            getattr(result, part) / max(result.account.seen, 1) * 1e9 for result in results)
    return {'type': 'live', 'tool': receiver.name, 'flows': load.flows,
            'flows_sent': sent['flows'], 'asked_pps': load.pps or None, 'runs': len(results),
            'offered': sent['frames'], 'offered_pps': round(sent['frames'] / sent['seconds']),
            'seen': account.seen, 'lost': lost, 'reported': account.reported,
            'silent': lost - (account.reported or 0),
            'cpu_ns': round(ns('cpu_s'), 1), 'user_ns': round(ns('user_s'), 1),
            'system_ns': round(ns('system_s'), 1),
            'peak_mib': round(max(result.peak_kb for result in results) / 1024),
            'remark': account.remark,
            'wrong': '; '.join(filter(None, (result.account.wrong for result in results)))}


def why_not(receiver):
    """Why a program cannot be run at all; None when it can."""
    if shutil.which(receiver.tool) is None:
        return 'not installed (./dev install peers)'
    if receiver.ask and shutil.which(receiver.ask('')[0]) is None:
        return f'{receiver.ask("")[0]}, which asks it, is not installed'
    return None


class Bench:
    """All programs under all loads."""

    def __init__(self, options):
        self.options = options
        asked_for = options.tools.split(',') if options.tools else None
        self.receivers = [receiver for receiver in receivers(os.path.abspath(options.weir))
                          if asked_for is None or receiver.name in asked_for]
        self.given_up = {receiver.name: why for receiver in self.receivers
                         if (why := why_not(receiver))}
        self.exact = True

    def measure(self, receiver, load, results, reasons):
        """One run more of a program; after one that failed there are no others of this load."""
        if receiver.name in reasons:
            return
        try:
            result = run_once(receiver, self.options.offer_load, load)
            results.setdefault(receiver.name, []).append(result)
        except (Unjudged, AssertionError, ValueError, subprocess.SubprocessError) as why:
            reasons[receiver.name] = str(why) or repr(why)

    def rows(self, load):
        """A row for each program, those that are compared with each other first."""
        results, reasons = {}, dict(self.given_up)
        compared = [receiver for receiver in self.receivers if receiver.name in COMPARED]
        for receiver in self.receivers:
            self.measure(receiver, load, results, reasons)
        for _ in range(self.options.runs - 1):
            for receiver in compared:
                self.measure(receiver, load, results, reasons)
        for receiver in self.receivers:
            if receiver.name in reasons:
                yield {'type': 'live', 'tool': receiver.name, 'flows': load.flows,
                       'asked_pps': load.pps or None, 'not_judged': reasons[receiver.name]}
            else:
                row = row_of(receiver, load, results[receiver.name])
                self.exact &= not row['wrong']
                yield row

    def run(self, loads):
        for load in loads:
            rows = list(self.rows(load))
            if self.options.json:
                for row in rows:
                    print(json.dumps(row))
            else:
                print_table(load, rows)
            sys.stdout.flush()


# --- output --------------------------------------------------------------------------------------

HEADING = ('', 'offered', 'kpps', 'seen', 'lost', 'reported', 'silent', 'CPU ns', 'user', 'system',
           'MiB', 'runs', '')


def cells_of(row):
    if 'not_judged' in row:
        return (row['tool'], *[''] * (len(HEADING) - 2), f'not judged: {row["not_judged"]}')

    def known(value):
        return '?' if value is None else str(value)
    remark = f'NOT EXACT: {row["wrong"]}' if row['wrong'] else row['remark']
    return (row['tool'], str(row['offered']), f'{row["offered_pps"] / 1000:.0f}',
            str(row['seen']), str(row['lost']), known(row['reported']), str(row['silent']),
            *(f'{row[name]:.0f}'
              for name in ('cpu_ns', 'user_ns', 'system_ns', 'peak_mib', 'runs')), remark)


def print_table(load, rows):
    rate = f'{load.pps} packets/s' if load.pps else 'as fast as the link carries'
    sent = max((row['flows_sent'] for row in rows if 'flows_sent' in row), default=0)
    print(f'\n{load.flows} flows ({sent} of them sent), {rate}')
    table = [HEADING, *map(cells_of, rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADING) - 1)]
    for row in table:
        cells = [f'{row[0]:<{widths[0]}}',
                 *(f'{cell:>{width}}' for cell, width in zip(row[1:-1], widths[1:]))]
        print('  '.join([*cells, row[-1]]).rstrip())
    compared = {row['tool']: row for row in rows if row['tool'] in COMPARED and 'cpu_ns' in row}
    if len(compared) == 2:
        ours, theirs = (compared[name] for name in COMPARED)
        ratios = [f'{what} {ours[name] / theirs[name]:.2f}' for what, name in (
            ('user', 'user_ns'), ('user and system', 'cpu_ns')) if theirs[name] > 0]
        print(f'CPU of weir af_packet, times that of tcpdump: {", ".join(ratios)}')


def scaled(text):
    factor = {'k': 1000, 'M': 1_000_000}.get(text[-1], 1)
    return int(text.rstrip('kM')) * factor


def loads_of(options):
    for flows in map(scaled, options.flows.split(',')):
        for rate in options.rates.split(','):
            pps = 0 if rate == 'max' else scaled(rate)
            packets = max(int((pps or 1_000_000) * options.seconds), 2 * flows)
            yield Load(flows, pps, min(packets, MOST_PACKETS), options.seconds)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--weir', required=True)
    parser.add_argument('--offer-load', required=True)
    parser.add_argument('--rates', help='packets/s, or max (200k,max)')
    parser.add_argument('--flows', help='(1k,20k,1M)')
    parser.add_argument('--seconds', type=float, help='of sending, at least (2)')
    parser.add_argument('--runs', type=int, help='of those that are compared (3)')
    parser.add_argument('--tools', help='only these, by their names')
    parser.add_argument('--quick', action='store_true', help='one flow count, two rates, one run')
    parser.add_argument('--json', action='store_true', help='a line a row')
    options = parser.parse_args()
    usual = ('200k,max', '20k', 1, 1) if options.quick else ('200k,max', '1k,20k,1M', 2, 3)
    for name, value in zip(('rates', 'flows', 'seconds', 'runs'), usual):
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def main():
    options = arguments()

    def stop(number, _):
        sys.exit(128 + number)
    signal.signal(signal.SIGTERM, stop)
    try:
        need(os.geteuid() == 0, 'needs root for network namespaces')
        for tool in ('ip', 'taskset'):
            need(shutil.which(tool), f'needs {tool}')
        need({SENDER_CPU, RECEIVER_CPU} <= os.sched_getaffinity(0),
             f'needs CPUs {SENDER_CPU} and {RECEIVER_CPU}')
        bench = Bench(options)
        bench.run(loads_of(options))
    except Skip as why:
        print(f'live: cannot run here: {why}', file=sys.stderr)
        return 77
    return 0 if bench.exact else 1


if __name__ == '__main__':
    sys.exit(main())
