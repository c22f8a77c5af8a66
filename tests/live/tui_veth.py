#!/usr/bin/python3
"""The screen of weir on a veth link with traffic that is known. TAP on stdout.

    tui_veth.py WEIR
"""

import os
import re
import signal
import sys

from live import LOCAL, main, need, send, udp_frame, wait_until
from weir_screen import LISTED, Traffic, masked_numbers, shows_view, start, tcp_frame

VETH = ('-i', 'va', '-n', '-N', '--workers', '1', *LOCAL)
NEAR, FAR = '10.77.0.2', '198.18.0.2'
# Bytes a round so different that their order is never in doubt.
SENT = [tcp_frame(NEAR, FAR, (40001, 443), 1400)] * 4 + [udp_frame(NEAR, FAR, (40002, 53), 700)] * 2
RECEIVED = [tcp_frame('198.18.0.3', NEAR, (80, 40003), 300),
            udp_frame('198.18.0.4', '10.77.0.9', (123, 123), 48)]


def with_traffic(lab, *args, **options):
    near, far = lab.link()
    Traffic(lab, [(near, 'va', SENT), (far, 'vb', RECEIVED)])
    screen = start(lab, *VETH, *args, namespace=near, **options)
    screen.wait_for('flows 4')
    return screen, near, far


def screens_as_people_see_them(lab):
    screen, _, _ = with_traffic(lab, '-m', '10M', rows=24)
    for key, name in (('F1', 'Flows'), ('F2', 'Hosts'), ('F3', 'Pairs'), ('F4', 'Ports'),
                      ('F5', 'Networks'), ('F6', 'VLANs')):
        screen.keys(key)
        screen.wait_for(shows_view(name), name)
        screen.wait_for(LISTED)
        screen.golden(f'tui_{name.lower()}', [masked_numbers])
    screen.keys('h')
    screen.wait_for('Keys of weir')
    screen.golden('tui_help')


def groups_are_sums_over_all_flows(lab):
    near, _ = lab.link()
    screen = start(lab, *VETH, namespace=near, columns=120)
    frames = [udp_frame(NEAR, FAR, (10000 + port, 53), 972) for port in range(1000)]
    send(near, 'va', frames)
    screen.wait_for('flows 1,000')
    for key, row in (('F2', rf'^{re.escape(FAR)} +1,?000 .* 1\.00MB'),
                     ('F4', r'^53/udp +1,?000 .* 1\.00MB'),
                     ('F5', r'^198\.18\.0\.0/24 +1,?000 .* 1\.00MB')):
        screen.keys(key)
        screen.wait_for(re.compile(row, re.M), f'1,000 flows and 1 MB after {key}')


def the_capture_filter_changes_without_a_restart(lab):
    screen, _, _ = with_traffic(lab)
    pid = screen.pid()
    screen.keys('f')
    screen.type('udp portt')
    screen.keys('Enter')
    screen.wait_for(re.compile(r'udp portt.*\w', re.I), 'what is wrong')
    screen.keys('BSpace', 'Enter')
    screen.wait_for(re.compile('error|expression', re.I), 'what is wrong with "udp port"')
    screen.type(' 53')
    screen.keys('Enter')
    screen.wait_for('capture filter: udp port 53')
    screen.wait_for(re.compile('flows 1$|flows 1 ', re.M), 'one flow')
    assert screen.pid() == pid
    screen.alive()


def another_interface(lab):
    screen, near, far = with_traffic(lab)
    lab.veth(near, 'other0', far, 'other1')
    screen.keys('i')
    screen.wait_for('other0')
    screen.type('other0')
    screen.keys('Enter')
    screen.wait_for(re.compile('^weir  other0'), 'other0 in the title')
    screen.alive()


def losses_are_said_and_red(lab):
    near, far = lab.link()
    screen = start(lab, *VETH, '--backend', 'af_packet', '--ring', '256K', namespace=near)
    assert 'missed 0' in screen.text()
    os.kill(screen.pid(), signal.SIGSTOP)
    send(far, 'vb', [udp_frame(FAR, NEAR, payload=1400)] * 5000)
    os.kill(screen.pid(), signal.SIGCONT)
    screen.wait_for(re.compile(r'missed [1-9][\d,]* .*kernel [1-9]'), 'losses in the kernel')
    line = next(line for line in screen.coloured().split('\n') if 'missed' in line)
    style = re.findall('\x1b\\[([0-9;]*)m', line[:line.index('missed')])
    need(style, 'no colours')
    assert style[-1] != '0', line
    # Another filter counts anew, and what was missed before is still there to be seen.
    screen.keys('f')
    screen.type('udp')
    screen.keys('Enter')
    screen.wait_for(re.compile('missed before [1-9]'))
    screen.keys('f', 'Enter')
    screen.wait_for('The capture filter stays as it is')
    screen.keys('q')
    assert screen.wait_end()[0] == '0'
    told = ' '.join(screen.text().split())
    assert re.search(r'capture filter: udp; what is counted begins here\. Until then [1-9][\d, ]* ?'
                     r'packets, .* of IP, missed [1-9]', told), told


def an_interface_that_goes_and_comes_back(lab):
    screen, near, far = with_traffic(lab)
    lab.ip('-n', near, 'link', 'del', 'va')
    screen.wait_for('waiting for va')
    lab.veth(near, 'va', far, 'vb')
    screen.wait_gone('waiting for va')
    screen.wait_for(re.compile('restarts [1-9]'))
    send(near, 'va', [udp_frame(NEAR, FAR, (5, 5))])
    screen.wait_for('flows 5')


if __name__ == '__main__':
    sys.argv[1] = os.path.abspath(sys.argv[1])
    sys.exit(main([screens_as_people_see_them, groups_are_sums_over_all_flows,
                   the_capture_filter_changes_without_a_restart, another_interface,
                   losses_are_said_and_red, an_interface_that_goes_and_comes_back]))
