#!/usr/bin/python3
"""weir -t beside iftop on the same link, at the same time. TAP on stdout.

    iftop.py WEIR

Tolerances. What both count from their first to their last packet must be the same to the last
digit that is printed. Rates over 10 s: 3 %, because iftop's ten seconds are its last five slots of
two, which it ends when it gets round to it, at whole seconds of the clock. On a busy machine either
may print so late that its ten seconds do not reach back to the start of the load: rates alone are
then measured once more.
"""

import re
import socket
import struct
import sys
import threading
import time

from live import LIMIT_S, have, inside, main, need, send, wait_capturing

FLAGS = ('-t', '-s', '10', '-nNP')
LEAD_S = 1.0  # no load: what is late to print by less still has all of it in its ten seconds
LOAD_S = 7.5
FLOWS = ((10001, 53, 400, 100), (10002, 443, 1000, 40), (10003, 5001, 1200, 1000),
         (10004, 80, 64, 64))  # near port, far port, payload towards near, payload towards far
NEAR, FAR = '10.77.0.1', '10.77.0.2'
EVERY_S = 0.01

SIZE = r'\d+(?:\.\d+)?(?:[KMG]?)[bB]'
RULES = {'-': '-' * 92, '=': '=' * 92}
HEADING = ('   # Host name (port/service if enabled)            last 2s   last 10s   last 40s '
           'cumulative')


def parse_size(text):
    """(value, error of one unit in the last digit), by 1024 as iftop scales."""
    number, unit = re.fullmatch(r'([\d.]+)([KMG]?)[bB]', text).groups()
    factor = 1024 ** ' KMG'.index(unit or ' ')
    digits = len(number.partition('.')[2])
    return float(number) * factor, factor * 10 ** -digits


def sizes(line, start, count):
    """`count` columns of 11, the text in each to the right, from position `start` to the end."""
    assert len(line) == start + 11 * count, (line, len(line))
    columns = [line[start + 11 * i:start + 11 * (i + 1)] for i in range(count)]
    for column in columns:
        assert re.fullmatch(rf' +{SIZE}', column), (line, column)
    return [column.strip() for column in columns]


def parse_block(lines):
    """One block of iftop's text. Every column is where iftop puts it."""
    at = iter(lines)
    assert next(at) == HEADING
    assert next(at) == RULES['-']
    block = {'flows': {}}
    line = next(at)
    number = 0
    while line != RULES['-']:
        number += 1
        first, second = line, next(at)
        assert first[:5] == f'{number:>4} ' and second[:5] == '     ', (first, second)
        assert first[45:48] == ' =>' and second[45:48] == ' <=', (first, second)
        hosts = [row[5:45].rstrip() for row in (first, second)]
        block['flows'][tuple(hosts)] = [sizes(row, 48, 4) for row in (first, second)]
        line = next(at)
    for name in ('Total send rate:', 'Total receive rate:', 'Total send and receive rate:'):
        line = next(at)
        assert line[:48] == f'{name:<48}', line
        block[name] = sizes(line, 48, 3)
    assert next(at) == RULES['-']
    for name in ('Peak rate (sent/received/total):', 'Cumulative (sent/received/total):'):
        line = next(at)
        assert line[:48] == f'{name:<48}', line
        block[name] = sizes(line, 48, 3)
    assert next(at) == RULES['=']
    assert next(at) == ''
    assert list(at) == []
    return block


def shape(lines):
    """The layout alone: digits and letters of sizes and hosts taken out."""
    masked = []
    for line in lines:
        line = re.sub(rf' +{SIZE}', lambda m: '~' * len(m.group()), line)
        masked.append(re.sub(r'\d+\.\d+\.\d+\.\d+:\d+ *', lambda m: '~' * len(m.group()), line))
    return masked


class Datagrams(threading.Thread):
    """Datagrams in both directions of each flow for a while, then now and then one more until it is
    told to stop: iftop does not look at its clock while no packet comes.

    `flows`: near address, far address, their ports, bytes to the near and to the far side."""

    def __init__(self, near, far, flows, load_s, every_s, lead_s=0):
        super().__init__()
        self.sockets = []
        for here, there, here_port, there_port, to_near, to_far in flows:
            ends = [self.open(near, (here, here_port)), self.open(far, (there, there_port))]
            self.sockets += [(ends[0], (there, there_port), bytes(to_far)),
                             (ends[1], (here, here_port), bytes(to_near))]
        self.times_s = (load_s, every_s, lead_s)
        self.rounds = 0
        self.keep_awake = threading.Event()
        self.stop = threading.Event()

    @staticmethod
    def open(namespace, address):
        with inside(namespace):
            family = socket.AF_INET6 if ':' in address[0] else socket.AF_INET
            out = socket.socket(family, socket.SOCK_DGRAM)
            out.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            out.bind(address)
            return out

    def run(self):
        load_s, every_s, lead_s = self.times_s
        self.stop.wait(lead_s)
        start = time.monotonic()
        while not self.stop.is_set() and time.monotonic() < start + load_s:
            for out, to, payload in self.sockets:
                out.sendto(payload, to)
            self.rounds += 1
            self.stop.wait(max(0, start + self.rounds * every_s - time.monotonic()))
        self.keep_awake.wait(LIMIT_S)
        while not self.stop.is_set():
            out, to, payload = self.sockets[0]
            out.sendto(payload, to)
            self.stop.wait(0.1)

    def end(self):
        self.stop.set()
        self.keep_awake.set()
        self.join()
        for out, _, _ in self.sockets:
            out.close()


def loaded_link(lab):
    near, far = lab.link()
    lab.ip('-n', near, 'addr', 'add', f'{NEAR}/24', 'dev', 'va')
    lab.ip('-n', far, 'addr', 'add', f'{FAR}/24', 'dev', 'vb')
    # Known neighbours: no ARP in between, and no packet waits for an answer.
    for namespace, interface, peer, peer_interface, address in (
            (near, 'va', far, 'vb', FAR), (far, 'vb', near, 'va', NEAR)):
        mac = lab.ip('-n', peer, '-o', 'link', 'show', peer_interface).stdout
        mac = re.search(r'link/ether (\S+)', mac).group(1)
        lab.ip('-n', namespace, 'neigh', 'replace', address, 'lladdr', mac, 'dev', interface)
    return near, far


def measure(lab, link):
    """What both print of the same load: (weir, iftop, an idle weir's seconds and lines, load)."""
    near, far = link
    quiet = lab.namespace('c')
    lab.veth(quiet, 'qa', quiet, 'qb')
    started = time.monotonic()
    idle = lab.weir(quiet, '-i', 'qa', *FLAGS)
    iftop = lab.start(near, 'iftop', '-i', 'va', *FLAGS)
    weir = lab.weir(near, '-i', 'va', *FLAGS)
    wait_capturing(near, 2, weir)
    load = Datagrams(near, far, [(NEAR, FAR, *flow) for flow in FLOWS], LOAD_S, EVERY_S, LEAD_S)
    lab.stack.callback(load.end)
    load.start()
    idle.finish()
    idle_s = time.monotonic() - started
    weir.finish()
    load.keep_awake.set()
    iftop.finish()
    load.end()
    return weir, iftop, (idle, idle_s), load


class RatesDiffer(AssertionError):
    pass


def agree(ours, theirs, share):
    a, unit_a = parse_size(ours)
    b, unit_b = parse_size(theirs)
    if abs(a - b) > max(share * max(a, b), 1.01 * max(unit_a, unit_b)):
        raise RatesDiffer((ours, theirs))


def compare(weir, iftop, load):
    assert weir.err == iftop.err, (weir.err, iftop.err)
    assert weir.out[0] == iftop.out[0] == 'Listening on va', (weir.out, iftop.out)
    assert shape(weir.out) == shape(iftop.out), (weir.out, iftop.out)
    ours, theirs = parse_block(weir.out[1:]), parse_block(iftop.out[1:])
    assert set(ours['flows']) == set(theirs['flows']), (ours, theirs)
    expected = {(f'{NEAR}:{near_port}', f'{FAR}:{far_port}'): (to_far + 28, to_near + 28)
                for near_port, far_port, to_near, to_far in FLOWS}
    assert set(ours['flows']) == set(expected), ours
    for hosts, rows in ours['flows'].items():
        for row, other, ip_bytes in zip(rows, theirs['flows'][hosts], expected[hosts]):
            assert row[3] == other[3], (hosts, row, other)
            value, unit = parse_size(row[3])
            assert abs(value - ip_bytes * load.rounds) <= unit, (hosts, row, load.rounds)
    name = 'Cumulative (sent/received/total):'
    for got, other, side in zip(ours[name], theirs[name], ((0,), (1,), (0, 1))):
        assert got == other, (name, ours[name], theirs[name])
        value, unit = parse_size(got)
        truth = sum(sizes_of[i] for sizes_of in expected.values() for i in side) * load.rounds
        assert abs(value - truth) <= unit, (name, got, truth)
    for hosts, rows in ours['flows'].items():
        for row, other in zip(rows, theirs['flows'][hosts]):
            agree(row[1], other[1], 0.03)
    for name in ('Total send rate:', 'Total receive rate:', 'Total send and receive rate:'):
        agree(ours[name][1], theirs[name][1], 0.03)


def read_as_jc_does(text):
    """The expectations of jc's iftop parser, in our own words: hosts have no blanks and end in a
    port behind the last colon; each "=>" line is followed by its "<=" line; then the totals, and a
    line of "=" only ends a block."""
    blocks, clients, block, waiting = [], [], {}, None
    size = r'(\S+)'
    four = r'\s+'.join([size] * 4)
    for line in filter(None, text.splitlines()):
        for key in ('interface', 'IP address is', 'MAC address is'):
            if line.startswith(key + ':'):
                block[key] = line.partition(':')[2].strip()
        if '=>' in line:
            assert waiting is None, line
            sent = re.match(rf'\s+(\d+)\s+(\S+):(\S+)\s+=>\s+{four}', line)
            assert sent, line
            waiting = sent.groups()
        elif '<=' in line:
            assert waiting is not None, line
            back = re.match(rf'\s+(.+):(\w+)\s+<=\s+{four}', line)
            assert back, line
            clients.append((waiting, back.groups()))
            waiting = None
        elif line.startswith(('Total', 'Peak', 'Cumulative')):
            total = re.match(rf'([A-Z][a-z/() ]+):\s+{size}\s+{size}\s+{size}', line)
            assert total, line
            block[total.group(1)] = total.groups()[1:]
        elif set(line) == {'='}:
            blocks.append({**block, 'clients': clients})
            clients = []
    return blocks


def check_jc(weir):
    blocks = read_as_jc_does('\n'.join(weir.err + weir.out))
    assert len(blocks) == 1, blocks
    block = blocks[0]
    assert block['interface'] == 'va' and block['IP address is'] == NEAR, block
    assert re.fullmatch(r'(?:[0-9a-f]{2}:){5}[0-9a-f]{2}', block['MAC address is']), block
    assert {(sent[1], sent[2], back[0], back[1]) for sent, back in block['clients']} == {
        (NEAR, str(near_port), FAR, str(far_port)) for near_port, far_port, _, _ in FLOWS}, block
    assert [int(sent[0]) for sent, _ in block['clients']] == [1, 2, 3, 4], block
    for name in ('Total send rate', 'Total receive rate', 'Total send and receive rate',
                 'Peak rate (sent/received/total)', 'Cumulative (sent/received/total)'):
        assert len(block[name]) == 3, block


def the_text_is_iftops_and_an_idle_link_ends_too(lab):
    need(have('iftop'), 'needs iftop')
    weir, iftop, (idle, idle_s), load = measure(lab, loaded_link(lab))
    try:
        compare(weir, iftop, load)
    except RatesDiffer as error:
        print(f'# measured again: {error}', flush=True)
        weir, iftop, _, load = measure(lab, loaded_link(lab))
        compare(weir, iftop, load)
    check_jc(weir)
    assert 10 <= idle_s < 20, idle_s
    block = parse_block(idle.out[1:])
    assert block['flows'] == {}, idle.out
    assert block['Cumulative (sent/received/total):'] == ['0B'] * 3, idle.out


def udp6_frame(source, destination, payload):
    """An IPv6 packet of 48 + payload bytes in an Ethernet frame to nobody's address."""
    addresses = b''.join(socket.inet_pton(socket.AF_INET6, a) for a in (source, destination))
    return (bytes.fromhex('0200000000fe0200000000fd86dd')
            + struct.pack('!IHBB', 6 << 28, 8 + payload, 17, 64) + addresses
            + struct.pack('!HHHH', 10000, 53, 8 + payload, 0) + bytes(payload))


def link_local_ipv6_is_counted_with_l_alone(lab):
    near, far = lab.link()
    common = ('-i', 'vb', '-t', '-s', '3', '-nNP', '-f', 'udp')
    quiet = lab.weir(far, *common)
    with_l = lab.weir(far, *common, '-l')
    wait_capturing(far, 2, with_l)
    frames = [udp6_frame('fe80::1', 'ff02::1', 52), udp6_frame('2001:db8::1', 'febf::1', 52),
              udp6_frame('2001:db8::1', 'fec0::1', 152)]
    send(near, 'va', frames * 2)
    for weir, flows, total in ((quiet, 1, '400B'), (with_l, 3, '800B')):
        weir.finish()
        block = parse_block([line for line in weir.out if not line.startswith('Listening')])
        assert len(block['flows']) == flows, weir.out
        assert block['Cumulative (sent/received/total):'][2] == total, weir.out


# UDP from address to address: near, far, ports, payload to near, to far. Each has its place in
# every order; -o source and -o destination are by text in iftop, by number in weir, which is the
# same here.
# The near side is that of the interface: its addresses are local in both programs.
PAIRS = (('10.77.0.1', '10.77.0.3', 10001, 53, 1200, 700),
         ('10.77.0.1', '10.77.0.3', 10002, 53, 800, 100),
         ('10.77.0.1', '10.77.0.4', 10001, 514, 400, 100),
         ('10.77.0.2', '10.77.0.3', 10001, 53, 200, 50),
         ('10.77.0.2', '10.77.0.4', 514, 514, 50, 50),
         ('fd77::1', 'fd77::3', 10001, 514, 20, 5))
# Flags, and the lines of the file of -c.
SETTINGS = (('', ''), ('-n', ''), ('-nN', ''), ('-nP', ''), ('-nNP', ''), ('-nNPB', ''),
            ('-nNPb -m 100M', ''), ('-nNP -o 2s', ''), ('-nNP -o 40s', ''),
            ('-nNP -o source', ''), ('-nNP -o destination', ''), ('-nNP -L 2', ''),
            ('-nN -L 1', ''),
            ('-n', 'port-display: source-only'), ('-nN', 'port-display: destination-only'),
            ('-n', 'port-display: on\nport-resolution: no'), ('-nP', 'port-display: off'),
            ('-n', 'hide-source: yes'), ('-n', 'hide-destination: yes'),
            ('-n', 'hide-source: yes\nhide-destination: yes'), ('-nNP', 'hide-source: yes'),
            ('-nN', 'hide-destination: yes\nport-display: destination-only'),
            ('', 'dns-resolution: no\nshow-totals: yes\nline-display: one-line-sent\n'
                 'log-scale: yes\nshow-bars: no\nuse-bytes: yes\nsort: source\nnum-lines: 3\n'
                 'max-bandwidth: 10M\nscreen-filter: nothing'))


def without_rates(lines):
    """Hosts, units of rates, and what was counted: rates are another case's."""
    told = []
    for line in lines:
        if line.startswith(('Total', 'Peak')):
            line = re.sub(SIZE, lambda m: '~' * (len(m.group()) - 1) + m.group()[-1], line)
            line = re.sub(r'[ ~]+(?=[bB])', '~', line)
        elif line[45:48] in (' =>', ' <='):
            line = line[:48] + ''.join(size[-1] for size in sizes(line, 48, 3 + 1)[:3]) + line[81:]
        told.append(line)
    return told


def flags_and_directives_do_what_iftops_do(lab):
    need(have('iftop'), 'needs iftop')
    near, far = lab.link(ipv6=True)
    for namespace, interface, last in ((near, 'va', (1, 2)), (far, 'vb', (3, 4))):
        for number in last:
            lab.ip('-n', namespace, 'addr', 'add', f'10.77.0.{number}/24', 'dev', interface)
        lab.ip('-n', namespace, 'addr', 'add', f'fd77::{last[0]}/64', 'dev', interface, 'nodad')
    folder = lab.temporary_folder()
    runs = []
    for number, (flags, directives) in enumerate(SETTINGS):
        rc = f'{folder}/{number}'
        with open(rc, 'w', encoding='ascii') as file:
            file.write(directives + '\n')
        common = ('-i', 'va', '-t', '-s', '6', '-f', 'udp port 53 or udp port 514', '-c', rc,
                  *flags.split())
        runs.append((lab.start(near, 'iftop', *common),
                     lab.weir(near, *common, '--ring', '1M', '--max-flows', '1k',
                              '--workers', '1')))
    wait_capturing(near, 2 * len(SETTINGS), runs[-1][1])
    load = Datagrams(near, far, PAIRS, 3, 0.03)
    lab.stack.callback(load.end)
    load.start()
    for _, weir in runs:
        weir.finish()
    load.keep_awake.set()
    differ = []
    for (iftop, weir), setting in zip(runs, SETTINGS):
        iftop.finish()
        theirs, ours = without_rates(iftop.out), without_rates(weir.out)
        if theirs != ours:
            differ.append((setting, [pair for pair in zip(theirs, ours) if pair[0] != pair[1]],
                           len(theirs), len(ours)))
    assert not differ, '\n'.join(map(str, differ))


CASES = (flags_and_directives_do_what_iftops_do, the_text_is_iftops_and_an_idle_link_ends_too,
         link_local_ipv6_is_counted_with_l_alone)

if __name__ == '__main__':
    sys.exit(main(CASES))
