"""What the live tests share: namespaces, interfaces, weir as a child, frames, TAP.

Everything happens in network namespaces named weir-PID-NAME, so tests may run side by side. A `Lab`
belongs to one case; its namespaces and processes are gone when the case ends, however it ends.
Tests wait for conditions (a socket is open, a snapshot has a number), never for a time to pass.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

LIMIT_S = 60  # for anything that takes well below a second on a machine that does nothing else
CLONE_NEWNET = 0x40000000
LOCAL = ('-F', '10.77.0.0/16', '-G', 'fd77::/16')

# Children read nobody's configuration, neither weir's nor iftop's.
os.environ['HOME'] = '/nonexistent'
os.environ.pop('XDG_CONFIG_HOME', None)

libc = ctypes.CDLL(None, use_errno=True)


class Skip(Exception):
    """The case cannot run here; the text says why."""


def need(condition, why):
    if not condition:
        raise Skip(why)


def have(tool):
    return any(os.access(os.path.join(folder, tool), os.X_OK)
               for folder in [*os.environ['PATH'].split(':'), '/usr/sbin', '/sbin'])


def sanitized(program):
    """Built with a sanitizer, which ptrace, system calls and crashes show."""
    with open(program, 'rb') as file:
        binary = file.read()
    return b'__asan_init' in binary or b'__tsan_init' in binary


def wait_until(condition, what, limit_s=LIMIT_S):
    """The first true value of `condition`; fails with `what` (text or function) after the limit."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        text = what() if callable(what) else what
        assert time.monotonic() < end, f'waited {limit_s} s for {text}'
        time.sleep(0.02)


@contextlib.contextmanager
def inside(namespace):
    """This thread, and the sockets it opens, in a namespace."""
    def enter(path):
        with open(path, encoding='ascii') as file:
            if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), 'setns')
    home = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
    enter(f'/run/netns/{namespace}')
    try:
        yield
    finally:
        assert libc.setns(home, CLONE_NEWNET) == 0
        os.close(home)


def beyond_start(lines):
    """What a run said on stderr after the line that tells where its threads run."""
    start = r'weir: .+ through \w+: \d+ workers? (on|and) '
    return [line for line in lines if not re.match(start, line)]


class Weir:
    """weir (or another program) in a namespace, its output collected line by line."""

    def __init__(self, command, **kwargs):
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      text=True, **{'stdout': subprocess.PIPE, **kwargs})
        self.out = []
        self.err = []
        self.newest = (None, None)  # line, what it says
        self.readers = [threading.Thread(target=self._collect, args=pair, daemon=True)
                        for pair in ((self.child.stdout, self.out), (self.child.stderr, self.err))
                        if pair[0] is not None]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _collect(stream, lines):
        try:
            for line in stream:
                lines.append(line.rstrip('\n'))
        except ValueError:  # closed by the test
            pass

    def told(self):
        return f'status {self.child.poll()}, stderr {self.err}, last line {self.out[-1:]}'[:1500]

    def alive(self):
        assert self.child.poll() is None, f'it ended: {self.told()}'

    def lines(self, kind='snapshot'):
        parsed = [json.loads(line) for line in list(self.out)]
        return [line for line in parsed if line['type'] == kind]

    def last(self):
        """The newest snapshot, {} before the first."""
        for line in reversed(list(self.out)):
            if line.startswith('{"type":"snapshot"'):
                if line is not self.newest[0]:
                    self.newest = (line, json.loads(line))
                return self.newest[1]
        return {}

    def wait_for(self, condition, what):
        """Waits for the newest snapshot to fulfil the condition."""
        def check():
            snapshot = self.last()
            if snapshot and condition(snapshot):
                return snapshot
            self.alive()
            return None
        return wait_until(check, lambda: f'{what}; {self.told()}')

    def wait_received(self, packets):
        """Until so many are received, and one snapshot more: what is counted twice shows then."""
        seen = self.wait_for(lambda s: s['counters']['received'] >= packets,
                             f'{packets} packets received')
        self.wait_for(lambda s: s['time_ns'] > seen['time_ns'], 'another snapshot')

    def wait_event(self, event):
        def check():
            found = [line for line in self.lines('event') if line['event'] == event]
            if not found:
                self.alive()
            return found
        return wait_until(check, lambda: f'event {event}; {self.told()}')

    def finish(self, number=None, status=0):
        """Ends it with a signal, or waits for its end; checks the exit status."""
        if number is not None:
            self.child.send_signal(number)
        got = self.child.wait(timeout=LIMIT_S)
        for reader in self.readers:
            reader.join(LIMIT_S)
        assert got == status, self.told()

    def final(self, number=signal.SIGINT):
        """The final snapshot, the law of conservation checked."""
        self.finish(number)
        snapshot = self.last()
        assert snapshot['final'] is True, self.told()
        check_law(snapshot['counters'])
        return snapshot


def check_law(counters):
    assert counters['received'] == sum(counters[name] for name in (
        'parsed', 'non_ip', 'malformed', 'short_capture', 'unsupported')), counters
    assert counters['parsed'] == (counters['tracked'] + counters['untracked']
                                  + counters['dropped_queue']), counters
    assert counters['law_violations'] == 0, counters


class Lab:
    """Namespaces and children of one case."""

    number = 0

    def __init__(self, weir, stack, backend=None):
        self.weir_path = weir
        self.backend = backend  # --backend of every capture; None: what weir takes by itself
        self.stack = stack
        self.made = 0
        Lab.number += 1
        self.prefix = f'weir-{os.getpid()}-{Lab.number}'

    def ip(self, *args, check=True):
        return subprocess.run(['ip', *args], capture_output=True, text=True, check=check,
                              timeout=LIMIT_S)

    def namespace(self, name, ipv6=False):
        self.made += 1
        full = f'{self.prefix}{name}{self.made}'
        made = self.ip('netns', 'add', full, check=False)
        need(made.returncode == 0, f'no network namespaces: {made.stderr.strip()}')
        self.stack.callback(self.ip, 'netns', 'del', full, check=False)
        if not ipv6 and os.path.exists('/proc/sys/net/ipv6'):  # its own chatter is in no count
            with inside(full):
                for scope in ('all', 'default'):
                    with open(f'/proc/sys/net/ipv6/conf/{scope}/disable_ipv6', 'w',
                              encoding='ascii') as file:
                        file.write('1')
        self.ip('-n', full, 'link', 'set', 'lo', 'up')
        return full

    def veth(self, near, near_name, far, far_name):
        made = self.ip('link', 'add', near_name, 'netns', near, 'type', 'veth', 'peer', 'name',
                       far_name, 'netns', far, check=False)
        need(made.returncode == 0, f'no veth pairs: {made.stderr.strip()}')
        self.ip('-n', near, 'link', 'set', near_name, 'up')
        self.ip('-n', far, 'link', 'set', far_name, 'up')

    def link(self, ipv6=False):
        """Two namespaces with va in the first and vb in the second."""
        near, far = self.namespace('a', ipv6), self.namespace('b', ipv6)
        self.veth(near, 'va', far, 'vb')
        return near, far

    def start(self, namespace, *command, **kwargs):
        child = Weir(['ip', 'netns', 'exec', namespace, *command], **kwargs)
        self.stack.callback(self._end, child.child)
        return child

    @staticmethod
    def _end(child):
        if child.poll() is None:
            child.kill()
        child.wait()
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                stream.close()

    def chosen(self, args):
        return args if self.backend is None else (*args, '--backend', self.backend)

    def weir(self, namespace, *args, **kwargs):
        return self.start(namespace, self.weir_path, *self.chosen(args), **kwargs)

    def json(self, namespace, interface, *args):
        """weir with a snapshot each 100 ms, all flows; capturing when this returns."""
        child = self.weir(namespace, '-i', interface, '--json', '--interval', '100ms', '-L', '0',
                          *args)
        child.wait_for(lambda _: True, 'the first snapshot')
        return child

    def run(self, namespace, *args, prefix=()):
        """weir to its end."""
        return subprocess.run(['ip', 'netns', 'exec', namespace, *prefix, self.weir_path, *args],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              check=False, timeout=LIMIT_S)

    def temporary_folder(self):
        folder = self.stack.enter_context(tempfile.TemporaryDirectory(prefix='weir-live-'))
        os.chmod(folder, 0o755)
        return folder


def capturing(namespace):
    """How many packet sockets of the namespace receive."""
    with inside(namespace), open('/proc/thread-self/net/packet', encoding='ascii') as file:
        return sum(line.split()[5] == '1' for line in file.readlines()[1:])


def wait_capturing(namespace, count, child):
    def check():
        child.alive()
        return capturing(namespace) >= count
    wait_until(check, f'{count} captures')


def send(namespace, interface, frames):
    """Raw frames, in order, out of an interface; captures there see them go out."""
    with inside(namespace), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.bind((interface, 0))
        for frame in frames:
            out.send(frame)


def send_datagrams(namespace, source, destination, count, payload):
    with inside(namespace), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        out.bind(source)
        with contextlib.suppress(OSError):  # an address of this host: nobody answers with ICMP
            sink.bind(destination)
        for _ in range(count):
            out.sendto(bytes(payload), destination)


def udp_frame(source='10.77.0.2', destination='198.18.0.2', ports=(10000, 53), payload=100):
    """An Ethernet frame of 42 + payload bytes, to nobody's address."""
    length = 28 + payload
    header = struct.pack('!BBHHHBBH4s4s', 0x45, 0, length, 0, 0, 64, 17, 0,
                         socket.inet_aton(source), socket.inet_aton(destination))
    words = sum(struct.unpack('!10H', header))
    words = (words & 0xffff) + (words >> 16)
    header = header[:10] + struct.pack('!H', ~(words + (words >> 16)) & 0xffff) + header[12:]
    return (bytes.fromhex('0200000000fe0200000000fd0800') + header
            + struct.pack('!HHHH', *ports, length - 20, 0) + bytes(payload))


def make_tun(namespace, name):
    """A tun interface that is up; what is written to the descriptor arrives on it."""
    need(os.path.exists('/dev/net/tun'), 'no /dev/net/tun here')
    with inside(namespace):
        fd = os.open('/dev/net/tun', os.O_RDWR)
        try:
            fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', name.encode(), 0x1001))
        except OSError as error:
            os.close(fd)
            raise Skip(f'no tun interface: {error}') from error
    subprocess.run(['ip', '-n', namespace, 'link', 'set', name, 'up'], check=True, timeout=LIMIT_S)
    return fd


def flow_table(snapshot):
    """(src, dst, sport, dport, proto) -> ((packets, IP bytes) sent, (...) received)."""
    return {(flow['src_addr'], flow['dst_addr'], flow['src_port'], flow['dst_port'],
             flow['proto']): tuple((flow[side]['packets'], flow[side]['ip_bytes'])
                                   for side in ('sent', 'received'))
            for flow in snapshot['flows']}


def main(cases, backend=None):
    """Runs the cases with the program named first on the command line; the rest are theirs."""
    def stop(number, _):
        sys.exit(128 + number)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f'1..{len(cases)}', flush=True)
    failed = False
    for number, case in enumerate(cases, 1):
        name = case.__name__.replace('_', ' ')
        try:
            need(os.geteuid() == 0, 'needs root for network namespaces')
            need(have('ip'), 'needs ip (iproute2)')
            with contextlib.ExitStack() as stack:
                case(Lab(sys.argv[1], stack, backend))
            print(f'ok {number} - {name}')
        except Skip as why:
            print(f'ok {number} - {name} # SKIP {why}')
        except Exception as error:  # pylint: disable=broad-except  # the next case shall run
            failed = True
            print(f'not ok {number} - {name}')
            for line in str(error).splitlines() or [repr(error)]:
                print(f'# {type(error).__name__}: {line}')
        sys.stdout.flush()
    return 1 if failed else 0
