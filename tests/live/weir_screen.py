"""weir on a screen: how the tests of the terminal UI start it, and traffic for it to show."""

import re
import socket
import struct
import threading

from live import LIMIT_S, inside, udp_frame
from screen import Screen

SYNTHETIC = ('--backend', 'synthetic', '--flows', '60', '--rate', '3000', '--workers', '1',
             '--seed', '1', '-n', '-N')
BOTTOM = re.compile(r'^h help', re.MULTILINE)
LISTED = re.compile(r'\d+-\d+ of [\d,]+$', re.MULTILINE)
TABS = ('Flows', 'Hosts', 'Pairs', 'Ports', 'Networks', 'VLANs', 'Processes', 'Workers', 'History')
# What each view has and no other one, titles first.
VIEWS = {'Flows': r'^ *source +destination(?!.* flows)', 'Hosts': '^ *host +flows',
         'Pairs': '^ *source +destination.* flows', 'Ports': '^ *port +flows',
         'Networks': '^ *network +flows', 'VLANs': '^ *VLAN +flows',
         'Processes': '^ *process +flows',
         'Workers': r'^ *worker .*\n(.*\n)+^queue', 'History': r'-\d+[smh] .* now$'}


def shows_view(name):
    pattern = re.compile(VIEWS[name], re.MULTILINE)
    return lambda text: pattern.search(text) is not None


def start(lab, *args, namespace=None, columns=100, rows=30, **environment):
    """weir on a screen of its own, its first list shown."""
    prefix = ['ip', 'netns', 'exec', namespace] if namespace else []
    screen = Screen(lab.stack, [*prefix, lab.weir_path, *args], columns=columns, rows=rows,
                    **environment)
    screen.wait_for(BOTTOM, 'the first screen')
    if not namespace:
        screen.wait_for(LISTED, 'a list')
    return screen


def in_shell(lab, *args):
    """The same as a job of an interactive shell, and what the terminal was like before it."""
    screen = Screen(lab.stack, ['sh', '-i'], columns=100, rows=30, PS1='ready$ ', ENV=None)
    screen.wait_for('ready$')
    before = (screen.modes(), screen.line_discipline())
    screen.type(' '.join([lab.weir_path, *args]) + '\n')
    screen.wait_for(LISTED, 'a list')
    return screen, before


def child_of(pid):
    with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
        return int(file.read().split()[0])


def masked_numbers(text):
    """Rates and sums without what changes: numbers keep their right end, and what is left of a
    column stays where it is."""
    def hide(match):
        return ' ' * (len(match.group()) - 4) + '####'
    first, _, rest = text.partition('\n')
    first = re.sub(r'[\d.]+ [kMG]?bit/s', '#### bit/s', first)
    first = re.sub(r'[\d.]+ [kMG]?pps', '#### pps', first)
    rest = re.sub(r' +[\d.]+[KMGTP]?[bB](?= |$)', hide, rest, flags=re.MULTILINE)
    return f'{first}\n{rest}'


class Traffic(threading.Thread):
    """Frames out of interfaces again and again, until the case ends."""

    def __init__(self, lab, rounds, every_s=0.05):
        """`rounds`: (namespace, interface, frames)."""
        super().__init__(daemon=True)
        self.rounds = rounds
        self.every_s = every_s
        self.ended = threading.Event()
        lab.stack.callback(self.finish)
        self.start()

    def run(self):
        sockets = []
        for namespace, interface, frames in self.rounds:
            with inside(namespace):
                out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
                out.bind((interface, 0))
                sockets.append((out, frames))
        while not self.ended.wait(self.every_s):
            for out, frames in sockets:
                for frame in frames:
                    try:
                        out.send(frame)
                    except OSError:  # the interface is down or full
                        pass
        for out, _ in sockets:
            out.close()

    def finish(self):
        self.ended.set()
        self.join(LIMIT_S)


def tcp_frame(source, destination, ports, payload=0, flags=0x10):
    """An Ethernet frame of 54 + payload bytes."""
    frame = bytearray(udp_frame(source, destination, ports, payload + 12))
    frame[23] = 6
    words = int.from_bytes(frame[24:26], 'big') + 17 - 6
    frame[24:26] = (words % 0xffff).to_bytes(2, 'big')
    header = struct.pack('!HHIIBBHHH', *ports, 1, 1, 0x50, flags, 1000, 0, 0)
    return bytes(frame[:34]) + header + bytes(payload)
