#!/usr/bin/python3
"""Names, places and alerts on the screen, out of a DNS server and files of the test. TAP.

    tui_names.py WEIR
"""

import os
import re
import sys

import mmdb
from live import LOCAL, main, udp_frame, wait_until
from names import NAMES, named_link
from screen import Screen
from weir_screen import Traffic, shows_view, start, tcp_frame

NEAR, FAR = '10.77.0.1', '10.77.0.2'
PEER = '198.18.7.7'
LINK = ('-i', 'va', '--workers', '1', *LOCAL)
NOT_DNS = ('-f', 'not port 53')
SLOW = [udp_frame(NEAR, FAR, (40002, 514), 100)]
NAMED = re.compile(r'^near\.example:40002 .*=> far\.xn--bcher-kva\.example:syslog', re.M)
FAST = [tcp_frame(NEAR, PEER, (40001, 443), 1400)] * 4


def names_come_and_go_with_n(lab):
    near, server = named_link(lab, NAMES)
    Traffic(lab, [(near, 'va', SLOW)])
    screen = start(lab, *LINK, *NOT_DNS, namespace=near, columns=120)
    screen.wait_for(NAMED)
    numbers = re.compile(rf'^{NEAR}:40002 .*=> {FAR}:syslog', re.M)
    screen.press('n', numbers, 'numbers')
    screen.press('N', re.compile(rf'=> {FAR}:514', re.M), 'the number of the port')
    screen.keys('n', 'N')
    screen.wait_for(NAMED)
    assert set(server.asked) == set(NAMES), server.asked
    screen.keys('F2')
    screen.wait_for(re.compile(r'^near\.example +1 ', re.M), 'a host by its name')
    screen.keys('/')
    screen.type('bcher')
    screen.keys('Enter')
    screen.wait_for(re.compile('1-2 of 2'), 'the flow that has this name')
    screen.press('0', 'No filter')
    screen.alive()


def without_names_nobody_is_asked_until_n(lab):
    near, server = named_link(lab, NAMES)
    Traffic(lab, [(near, 'va', SLOW)])
    screen = start(lab, *LINK, *NOT_DNS, '-n', '-N', namespace=near, columns=120)
    screen.wait_for(re.compile(rf'^{NEAR}:40002 .*=> {FAR}:514', re.M))
    screen.keys('j')
    screen.press('Enter', '─ Flow ─')
    screen.keys('Escape')
    screen.wait_gone('─ Flow ─')
    assert server.asked == [], server.asked
    screen.press('N', re.compile(rf'^{NEAR}:40002 .*=> {FAR}:syslog', re.M), 'a service')
    screen.press('n', re.compile(r'^near\.example:40002 .*=> far\.', re.M), 'names')
    assert set(server.asked) == set(NAMES), server.asked


def what_a_server_says_cannot_drive_the_terminal(lab):
    near, _ = named_link(lab, {'1.0.77.10.in-addr.arpa': (b'\x1b[2J\x1b]0;owned\x07', b'evil')})
    Traffic(lab, [(near, 'va', SLOW)])
    screen = start(lab, *LINK, *NOT_DNS, namespace=near, columns=120)
    text = screen.wait_for(re.compile(rf'^[^\n]*:40002 .*=> {FAR}:syslog', re.M))
    assert screen.ask('pane_title') != 'owned'
    assert ' Networks ' in text and 'TOTAL' in text, text


def places_are_in_the_details_and_beside_hosts(lab):
    near, _ = lab.link()
    folder = lab.temporary_folder()
    countries, systems = os.path.join(folder, 'country.mmdb'), os.path.join(folder, 'asn.mmdb')
    mmdb.write(countries, {'198.18.0.0/16': {'country': {'iso_code': 'NZ'}}})
    mmdb.write(systems, {'198.18.7.0/24': {
        'autonomous_system_number': 64500,
        'autonomous_system_organization': 'Example \x1b[7mNet'}})
    Traffic(lab, [(near, 'va', FAST)])
    screen = start(lab, *LINK, '-n', '-N', '--geo-country', countries, '--geo-asn', systems,
                   namespace=near, columns=120)
    screen.wait_for(re.compile(rf'=> {re.escape(PEER)}:443', re.M))
    screen.keys('j')
    screen.press('Enter', '─ Flow ─')
    screen.wait_for('NZ AS64500 Example ?[7mNet')
    screen.keys('Escape')
    screen.wait_gone('─ Flow ─')
    screen.keys('F2')
    screen.wait_for(re.compile(rf'^{re.escape(PEER)} +NZ AS64500', re.M), 'a host and its place')
    assert re.search(rf'^{NEAR}  +1 ', screen.text(), re.M), screen.text()


def a_file_of_places_that_is_none(lab):
    folder = lab.temporary_folder()
    path = os.path.join(folder, 'cut.mmdb')
    mmdb.write(path, {'198.18.0.0/16': {'country': {'iso_code': 'NZ'}}})
    os.truncate(path, 100)
    for name in (path, os.path.join(folder, 'missing.mmdb')):
        screen = Screen(lab.stack, [lab.weir_path, '--backend', 'synthetic', '--geo-country', name],
                        columns=120)
        status, number = screen.wait_end()
        assert status not in ('', '0') and number == '', (status, number)
        assert os.path.basename(name) in screen.text().replace('\n', ''), screen.text()


def style_of(screen, text):
    """What is set (colours, bold) where the text begins; None where it is not."""
    for line in screen.coloured().split('\n'):
        plain = re.sub('\x1b\\[[0-9;]*m', '', line)
        if text not in plain:
            continue
        before, state = plain.index(text), []
        for codes, part in re.findall('(?:\x1b\\[([0-9;]*)m)?([^\x1b]*)', line):
            state = [] if codes == '0' else state + [code for code in codes.split(';') if code]
            before -= len(part)
            if before < 0:
                return sorted(code for code in state if code not in ('39', '49'))
    return None


def alerts_are_highlighted_and_said(lab):
    near, _ = lab.link()
    folder = lab.temporary_folder()
    config = os.path.join(folder, 'weir.toml')
    with open(config, 'w', encoding='ascii') as file:
        file.write(f'[[alerts]]\nname = "busy peer"\non = "host {PEER}"\nover = "100k"\n'
                   'window = "2s"\n')
    traffic = Traffic(lab, [(near, 'va', FAST)])
    Traffic(lab, [(near, 'va', SLOW)])
    screen = start(lab, *LINK, '-n', '-N', '-b', '-c', config, namespace=near, columns=120)
    screen.wait_for(re.compile(f'^alert busy peer: host {PEER} had .* more than 100 kbit/s', re.M),
                    'the alert as an event')
    screen.wait_for(re.compile(rf'=> {FAR}:514'))

    def styles(*ends):
        found = [style_of(screen, text) for text in ends]
        return None if None in found else found
    wait_until(lambda: (lambda s: s and s[0] != s[1])(styles(f'{PEER}:443', f'{FAR}:514')),
               lambda: f'the flow highlighted: {screen.coloured()}')
    screen.keys('F2')
    screen.wait_for(shows_view('Hosts'), 'Hosts')
    screen.wait_for(re.compile(rf'^ *{FAR} ', re.M))
    wait_until(lambda: (lambda s: s and s[0] != s[1])(styles(f'{PEER} ', f'{FAR} ')),
               lambda: f'the host highlighted: {screen.coloured()}')
    traffic.finish()
    screen.wait_for(re.compile(f'^alert busy peer: cleared: host {PEER} had .* less than', re.M),
                    'the end of the alert')
    wait_until(lambda: (lambda s: s and s[0] == s[1])(styles(f'{PEER} ', f'{FAR} ')),
               lambda: f'no highlight: {screen.coloured()}')


def exit_over_ends_the_screen(lab):
    near, _ = lab.link()
    Traffic(lab, [(near, 'va', FAST)])
    screen = Screen(lab.stack, ['ip', 'netns', 'exec', near, lab.weir_path, *LINK, '-n', '-N',
                                '--exit-over', '100k:2s'], columns=120, rows=60)
    assert screen.wait_end() == ('6', ''), screen.text()
    assert screen.ask('alternate_on', 'mouse_any_flag') == ['0', '0']
    text = screen.text()
    said = re.findall(r'alert --exit-over: all traffic had .* more than 100 kbit/s', text)
    assert len(said) == 1, text
    assert 'Missed: 0' in text and 'Flows: 1 of 1' in text, text  # the summary
    assert 'TOTAL:' not in text, text


if __name__ == '__main__':
    sys.argv[1] = os.path.abspath(sys.argv[1])
    sys.exit(main([names_come_and_go_with_n, without_names_nobody_is_asked_until_n,
                   what_a_server_says_cannot_drive_the_terminal,
                   places_are_in_the_details_and_beside_hosts, a_file_of_places_that_is_none,
                   alerts_are_highlighted_and_said, exit_over_ends_the_screen]))
