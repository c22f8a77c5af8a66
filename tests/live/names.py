#!/usr/bin/python3
"""Host and service names of weir -t: out of a DNS server in a namespace, and of nobody with -n. TAP.

    names.py WEIR

The server is the one of /etc/netns/NAMESPACE/resolv.conf, which `ip netns exec` puts in the place
of /etc/resolv.conf; what a case makes there is gone when it ends.
"""

import contextlib
import os
import re
import shutil
import socket
import struct
import sys
import threading
import time

from live import inside, main, need, send_datagrams

NEAR, FAR = '10.77.0.1', '10.77.0.2'
PORT = 514  # syslog, by /etc/services and by the built-in table
SECONDS = 2


def question_of(message):
    """(name, end of the question) of a DNS message."""
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]])
        at += 1 + message[at]
    return b'.'.join(labels).decode(), at + 5


def ptr_answer(message, labels):
    """The message that answers with one PTR record; the labels may hold any byte."""
    _, end = question_of(message)
    name = b''.join(bytes([len(label)]) + label for label in labels) + b'\0'
    return (message[:2] + struct.pack('!5H', 0x8180, 1, 1, 0, 0) + message[12:end]
            + struct.pack('!HHHIH', 0xc00c, 12, 1, 300, len(name)) + name)


class Server(threading.Thread):
    """DNS at port 53 of an address in a namespace. `names`: labels by what is asked."""

    def __init__(self, namespace, address, names):
        super().__init__(daemon=True)
        self.names = names
        self.asked = []
        with inside(namespace):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((address, 53))
        self.socket.settimeout(0.05)
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            with contextlib.suppress(TimeoutError):
                message, peer = self.socket.recvfrom(2048)
                name, _ = question_of(message)
                self.asked.append(name)
                if name in self.names:
                    self.socket.sendto(ptr_answer(message, self.names[name]), peer)

    def end(self):
        self.ending.set()
        self.join()
        self.socket.close()


def resolv_conf(lab, namespace, server):
    folder = f'/etc/netns/{namespace}'
    try:
        os.makedirs(folder)
    except OSError as error:
        need(False, f'cannot make {folder}: {error}')

    def remove():
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # of other namespaces, perhaps
            os.rmdir('/etc/netns')
    lab.stack.callback(remove)
    with open(f'{folder}/resolv.conf', 'w', encoding='ascii') as file:
        file.write(f'nameserver {server}\n')
    seen = lab.start(namespace, 'cat', '/etc/resolv.conf')
    seen.finish()
    need(seen.out == [f'nameserver {server}'], 'ip netns exec does not mount resolv.conf')


def named_link(lab, names):
    near, far = lab.link()
    lab.ip('-n', near, 'addr', 'add', f'{NEAR}/24', 'dev', 'va')
    lab.ip('-n', far, 'addr', 'add', f'{FAR}/24', 'dev', 'vb')
    server = Server(far, FAR, names)
    server.start()
    lab.stack.callback(server.end)
    resolv_conf(lab, near, FAR)
    return near, server


def hosts_shown(lab, near, *flags):
    """What the one block of a run has in its columns of hosts, and how long the run took."""
    started = time.monotonic()
    weir = lab.weir(near, '-i', 'va', '-t', '-s', str(SECONDS), '-f', f'udp port {PORT}', *flags)
    while weir.child.poll() is None:  # however late it starts to capture
        send_datagrams(near, (NEAR, PORT), (FAR, PORT), 1, 100)
        time.sleep(0.1)
    weir.finish()
    took = time.monotonic() - started
    assert not any(re.search(r'[\x00-\x1f\x7f-\x9f]', line) for line in weir.out), weir.out
    rows = [line for line in weir.out if line[45:48] in (' =>', ' <=')]
    assert len(rows) == 2 and all(len(row) == 92 for row in rows), weir.out
    return [row[5:45].rstrip() for row in rows], took


NAMES = {'1.0.77.10.in-addr.arpa': (b'near', b'example'),
         '2.0.77.10.in-addr.arpa': (b'far', b'xn--bcher-kva', b'example')}


def names_of_hosts_and_services_are_shown_as_iftop_does(lab):
    near, server = named_link(lab, NAMES)
    assert hosts_shown(lab, near)[0] == ['near.example', 'far.xn--bcher-kva.example']
    assert sorted(server.asked) == sorted(NAMES), server.asked
    assert hosts_shown(lab, near, '-P')[0] == ['near.example:syslog',
                                               'far.xn--bcher-kva.example:syslog']
    assert hosts_shown(lab, near, '-P', '-N')[0] == [f'near.example:{PORT}',
                                                     f'far.xn--bcher-kva.example:{PORT}']


def with_n_nothing_is_asked(lab):
    near, server = named_link(lab, NAMES)
    assert hosts_shown(lab, near, '-n')[0] == [NEAR, FAR]
    assert hosts_shown(lab, near, '-n', '-P')[0] == [f'{NEAR}:syslog', f'{FAR}:syslog']
    assert hosts_shown(lab, near, '-nNP')[0] == [f'{NEAR}:{PORT}', f'{FAR}:{PORT}']
    assert server.asked == [], server.asked


def names_that_would_drive_a_terminal_do_not(lab):
    near, _ = named_link(lab, {'1.0.77.10.in-addr.arpa': (b'\x1b[2J\x1b]0;owned\x07',),
                               '2.0.77.10.in-addr.arpa': (b'10', b'77', b'0', b'9')})
    near_shown, far_shown = hosts_shown(lab, near)[0]
    assert near_shown == NEAR or re.fullmatch(r'[?\w.]+', near_shown), near_shown
    assert far_shown == FAR, far_shown  # not another address


def a_silent_server_costs_a_second_at_most(lab):
    near, server = named_link(lab, {})
    shown, took = hosts_shown(lab, near)
    assert shown == [NEAR, FAR], shown
    assert len(server.asked) >= 2, server.asked
    assert took < SECONDS + 1 + 5, took  # five for starting on a busy machine


CASES = (names_of_hosts_and_services_are_shown_as_iftop_does, with_n_nothing_is_asked,
         names_that_would_drive_a_terminal_do_not, a_silent_server_costs_a_second_at_most)

if __name__ == '__main__':
    sys.exit(main(CASES))
