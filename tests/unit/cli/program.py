#!/usr/bin/python3
"""The program from outside, on the synthetic link: exit codes, streams, signals. TAP on stdout.

    program.py WEIR
"""

import csv
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time

LINK = ['--backend', 'synthetic', '--rate', '50k', '--flows', '50']
LIMIT_S = 60

os.environ['HOME'] = '/nonexistent'  # children read nobody's configuration
os.environ.pop('XDG_CONFIG_HOME', None)


def run(weir, *args, **kwargs):
    kwargs.setdefault('stdout', subprocess.PIPE)
    return subprocess.run([weir, *args], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          timeout=LIMIT_S, text=True, check=False, **kwargs)


def usage_errors_are_one_line(weir):
    for args in (['--frob'], ['-s', 'soon'], ['-r', 'a', '-i', 'b'], ['--batch', '0'], ['stray'],
                 ['--cpus', '4095'], ['-t', '--json'], ['dissect'], ['bench', '--flows', '0'],
                 ['bench', '--cpus', '4095']):
        done = run(weir, *args)
        assert done.returncode == 2, (args, done)
        assert done.stdout == '', (args, done)
        own = f' {args[0]}' if args[0] in ('dissect', 'bench') else ''
        assert re.fullmatch(rf'weir: [^\n]+; see weir{own} --help\n', done.stderr), (args, done)


def messages_are_one_line_and_plain(weir):
    for args, status in ((['--x\x1b[31m\nlie'], 2), (['-r', '/nonexistent\n\x1b[31m'], 4)):
        done = run(weir, *args)
        assert done.returncode == status, (args, done)
        assert re.fullmatch(r'weir: [ -~]+\n', done.stderr), (args, done)


def help_and_version_go_to_stdout(weir):
    for flag in ('-h', '--help'):
        done = run(weir, flag)
        assert done.returncode == 0 and 'iftop' in done.stdout and done.stderr == '', done
    done = run(weir, '--version')
    assert done.returncode == 0 and done.stdout.startswith('weir '), done
    assert 'synthetic' in done.stdout, done


def a_missing_file_is_4(weir):
    for args in (['-r', '/nonexistent.pcap'], ['dissect', '-r', '/nonexistent.pcap'],
                 [*LINK, '-c', '/nonexistent.pcap']):
        done = run(weir, *args)
        assert done.returncode == 4 and '/nonexistent.pcap' in done.stderr, done
        assert done.stderr.count('\n') == 1, done


def doctor_answers_and_refuses(weir):
    done = run(weir, 'doctor', '--help')
    assert done.returncode == 0 and 'Exit codes: 0' in done.stdout and done.stderr == '', done
    assert all(len(line) <= 80 for line in done.stdout.splitlines()), done
    done = run(weir, 'doctor', '-i', 'lo', '--all')
    assert done.returncode == 0 and done.stderr == '' and ' lo link: ' in done.stdout, done
    done = run(weir, 'doctor', '-i', 'lo')
    assert done.returncode == 0 and '\nok ' not in done.stdout, done
    assert done.stdout.endswith('(--all lists these too)\n'), done
    done = run(weir, 'doctor', '-i', 'lo', '-i', 'no-such-link')
    assert done.returncode == 4 and done.stdout == '', done
    assert re.fullmatch(r'weir: no-such-link: no such interface[^\n]*\n', done.stderr), done
    done = run(weir, 'doctor', 'stray')
    assert done.returncode == 2 and done.stderr.endswith('see weir doctor --help\n'), done


def json_lines_are_valid_and_add_up(weir):
    done = run(weir, *LINK, '--count', '20000', '--rate', '0', '--json', '-L', '0')
    assert done.returncode == 0, done
    last = json.loads(done.stdout.splitlines()[-1])
    counters = last['counters']
    assert last['final'] is True and counters['received'] == 20000, counters
    assert counters['received'] == sum(counters[name] for name in (
        'parsed', 'non_ip', 'malformed', 'short_capture', 'unsupported')), counters
    assert counters['law_violations'] == 0, counters
    assert len(last['flows']) == last['flow_count'] == 50, last['flow_count']
    for side in ('sent', 'received'):
        total = sum(flow[side]['ip_bytes'] for flow in last['flows'])
        assert total == last['totals'][side]['ip_bytes'], (side, total)


def json_has_a_line_each_interval(weir):
    done = run(weir, *LINK, '--json', '-s', '1', '--interval', '200ms')
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) >= 3, len(lines)
    assert [line['final'] for line in lines] == [False] * (len(lines) - 1) + [True]


def csv_has_one_header_and_adds_up(weir):
    done = run(weir, *LINK, '--count', '20000', '--rate', '0', '--csv', '-L', '0')
    assert done.returncode == 0, done
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert done.stdout.count('time_ns,') == 1, done.stdout[:200]
    final = [row for row in rows if row['final'] == '1']
    assert len(final) == 50, len(final)
    packets = sum(int(row['sent_packets']) + int(row['received_packets']) for row in final)
    assert packets == 20000, packets


def times_are_in_the_local_zone_unless_utc_is_asked_for(weir):
    for args, zone in (([], 'UTC-03'), (['--utc'], 'UTC')):
        done = run(weir, *LINK, '--count', '10', '--rate', '0', *args,
                   env={**os.environ, 'TZ': '<-03>3'})
        assert re.search(rf'^  .* to .* {zone}$', done.stdout, re.M), done
    bad = run(weir, *LINK, '--count', '10', '--rate', '0',
              env={**os.environ, 'TZ': '<\x1b[31m>3'})
    assert bad.returncode == 0 and '\x1b' not in bad.stdout, bad


def iftops_layout_says_when_nothing_could_be_read(weir):
    head = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 195)  # IEEE 802.15.4
    record = struct.pack('<IIII', 1700000000, 0, 60, 60) + b'\x61' * 60
    with tempfile.NamedTemporaryFile(suffix='.pcap') as file:
        file.write(head + record * 3)
        file.flush()
        done = run(weir, '-r', file.name, '-t')
        assert done.returncode == 0, done
        assert re.fullmatch(r'weir: [^\n]* none of 3 packets could be read as IP; [^\n]*\n',
                            done.stderr), done


def help_is_a_command(weir):
    assert run(weir, 'help').stdout == run(weir, '--help').stdout
    assert run(weir, 'help', 'bench').stdout == run(weir, 'bench', '--help').stdout
    assert run(weir, '-V').stdout == run(weir, '--version').stdout
    done = run(weir, 'devcies')
    assert done.returncode == 2 and 'did you mean devices?' in done.stderr, done


def the_summary_is_plain_in_a_pipe(weir):
    done = run(weir, *LINK, '-s', '1')
    assert done.returncode == 0 and done.stdout.startswith('weir: '), done
    assert '\x1b' not in done.stdout and 'Missed: 0' in done.stdout, done


def every_summary_ends_with_tables(weir):
    for more in ([], ['--interval', '200ms'], ['--interval', '200ms', '-L', '2']):
        done = run(weir, *LINK, '-s', '1', *more)
        assert done.returncode == 0, done
        for heading in ('Hosts: ', 'Services: ', 'Protocols: '):
            assert len(re.findall(f'^{heading}', done.stdout, re.M)) == 1, (heading, done)
        assert (done.stdout.count('missed 0, sent') > 1) == bool(more), done
        tables = done.stdout[done.stdout.index('\nHosts: '):]
        assert len(tables.split('\n\n')[0].splitlines()) == 3 + (2 if '-L' in more else 5), done
    with Folder(weir) as home:  # groups of alerts are none of the summary's
        rules = home.write('a.toml', '[[alerts]]\non = "any host"\nover = "1M"\nwindow = "2s"\n')
        done = home.run(*LINK, '-s', '1', '--interval', '200ms', '-c', rules)
        assert done.returncode == 0 and done.stdout.count('Hosts: ') == 1, done
    for flag in ('--json', '-t'):
        assert 'Hosts: ' not in run(weir, *LINK, '-s', '1', flag).stdout, flag


def capture_of(flows):
    """A pcap file of one UDP packet a flow (LINKTYPE_IPV4)."""
    out = [struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 228)]
    for flow in range(flows):
        out += [struct.pack('<IIII', 1_700_000_000, flow, 28, 28),
                struct.pack('!BBHHHBBHII', 0x45, 0, 28, 0, 0, 64, 17, 0, 0x0A000000 + flow,
                            0xC6120001),
                struct.pack('!HHHH', 5000, 53, 8, 0)]
    return b''.join(out)


def tables_of_many_flows_are_for_terminals(weir):
    without = 'Hosts, services, protocols: on a terminal only, with so many flows'
    with tempfile.NamedTemporaryFile(suffix='.pcap') as file:
        for flows, shown in ((20_000, True), (20_001, False)):
            file.seek(0)
            file.write(capture_of(flows))
            file.flush()
            done = run(weir, '-r', file.name)
            assert f' of {flows:,}, by ' in done.stdout, done
            assert ('Hosts: ' in done.stdout, without in done.stdout) == (shown, not shown), done
        text = on_a_terminal(weir, ('-r', file.name)).decode()
        assert 'Hosts: 5 of 20,002' in text and without not in text, text


def iftop_layout_is_flushed_and_ends(weir):
    start = time.monotonic()
    done = run(weir, *LINK, '-t', '-s', '1', '-nNP', '-L', '3')
    assert time.monotonic() - start < 10
    lines = done.stdout.splitlines()
    assert lines[0] == 'Listening on synthetic', lines
    assert len([line for line in lines if '=>' in line]) == 3, lines
    assert lines[-2] == '=' * 92 and lines[-1] == '', lines


def a_reader_that_leaves_ends_the_run_quietly(weir):
    with subprocess.Popen([weir, *LINK, '--json', '--interval', '50ms', '-s', '30'],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.readline()
        child.stdout.close()
        start = time.monotonic()
        assert child.wait(timeout=LIMIT_S) == 0
        assert time.monotonic() - start < 10, 'it ran on without a reader'
        assert child.stderr.read() == b''


def a_full_disk_is_said_once(weir):
    if not os.path.exists('/dev/full'):
        return 'no /dev/full here'
    for level in ('info', 'error'):
        with open('/dev/full', 'w', encoding='ascii') as full:
            done = run(weir, *LINK, '--json', '--interval', '100ms', '-s', '1', '--log-level',
                       level, stdout=full)
        assert done.returncode == 1, done
        assert done.stderr == 'weir: standard output: No space left on device\n', done
    with open('/dev/full', 'w', encoding='ascii') as full:
        done = run(weir, 'bench', '--flows', '10', '--packets', '1k', stdout=full)
    assert done.returncode == 1, done
    assert done.stderr == 'weir: standard output: No space left on device\n', done
    return None


def a_closed_stdout_is_no_other_file(weir):
    done = run(weir, *LINK, '-t', '-s', '1', stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == 1, done
    assert done.stderr == 'weir: standard output: Bad file descriptor\n', done


def on_a_terminal(weir, args=(*LINK, '-s', '1', '--interval', '0'), environment=None):
    """What weir prints where stdout is a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen([weir, *args], stdout=slave, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, env=environment) as child:
        os.close(slave)
        text = b''
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            if not select.select([master], [], [], 1)[0]:
                continue
            try:
                part = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            text += part
        assert child.wait(timeout=LIMIT_S) == 0
    os.close(master)
    return text


def colours_are_for_terminals_without_no_color(weir):
    environment = {**os.environ, 'TERM': 'xterm'}
    environment.pop('NO_COLOR', None)
    assert b'\x1b[' in on_a_terminal(weir, environment=environment)
    assert b'\x1b[' not in on_a_terminal(weir, environment={**environment, 'NO_COLOR': '1'})
    assert b'\x1b[' not in on_a_terminal(weir, environment={**environment, 'TERM': 'dumb'})


def bench_prints_a_line_a_configuration(weir):
    args = ['bench', '--packets', '300k', '--ipv6', '20', '--max-flows', '4k', '--batch', '64']
    done = run(weir, *args, '--json', '--workers', '2,1', '--flows', '100,1k',
               '--packet-size', '64,imix')
    assert done.returncode == 0 and done.stderr == '', done
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line['flows'], line['imix'], line['workers']) for line in lines] == [
        (flows, imix, workers) for flows in (100, 1000) for imix in (False, True)
        for workers in (1, 2)], lines
    for line in lines:
        assert line['type'] == 'bench' and line['exact'] is True, line
        assert line['packets'] == 300000 and line['untracked'] == 0, line
        assert line['mpps'] > 0 and line['user_s'] + line['system_s'] > 0, line
        assert line['stages']['parse']['ns'] > 0, line
        # IPv6 and TCP do not fit in 64 bytes; preamble and gap come on top.
        size = line['gbps'] * 1e3 / line['mpps'] / 8 - 20
        assert (355 < size < 375) if line['imix'] else (64 < size < 70), (size, line)
        rate = 1e3 / line['ns_per_packet'] * line['workers']
        assert abs(rate / line['mpps'] - 1) < 0.02, line
    assert len({(line['flows'], line['limit_mpps']) for line in lines}) == 2, lines
    text = run(weir, *args, '--flows', '100k')
    assert text.returncode == 0 and ' exact' in text.stdout, text
    assert '300000 packets are few for 100000 flows' in text.stdout, text
    assert 'found no room in a table of 4000 flows' in text.stdout, text


class Folder:
    """A home with configuration files, and weir run in it."""

    def __init__(self, weir):
        self.weir = weir
        self.path = tempfile.mkdtemp(prefix='weir-config-')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def write(self, name, text):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def run(self, *args, **variables):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(('WEIR_', 'XDG_'))}
        return run(self.weir, *args, env={**environment, 'HOME': self.path, **variables})


def print_config_says_where_values_are_from(weir):
    with Folder(weir) as home:
        own = home.write('.config/weir/weir.toml', '[display]\ntheme = "nord"\nview = "hosts"\n'
                                                   'bytes = true\n[[alerts]]\nover = "1M"\n')
        done = home.run('--print-config', '-B', '--set', 'display.prefix4=16',
                        WEIR_VIEW='pairs')
        assert done.returncode == 0 and done.stderr == '', done
        for key, value, origin in (('theme', '"nord"', f'{own}:2:9'),
                                   ('view', '"pairs"', 'WEIR_VIEW'), ('bytes', 'true', '-B'),
                                   ('prefix4', '16', '--set display.prefix4=16'),
                                   ('prefix6', '64', 'default')):
            assert re.search(rf'^{key} = {value} +# {re.escape(origin)}:', done.stdout, re.M), (
                key, done.stdout)
        again = home.run('--print-config', '-c', home.write('again.toml', done.stdout))
        values = [[re.sub(r' +#.*', '', line) for line in text.splitlines()]
                  for text in (done.stdout, again.stdout)]
        assert again.returncode == 0 and values[0] == values[1], again
        plain = home.run('--print-config', '--no-config', WEIR_VIEW='pairs')
        assert 'view = "flows"' in plain.stdout and '[[alerts]]' not in plain.stdout, plain


def every_key_is_documented(weir):
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..')
    with open(os.path.join(root, 'docs', 'configuration.md'), encoding='utf-8') as file:
        rows = [line for line in file if line.startswith('|')]
    documented = set(re.findall(r'`(\w+)`', ''.join(rows)))
    keys = re.findall(r'^#? ?(\w+) =', run(weir, '--no-config', '--print-config').stdout, re.M)
    assert len(keys) > 50 and not set(keys) - documented, set(keys) - documented


def a_wrong_configuration_is_2_and_one_line(weir):
    with Folder(weir) as home:
        path = home.write('.config/weir/weir.toml', '[display]\nrefresh = 3\n')
        done = home.run(*LINK, '-s', '1')
        assert done.returncode == 2 and done.stdout == '', done
        assert done.stderr == (f'weir: {path}:2:11: refresh: expected a time such as 1s, from '
                               '100ms to 1h, not 3\n'), done
        assert home.run(*LINK, '--count', '1', '--no-config').returncode == 0
        assert home.run(*LINK, '--count', '1', '--no-config', '-c', path).returncode == 2
        iftops = home.write('iftoprc', 'use-bytes: yes\nsort: 3s\n')
        done = home.run(*LINK, '--count', '1', '-c', iftops)  # iftop warns and goes on
        assert done.returncode == 0 and done.stdout, done
        assert f'weir: {iftops}:2:7: sort: expected 2s' in done.stderr, done
        done = home.run('--print-config', '-c', home.write('good', 'use-bytes: yes\n'))
        assert done.returncode == 0 and 'bytes = true' in done.stdout, done
        done = home.run('--no-config', '--theme', 'none')
        assert done.returncode == 2 and done.stderr.startswith("weir: --theme: 'none' is "), done
        done = home.run('--print-config', XDG_CONFIG_HOME='/nonexistent', WEIR_ASCII='maybe')
        assert done.returncode == 2 and done.stderr.startswith('weir: WEIR_ASCII: expected'), done


def hostile_configurations_are_refused(weir):
    with Folder(weir) as home:
        os.mkfifo(os.path.join(home.path, 'fifo'))
        cases = [('fifo', 2), ('.', 2), ('missing', 4), ('missing/below', 4)]
        for name, text in (('long', 'a' * (1 << 20)), ('deep', 'a.' * 50000 + 'a = 1'),
                           ('arrays', 'a = ' + '[' * 50000), ('control', '\x1b[31m = 1')):
            home.write(name, text)
            cases.append((name, 2))
        for name, status in cases:
            done = home.run(*LINK, '--count', '1', '-c', os.path.join(home.path, name))
            assert done.returncode == status and done.stdout == '', (name, done)
            assert re.fullmatch(r'weir: [ -~]{1,300}\n', done.stderr), (name, done)


def an_unreadable_configuration_is_3(weir):
    nobody = 65534
    with Folder(weir) as home:
        path = home.write('secret.toml', '')
        os.chmod(path, 0)
        os.chmod(home.path, 0o755)
        other = {'user': nobody, 'group': nobody, 'extra_groups': []} if os.geteuid() == 0 else {}
        try:
            done = run(weir, *LINK, '--count', '1', '-c', path, **other)
        except PermissionError:
            return 'another user cannot run weir where it is'
        assert done.returncode == 3 and done.stderr == f'weir: {path}: Permission denied\n', done
        # A home that is another user's has no configuration for this one.
        os.chmod(home.path, 0o700)
        if other:
            done = run(weir, *LINK, '--count', '1', env={**os.environ, 'HOME': home.path}, **other)
            assert done.returncode == 0, done
    return None


def a_threshold_ends_the_run_with_6(weir):
    with Folder(weir) as home:
        start = time.monotonic()
        done = home.run(*LINK, '-s', '30', '--json', '--exit-over', '1M:2s')
        assert done.returncode == 6 and time.monotonic() - start < 20, done
        assert re.fullmatch(r'weir: alert --exit-over: all traffic had [^\n]* over 2 s, more than '
                            r'1.00 Mbit/s\n', done.stderr), done
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert lines[-1]['final'] is True, lines[-1]
        alerts = [line for line in lines if line.get('event') == 'alert']
        assert len(alerts) == 1 and alerts[0]['alert'] == '--exit-over', alerts
        assert alerts[0]['raised'] is True and alerts[0]['rate'] > alerts[0]['over'] == 10**6
        assert home.run(*LINK, '-s', '2.5', '--exit-over', '1T:2s').returncode == 0
        done = home.run(*LINK, '-s', '5', '--exit-over', '1M')
        assert done.returncode == 2 and 'longer than the run' in done.stderr, done
        done = home.run(*LINK, '--exit-over', 'much')
        assert done.returncode == 2, done


def alerts_of_a_file_are_told_in_text(weir):
    with Folder(weir) as home:
        rules = home.write('alerts.toml', '''
[[alerts]]
name = "everything"
on = "net 0.0.0.0/0"
over = "1M"
window = "2s"
[[alerts]]
name = "never"
on = "any host"
over = "1T"
window = "2s"
''')
        done = home.run(*LINK, '-c', rules, '-s', '2.5', '-t', '-L', '2')
        assert done.returncode == 0, done
        assert done.stdout.count('=' * 92) == 1, 'one block, though alerts look more often'
        lines = done.stderr.splitlines()
        told = [line for line in lines if line.startswith('weir: alert everything: network ')]
        assert len(told) == 1 and 'never' not in done.stderr, done


CASES = (
    usage_errors_are_one_line, messages_are_one_line_and_plain,
    help_and_version_go_to_stdout, a_missing_file_is_4, doctor_answers_and_refuses,
    json_lines_are_valid_and_add_up, json_has_a_line_each_interval,
    csv_has_one_header_and_adds_up, times_are_in_the_local_zone_unless_utc_is_asked_for,
    help_is_a_command, iftops_layout_says_when_nothing_could_be_read,
    the_summary_is_plain_in_a_pipe, every_summary_ends_with_tables,
    tables_of_many_flows_are_for_terminals,
    iftop_layout_is_flushed_and_ends,
    a_reader_that_leaves_ends_the_run_quietly, a_full_disk_is_said_once,
    a_closed_stdout_is_no_other_file,
    colours_are_for_terminals_without_no_color, bench_prints_a_line_a_configuration,
    print_config_says_where_values_are_from, every_key_is_documented,
    a_wrong_configuration_is_2_and_one_line,
    hostile_configurations_are_refused, an_unreadable_configuration_is_3,
    a_threshold_ends_the_run_with_6,
    alerts_of_a_file_are_told_in_text,
)


def main(cases):
    weir = sys.argv[1]
    print(f'1..{len(cases)}')
    failed = False
    for number, case in enumerate(cases, 1):
        name = case.__name__.replace('_', ' ')
        try:
            skipped = case(weir)
            print(f'ok {number} - {name}' + (f' # SKIP {skipped}' if skipped else ''))
        except (AssertionError, subprocess.TimeoutExpired, ValueError) as error:
            failed = True
            print(f'not ok {number} - {name}')
            for line in str(error).splitlines() or [repr(error)]:
                print(f'# {line}')
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(CASES))
