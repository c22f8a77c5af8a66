#!/usr/bin/python3
"""Every byte at the process that it is of, on the screen. TAP on stdout.

    tui_processes.py WEIR

Programs whose names and pids are known talk over a veth link that weir watches, and tcpdump beside
it. What the screen exports (e), which is what it shows with all digits, must be what tcpdump saw,
added up by who has which socket; of nobody else, and at no time more than that.
"""

import collections
import os
import re
import socket
import struct
import sys
import threading
import time

from capture_file import read_file, start_tcpdump
from live import LIMIT_S, inside, main, send, udp_frame, wait_until
from processes import FAR, FAR6, NEAR, NEAR6, Puppet
from screen import RIGHT
from weir_screen import LISTED, shows_view, start, tcp_frame

TCP, UDP = 6, 17
ROUTED = '10.78.0.2'                       # behind weir's namespace
# Nobody's: the first is behind far, and a smaller number than weir's own, so that flows with it
# have their local side as the high one; the second is routed.
STRANGER, PASSING = '10.9.0.9', '198.51.100.1'
PORT, UDP_PORT, CLOSED = 7001, 7002, 7003  # the first two are bound in weir's namespace
NAMES = {TCP: 'tcp', UDP: 'udp'}


def stage(lab):
    """weir's namespace, that of its peers, and a third one that weir's routes to."""
    near, far = lab.link(ipv6=True)
    beyond = lab.namespace('c')
    lab.veth(near, 'vc', beyond, 'vd')
    for namespace, interface, address in (
            (near, 'va', f'{NEAR}/24'), (far, 'vb', f'{FAR}/24'), (near, 'vc', '10.78.0.1/24'),
            (beyond, 'vd', f'{ROUTED}/24')):
        lab.ip('-n', namespace, 'addr', 'add', address, 'dev', interface)
    for namespace, interface, address in ((near, 'va', NEAR6), (far, 'vb', FAR6)):
        lab.ip('-n', namespace, 'addr', 'add', f'{address}/64', 'dev', interface, 'nodad')
    lab.ip('-n', near, 'route', 'add', 'default', 'via', FAR)
    lab.ip('-n', near, 'route', 'add', f'{PASSING}/32', 'via', ROUTED)
    lab.ip('-n', far, 'route', 'add', '10.78.0.0/24', 'via', NEAR)
    lab.ip('-n', beyond, 'route', 'add', 'default', 'via', '10.78.0.1')
    with inside(near), open('/proc/sys/net/ipv4/ip_forward', 'w', encoding='ascii') as file:
        file.write('1')
    return near, far, beyond


class Cast:
    """The programs, and who has which end: labels by (proto, address, port)."""

    def __init__(self, lab):
        self.lab = lab
        self.owners = {}
        self.puppets = {}

    def puppet(self, namespace, name):
        puppet = Puppet(self.lab, namespace)
        puppet.do(f'open("/proc/self/comm", "w").write("{name}") and None')
        self.puppets[name] = puppet
        return puppet

    def own(self, name, proto, address, port):
        self.owners[proto, address, port] = f'{name} ({self.puppets[name].pid})'

    def label(self, proto, address, port):
        """Of an end of a flow; None: not of this host."""
        if proto not in NAMES:
            return None if address == STRANGER else 'kernel'
        if (proto, address, port) in self.owners:
            return self.owners[proto, address, port]
        return 'unknown' if address in (NEAR, FAR, NEAR6, FAR6) else None

    def ends(self, key):
        """Labels of both ends as they are shown; None for a stranger's."""
        first, second = (self.label(key[0], *end) for end in (key[1:3], key[3:5]))
        return ('forwarded', 'forwarded') if first is second is None else (first, second)

    def truth(self, flows):
        """(sent, received) bytes by label; of ends alike both are only known together."""
        table = collections.defaultdict(lambda: [0, 0])
        for key, size in flows.items():
            first, second = self.ends(key)
            if first is not None:
                table[first][0] += size
            if second is not None and second != first:
                table[second][1] += size
        return {label: tuple(sizes) for label, sizes in table.items()}


def connect(cast, server, client, address, port, version=4):
    """A TCP connection, and its client's end."""
    servers, clients = cast.puppets[server], cast.puppets[client]
    name = f'{server}{client}{version}'.replace('-', '_')
    clients.open(name, 'tcp', version, f'connect(("{address}", {port}))')
    host, mine = clients.do(f'S["{name}"].getsockname()[:2]')
    servers.do(f'S.update({name}=S["s{version}"].accept()[0])')
    cast.own(client, TCP, host, mine)
    return name


def talk(cast, server, client, name, sizes):
    """So many bytes from the client and back, read to the last."""
    for sender, reader, size in ((client, server, sizes[0]), (server, client, sizes[1])):
        cast.puppets[sender].do(f'S["{name}"].sendall(bytes({size}))')
        cast.puppets[reader].do(f'len(S["{name}"].recv({size}, socket.MSG_WAITALL))')


def tcp_of_all_kinds(cast, near, far, beyond):
    for namespace, name in ((near, 'near-srv'), (near, 'near-cli'), (far, 'far-srv'),
                            (far, 'far-cli'), (beyond, 'routed-srv')):
        cast.puppet(namespace, name)
    # The same port on either side: no end may be taken for the other's.
    for name, version, address in (('near-srv', 4, NEAR), ('near-srv', 6, NEAR6),
                                   ('far-srv', 4, FAR), ('far-srv', 6, FAR6),
                                   ('routed-srv', 4, ROUTED)):
        cast.puppets[name].open(f's{version}', 'tcp', version, f'bind(("{address}", {PORT}))',
                                'listen()')
        cast.own(name, TCP, address, PORT)
    for server, client, address, version, sizes in (
            ('near-srv', 'far-cli', NEAR, 4, (1000, 70_000)),
            ('near-srv', 'far-cli', NEAR6, 6, (1203, 12_345)),
            ('far-srv', 'near-cli', FAR, 4, (54_321, 17)),
            ('far-srv', 'near-cli', FAR6, 6, (99, 3)),
            ('routed-srv', 'far-cli', ROUTED, 4, (777, 8_888))):
        talk(cast, server, client, connect(cast, server, client, address, PORT, version), sizes)


def udp_of_all_kinds(cast, near, far):
    server, client, other = (cast.puppet(near, 'near-udp'), cast.puppet(near, 'near-ask'),
                             cast.puppet(far, 'far-udp'))
    for version, any_address, here, there in ((4, '0.0.0.0', NEAR, FAR), (6, '::', NEAR6, FAR6)):
        server.open(f's{version}', 'udp', version, *([] if version == 4 else [
            'setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)']),
            f'bind(("{any_address}", {UDP_PORT}))')
        other.open(f's{version}', 'udp', version, f'bind(("{there}", {UDP_PORT}))')
        mine = client.open(f'c{version}', 'udp', version, f'connect(("{there}", {UDP_PORT}))')
        cast.own('near-udp', UDP, here, UDP_PORT)
        cast.own('far-udp', UDP, there, UDP_PORT)
        cast.own('near-ask', UDP, here, mine)
        client.do(f'S["c{version}"].send(bytes(321))')
        other.do(f'S["s{version}"].sendto(bytes(123), S["s{version}"].recvfrom(999)[1])')
        other.do(f'S["s{version}"].sendto(bytes(456), ("{here}", {UDP_PORT}))')
        server.do(f'len(S["s{version}"].recv(999))')
    # To a stranger's port that is also bound here, by TCP and by UDP.
    for number, port in enumerate((PORT, UDP_PORT)):
        mine = client.open(f'x{number}', 'udp', 4, f'connect(("{STRANGER}", {port}))')
        cast.own('near-ask', UDP, NEAR, mine)
        client.do(f'S["x{number}"].send(bytes(250))')


def from_strangers(cast, near, far, beyond):
    """What no process here sends: frames of others, passing through and to a closed port."""
    link = cast.lab.ip('-n', near, 'link', 'show', 'va').stdout
    to = bytes.fromhex(re.search(r'link/ether ([0-9a-f:]+)', link).group(1).replace(':', ''))
    passing = [to + frame[6:] for frame in (
        udp_frame(STRANGER, PASSING, (UDP_PORT, PORT), 111),
        tcp_frame(STRANGER, PASSING, (PORT, UDP_PORT), 222))]
    with inside(beyond), socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                       socket.htons(0x0800)) as seen:
        seen.bind(('vd', 0))
        seen.settimeout(LIMIT_S)
        send(far, 'vb', passing * 3)
        came = 0
        while came < 6:  # forwarded indeed
            came += socket.inet_aton(PASSING) in seen.recv(2000)[:40]
    send(far, 'vb', [to + udp_frame(STRANGER, NEAR, (PORT, CLOSED), 333)[6:]])
    with inside(near), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as ping:
        header = struct.pack('!BBHHH', 8, 0, 0, 5, 1)
        words = sum(struct.unpack('!4H', header))
        ping.sendto(header[:2] + struct.pack('!H', ~words & 0xffff) + header[4:], (FAR, 0))


# Exports.


def export(screen):
    """The view as a file has it: (column titles, rows)."""
    before = set(os.listdir(screen.folder))
    screen.keys('e')
    names = wait_until(lambda: set(os.listdir(screen.folder)) - before, 'an exported file')
    path = os.path.join(screen.folder, names.pop())
    text = wait_until(lambda: (lambda t: t if 'TOTAL:' in t else None)(
        open(path, encoding='utf-8').read()), 'all of the file')
    os.unlink(path)
    lines = text.split('\n')
    titles = next(n for n, line in enumerate(lines) if 'packets' in line and ' total' in line)
    end = next(n for n, line in enumerate(lines) if n > titles and not line.strip())
    return lines[titles], lines[titles + 1:end]


def cell(titles, row, title):
    end = titles.index(title) + len(title)
    return row[:end].split()[-1]


def number(titles, row, title):
    return int(cell(titles, row, title).replace(',', ''))


def process_label(row):
    """NAME (PID), or what stands for no process."""
    return re.match(r'(\S+ \(\d+\)|\w+)', row).group(1)


def processes_shown(screen):
    titles, rows = export(screen)
    return {process_label(row): (number(titles, row, 'bytes sent'),
                                 number(titles, row, 'bytes received')) for row in rows}


def flows_shown(screen):
    """Bytes by (proto, source, port, destination, port), and the process column where it is."""
    titles, rows = export(screen)
    flows, columns = {}, {}
    for upper, lower in zip(rows[::2], rows[1::2]):
        first, second = re.match(r'(\S+) +=> (\S+)', upper).groups()
        proto = {'tcp': TCP, 'udp': UDP}.get(cell(titles, upper, 'proto'), 0)
        key = (proto, *parted(first), *parted(second))
        flows[key] = number(titles, upper, 'total')
        flows[key[:1] + key[3:] + key[1:3]] = number(titles, lower, 'total')
        if 'process' in titles:
            begin = titles.index('process')
            columns[key] = upper[begin:begin + 48].strip()
    return {key: size for key, size in flows.items() if size}, columns


def parted(end):
    if '[' not in end and '.' not in end:  # IPv6 without a port
        return end, 0
    match = re.fullmatch(r'\[?([0-9a-f.:]+?)\]?(?::(\d+))?', end)
    return match.group(1), int(match.group(2) or 0)


def alike(label, shown, true):
    """Where both ends are nobody's it is a matter of taste which of them sent."""
    if '(' in label:
        return shown == true
    return sum(shown) == sum(true)


def wait_for_truth(screen, cast, path):
    """Until the view is what tcpdump has; at no time has a process more than it should."""
    last = {}

    def check():
        shown = processes_shown(screen)
        true = cast.truth(read_file(path))
        wrong = {label: (sizes, true.get(label)) for label, sizes in shown.items() if '(' in label
                 and any(size > most for size, most in zip(sizes, true.get(label, (0, 0))))}
        assert not wrong, f'bytes of others: {wrong}\n{screen.text()}'
        differing = {label: (shown.get(label), true.get(label)) for label in {*shown, *true}
                     if not alike(label, shown.get(label, (0, 0)), true.get(label, (0, 0)))}
        if not differing:
            return shown
        last.update(differing=differing)
        time.sleep(0.3)
        return None
    return wait_until(check, lambda: f'the truth: {last}\n{screen.text()}')


# What IPv6 says by itself when a link comes up may pass between the start of the two programs.
NO_CHATTER = 'not (ip6 and (icmp6 or ip6[6] == 0))'


def watched(lab):
    near, far, beyond = stage(lab)
    path = start_tcpdump(lab, near, 'va', NO_CHATTER)
    screen = start(lab, '-i', 'va', '-f', NO_CHATTER, '-n', '-N', '--workers', '1', '-F',
                   '10.77.0.0/24', '-G', 'fd77::/64', '--flow-timeout', '1h', '-B',
                   namespace=near, columns=132, rows=40)
    screen.keys('F7')
    screen.wait_for(shows_view('Processes'), 'Processes')
    return screen, path, Cast(lab), (near, far, beyond)


def each_byte_is_at_its_process(lab):
    screen, path, cast, (near, far, beyond) = watched(lab)
    tcp_of_all_kinds(cast, near, far, beyond)
    udp_of_all_kinds(cast, near, far)
    from_strangers(cast, near, far, beyond)
    shown = wait_for_truth(screen, cast, path)
    assert {*cast.owners.values(), 'kernel', 'forwarded', 'unknown'} == set(shown), shown
    assert sum(shown['unknown']) == 333 + 28, shown
    assert sum(shown['forwarded']) == 3 * (111 + 28 + 222 + 40), shown
    text = screen.text()
    for name, namespace in (('far-srv', far), ('routed-srv', beyond)):
        assert re.search(rf'^{name} \({cast.puppets[name].pid}\).* netns {namespace} ', text, re.M)
    assert not re.search(rf'^near-.* netns {near}', text, re.M), text
    each_process_has_its_flows(screen, cast, path)
    each_flow_has_its_processes(screen, cast, path)


def each_process_has_its_flows(screen, cast, path):
    """Drilling down shows the flows of the process alone, and all of them."""
    flows = read_file(path)
    for label in sorted({*cast.owners.values(), 'forwarded', 'unknown'}):
        screen.click_on(label, RIGHT)
        screen.wait_for(re.compile(rf'Processes {re.escape(label)}.* > Flows'), label)
        screen.wait_for(LISTED)
        shown, _ = flows_shown(screen)
        true = {key: size for key, size in flows.items() if label in cast.ends(key)}
        assert shown == true, (label, shown, true)
        screen.keys('Escape')
        screen.wait_for(shows_view('Processes'), 'Processes')
        screen.wait_for(label)


def each_flow_has_its_processes(screen, cast, path):
    screen.keys('F1')
    screen.wait_for(shows_view('Flows'), 'Flows')
    screen.press('Z', 'Process column on')
    screen.wait_for(re.compile('near-srv'))
    shown, columns = flows_shown(screen)
    true = {key: size for key, size in read_file(path).items() if key[0] in NAMES}
    assert {key: size for key, size in shown.items() if key[0] in NAMES} == true, (shown, true)
    for key, text in columns.items():
        if key[0] not in NAMES:
            assert text == 'kernel', (key, text)
            continue
        labels = list(dict.fromkeys(end for end in cast.ends(key) if end is not None))
        found = re.findall(r'\S+ \(\d+\)', text) or [text]
        if text.endswith('~'):  # cut
            labels = labels[:len(found)]
        assert found == labels, (key, text, labels)


def a_connection_that_is_gone_at_once(lab):
    """Its client is unknown or right, never somebody else; its bytes are all there."""
    screen, path, cast, (near, far, _) = watched(lab)
    server = cast.puppet(far, 'far-srv')
    cast.puppet(near, 'bystander').open('s4', 'tcp', 4, f'bind(("{NEAR}", {PORT}))', 'listen()')
    server.open('s4', 'tcp', 4, f'bind(("{FAR}", {PORT}))', 'listen()')
    cast.own('far-srv', TCP, FAR, PORT)
    cast.own('bystander', TCP, NEAR, PORT)
    short = cast.puppet(near, 'short')
    for number_of in range(5):
        short.do(f'(S.update(c=tcp()), S["c"].connect(("{FAR}", {PORT})), '
                 f'S["c"].sendall(bytes({1000 * number_of + 1000})), S["c"].close()) and None')
        server.do('(lambda c: [c.recv(99999, socket.MSG_WAITALL), c.close()])(S["s4"].accept()[0])'
                  ' and None')
    mine, owner = f'short ({short.pid})', f'far-srv ({server.pid})'
    last = {}

    def check():
        shown = processes_shown(screen)
        last.update(shown=shown, true=cast.truth(read_file(path)))
        assert set(shown) <= {'unknown', mine, owner, 'kernel'}, shown
        both = [shown.get(label, (0, 0)) for label in ('unknown', mine)]
        return (tuple(map(sum, zip(*both))) == last['true'].get('unknown')
                and shown.get(owner) == last['true'].get(owner))
    wait_until(check, lambda: f'all bytes: {last}\n{screen.text()}')


def polling_thread(pid):
    """The one thread of weir that is nicer than the rest."""
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/stat', encoding='utf-8', errors='replace') as file:
            if file.read().rpartition(')')[2].split()[16] == '10':
                return f'/proc/{pid}/task/{task}/schedstat'
    return None


class Polls(threading.Thread):
    """When polls began, and the CPU time of their thread until then."""

    def __init__(self, lab, path):
        super().__init__(daemon=True)
        self.path = path
        self.seen = []
        self.ended = threading.Event()
        lab.stack.callback(self.finish)
        self.start()

    def run(self):
        last, last_s = self.cpu_s(), 0
        while not self.ended.wait(0.005):
            now, now_s = self.cpu_s(), time.monotonic()
            if now != last and now_s > last_s + 0.5:  # between two polls is a second at least
                self.seen.append((now_s, last))
            if now != last:
                last, last_s = now, now_s

    def cpu_s(self):
        with open(self.path, encoding='ascii') as file:
            return int(file.read().split()[0]) / 1e9

    def finish(self):
        self.ended.set()
        self.join(LIMIT_S)


CONNECT = ('[S["x"].extend([(c := tcp(), c.connect(S["s"].getsockname()))[0], S["s"].accept()[0]])'
           ' for _ in range({})] and None')


def ten_thousand_sockets_cost_a_percent_of_a_core(lab):
    """What may be spent at once is spent first; after that the share is exact."""
    near, _, _ = stage(lab)
    puppet = Puppet(lab, near)
    puppet.do('__import__("resource").setrlimit(7, (20000, 20000))')
    puppet.open('s', 'tcp', 4, f'bind(("{NEAR}", 0))', 'listen(4096)')
    puppet.do('S.update(x=[])')
    puppet.do(CONNECT.format(5000))
    screen = start(lab, '-i', 'va', '-n', '-N', '--workers', '1', namespace=near)
    screen.keys('F7')
    screen.wait_for(shows_view('Processes'), 'Processes')
    path = wait_until(lambda: polling_thread(screen.pid()), 'the thread that polls')
    polls = Polls(lab, path)

    def in_debt():
        """A poll was late: all that was saved up is spent."""
        puppet.do('[S["x"].pop(0).close() for _ in range(2000)] and None')
        puppet.do(CONNECT.format(1000))
        seen = polls.seen[-2:]
        return len(seen) == 2 and seen[1][0] - seen[0][0] > 1.4
    wait_until(in_debt, 'a poll that is late')
    seconds, first = float(os.environ.get('WEIR_POLL_SECONDS', '12')), len(polls.seen) - 1
    begin_s, before = polls.seen[first]
    wait_until(lambda: polls.seen[-1][0] > begin_s + seconds, 'so many seconds of polls',
               LIMIT_S + seconds)
    end_s, after = polls.seen[-1]
    share = (after - before) / (end_s - begin_s)
    print(f'# {len(polls.seen) - 1 - first} polls in {end_s - begin_s:.1f} s of 10,001 sockets: '
          f'{100 * share:.2f} % of a core', flush=True)
    assert 0 < share <= 0.01, polls.seen
    screen.alive()


if __name__ == '__main__':
    sys.argv[1] = os.path.abspath(sys.argv[1])
    sys.exit(main([each_byte_is_at_its_process, a_connection_that_is_gone_at_once,
                   ten_thousand_sockets_cost_a_percent_of_a_core]))
