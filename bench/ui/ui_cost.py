#!/usr/bin/python3
"""What the terminal UI costs a capture, and how long a key press takes to show.

    bench/ui/ui_cost.py --weir build/weir [--flows 1M] [--seconds 8] [--runs 5]

The synthetic link at full rate, one worker, in a pseudo-terminal of 200x60: packets a second
without a screen (--no-ui), with a line a second, and with the screen in three views, in turn; and
the time from writing a key to the terminal until what it asks for has been drawn, at random
moments.
"""

import argparse
import fcntl
import os
import pty
import random
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time

os.environ['HOME'] = '/nonexistent'  # children read nobody's configuration
os.environ.pop('XDG_CONFIG_HOME', None)

ROWS, COLUMNS = 60, 200
LIMIT_S = 30


class Screen:
    """weir in a pseudo-terminal; what it draws is read all the time and kept."""

    def __init__(self, command):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', ROWS, COLUMNS, 0, 0))
        env = {**os.environ, 'TERM': 'xterm-256color', 'LANG': 'C.UTF-8', 'HOME': '/nonexistent'}
        self.child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=subprocess.PIPE,
                                      env=env, start_new_session=True)
        os.close(slave)
        self.drawn = b''

    def read(self, timeout_s):
        ready, _, _ = select.select([self.master], [], [], timeout_s)
        if not ready:
            return
        try:
            self.drawn += os.read(self.master, 1 << 20)
        except OSError:
            pass

    def run_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(end - time.monotonic())

    def wait_for(self, pattern, limit_s=LIMIT_S):
        """Seconds until `pattern` was drawn."""
        start = time.monotonic()
        while not re.search(pattern, self.drawn):
            if time.monotonic() - start > limit_s:
                raise TimeoutError(f'{pattern} was not drawn; last: {self.drawn[-300:]}')
            self.read(limit_s)
        return time.monotonic() - start

    def press(self, key):
        self.drawn = b''
        os.write(self.master, key)

    def end(self):
        """The final summary, which comes after the screen."""
        self.drawn = b''
        self.child.send_signal(signal.SIGINT)
        end = time.monotonic() + LIMIT_S
        while self.child.poll() is None and time.monotonic() < end:
            self.read(0.1)
        self.read(0.1)
        os.close(self.master)
        assert self.child.returncode == 0, self.child.stderr.read()
        return self.drawn.decode(errors='replace')


def link(args):
    return ['--no-config', '--backend', 'synthetic', '--rate', '0', '--flows', args.flows,
            '--packet-size', '64', '--workers', '1', '-n', '-s', str(args.seconds + 60)]


def received(summary):
    """By the last one: a report a second has the same line."""
    return int(re.findall(r'received +([\d,]+)', summary)[-1].replace(',', ''))


def without_screen(args, interval):
    child = subprocess.Popen([args.weir, *link(args), '--no-ui', '--interval', interval],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    start = time.monotonic()
    time.sleep(args.seconds)
    child.send_signal(signal.SIGINT)
    spent_s = time.monotonic() - start
    return received(child.communicate()[0]) / spent_s


def with_screen(args, keys):
    screen = Screen([args.weir, *link(args)])
    start = time.monotonic()
    for key in keys:
        screen.press(key)
        screen.run_for(args.seconds / len(keys))
    spent_s = time.monotonic() - start
    return received(screen.end()) / spent_s


def rates(args):
    """Prints packets a second of each case, and as parts of the first, run by run."""
    cases = {
        'no screen': lambda: without_screen(args, '0'),
        'a line a second': lambda: without_screen(args, '1s'),
        'flows': lambda: with_screen(args, [b' ']),
        'hosts': lambda: with_screen(args, [b'\t']),
        'pairs': lambda: with_screen(args, [b'\t\t']),
    }
    measured = {name: [] for name in cases}
    for _ in range(args.runs):
        for name, measure in cases.items():
            measured[name].append(measure())
    for name, values in measured.items():
        ratios = [value / bare for value, bare in zip(values, measured['no screen'])]
        print(f'{name}: {statistics.median(values) / 1e6:.2f} Mpps, '
              f'{statistics.median(ratios):.3f} of the first '
              f'({min(ratios):.3f} to {max(ratios):.3f})', flush=True)


def latencies(args, presses=40):
    """Of opening and closing the help, which needs no data, and of going to the hosts and back,
    which needs sums over all flows. Milliseconds."""
    screen = Screen([args.weir, *link(args)])
    screen.wait_for(rb'missed')
    screen.run_for(5)
    help_ms, hosts_ms = [], []
    for _ in range(presses):
        screen.run_for(random.uniform(0.05, 0.6))
        screen.press(b'h')
        help_ms.append(screen.wait_for(args.help_text.encode()) * 1000)
        screen.press(b'\x1b')
        screen.run_for(0.2)
    for _ in range(max(presses // 4, 3)):
        screen.run_for(random.uniform(0.05, 0.6))
        screen.press(b'\t')
        hosts_ms.append(screen.wait_for(args.hosts_text.encode()) * 1000)
        screen.press(b'\x1b[Z')
        screen.run_for(0.5)
    screen.end()
    return help_ms, hosts_ms


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--weir', required=True)
    parser.add_argument('--flows', default='1M')
    parser.add_argument('--seconds', type=float, default=8)
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--help-text', default='draw anew', help='drawn by the help alone')
    parser.add_argument('--hosts-text', default='received', help='drawn by the hosts alone')
    parser.add_argument('--only', choices=('rate', 'latency'))
    args = parser.parse_args()
    if args.only != 'latency':
        rates(args)
    if args.only != 'rate':
        help_ms, hosts_ms = latencies(args)
        for name, values in (('help', help_ms), ('hosts (sums over all flows)', hosts_ms)):
            print(f'key to {name}: median {statistics.median(values):.0f} ms, '
                  f'most {max(values):.0f} ms of {len(values)}', flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
