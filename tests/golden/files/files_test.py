#!/usr/bin/python3
"""Whole, cut, garbled and empty files through the whole program. TAP on stdout.

    files_test.py WEIR

Oracles: capinfos and tshark for packets and bytes, see README.md.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import captures
from capture_reader import read_capture
from program import Skip, report, run, snapshot


class Files:
    """The captures in a folder that anybody may read."""

    def __init__(self, folder):
        self.folder = folder
        self.whole = {name: self.put(name, content) for name, content in captures.whole().items()}
        self.damaged = {self.put(name, content): (packets, message)
                        for name, (content, packets, message) in captures.damaged().items()}

    def put(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as file:
            file.write(content)
        return path


def need(tool):
    if not shutil.which(tool):
        raise Skip(f'{tool} is missing')


def counted(done):
    counters = snapshot(done)['counters']
    return counters['received'], counters['wire_bytes']


def weir_counts(weir, *paths):
    return counted(run(weir, '-r', *paths, '--json', '-L', '0'))


def totals(path):
    packets = read_capture(path)
    return len(packets), sum(wire for _, wire, _ in packets)


def whole_files_as_capinfos_counts_them(weir, files):
    need('capinfos')
    for path in files.whole.values():
        done = subprocess.run(['capinfos', '-T', '-r', '-M', '-c', '-d', path], check=True,
                              stdout=subprocess.PIPE, text=True)
        expected = tuple(int(field) for field in done.stdout.split('\t')[1:3])
        assert weir_counts(weir, path) == expected == totals(path), (path, expected)


def whole_files_as_tshark_counts_them(weir, files):
    need('tshark')
    for name in ('little-us.pcap', 'big-ns.pcap', 'snaplen-96.pcap', 'sections.pcapng',
                 'members.pcap.gz'):
        path = files.whole[name]
        done = subprocess.run(['tshark', '-r', path, '-n', '-T', 'fields', '-e', 'frame.len',
                               '-e', 'frame.cap_len', '-e', 'frame.time_epoch'],
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True)
        rows = [line.split('\t') for line in done.stdout.splitlines()]
        dissected = run(weir, 'dissect', '-r', path, '--json').stdout.decode().splitlines()
        seen = [(*re.search(r'"wire_len":(\d+)', line).groups(),
                 *re.search(r'"cap_len":(\d+)', line).groups(),
                 int(re.search(r'"time_ns":(\d+)', line)[1])) for line in dissected]
        expected = [(wire, captured, int(epoch.replace('.', ''))) for wire, captured, epoch in rows]
        assert seen == expected, (path, seen[:3], expected[:3])
        assert weir_counts(weir, path) == (len(rows), sum(int(row[0]) for row in rows)), path


def damaged_files_give_what_is_whole(weir, files):
    for path, (packets, message) in files.damaged.items():
        done = run(weir, '-r', path, '--json', '-L', '0')
        assert done.returncode == 5, (path, done)
        assert done.stderr.decode() == f'weir: {path}: damaged: {message}\n', (path, done.stderr)
        expected = [len(frame) for frame in captures.frames()[:packets]]
        got = counted(done)
        assert got[0] == packets, (path, got)
        if not path.endswith('.pcapng'):  # there every second frame lacks its Ethernet header
            assert got[1] == sum(expected), (path, got)


def capinfos_finds_the_same_in_cut_files(weir, files):
    need('capinfos')
    for path in files.damaged:
        if 'cut' not in path or path.endswith(('file-header.pcap', '.gz')):
            continue
        done = subprocess.run(['capinfos', '-T', '-r', '-M', '-c', '-d', path], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        expected = tuple(int(field) for field in done.stdout.split('\t')[1:3])
        assert weir_counts(weir, path) == expected, (path, expected)


def every_layout_prints_what_could_be_read(weir, files):
    path = os.path.join(files.folder, 'cut-in-data.pcap')
    for flags, text in (([], 'received 100'), (['-t'], 'cumulative'), (['--json'], '"final":true')):
        done = run(weir, '-r', path, *flags)
        assert done.returncode == 5, (flags, done)
        assert text in ' '.join(done.stdout.decode().lower().split()), (flags, done.stdout)
    done = run(weir, 'dissect', '-r', path)
    assert done.returncode == 5 and len(done.stdout.splitlines()) == 100, done.returncode


def any_cut_loses_nothing_whole(weir, files):
    content, ends = captures.pcap(captures.frames()[:6])
    for cut in range(0, len(content), 41):
        path = files.put('cut-anywhere.pcap', content[:cut])
        done = run(weir, '-r', path, '--json', '--workers', '1', '--max-flows', '1000', '-L', '0')
        whole = len([end for end in ends if end <= cut])
        assert counted(done)[0] == whole, (cut, done)
        assert done.returncode == (0 if cut == 24 or cut in ends else 5), (cut, done.returncode)


def missing_and_directory_are_4(weir, files):
    good = files.whole['little-us.pcap']
    for command in (['-r'], ['dissect', '-r']):
        done = run(weir, *command, good, '/nonexistent/a.pcap')
        assert done.returncode == 4 and done.stdout == b'', done
        assert done.stderr == b'weir: /nonexistent/a.pcap: No such file or directory\n', done
        done = run(weir, *command, files.folder)
        assert done.returncode == 4 and done.stdout == b'', done
        assert done.stderr.decode() == f'weir: {files.folder}: is a directory, not a file\n', done


def unreadable_is_3(weir, files):
    path = files.put('unreadable.pcap', captures.pcap(captures.frames())[0])
    os.chmod(path, 0)
    nobody = {}
    if os.geteuid() == 0:
        # The build may lie in a folder that others may not enter.
        copy = shutil.copy(weir, os.path.join(files.folder, 'weir'))
        os.chmod(copy, 0o755)
        weir, nobody = copy, {'user': 65534, 'group': 65534, 'extra_groups': []}
    done = run(weir, '-r', path, cwd=files.folder, **nobody)
    assert done.returncode == 3 and done.stdout == b'', done
    assert done.stderr.decode() == f'weir: {path}: Permission denied\n', done


def a_read_error_is_5(weir, files):
    for command in (['-r'], ['dissect', '-r']):
        done = run(weir, *command, '/proc/self/mem', files.whole['little-us.pcap'])
        assert done.returncode == 5 and b'200' in done.stdout, done
        assert re.search(b'/proc/self/mem: .*cannot be read at byte 0: ', done.stderr), done


def a_wrong_filter_is_2(weir, files):
    done = run(weir, '-r', files.whole['little-us.pcap'], '-f', 'port nonsense')
    assert done.returncode == 2 and done.stdout == b'', done
    assert done.stderr.startswith(b"weir: filter 'port nonsense': "), done


def a_filter_counts_what_tcpdump_prints(weir, files):
    need('tcpdump')
    for path in (files.whole['little-us.pcap'], files.whole['big-ns.pcap']):
        for expression in ('ip6', 'tcp port 1004', 'not arp', 'greater 1000', 'host 10.0.0.4'):
            with open(path, 'rb') as capture:  # tcpdump gives up its rights before it opens a file
                printed = subprocess.run(['tcpdump', '-nr', '-', expression], stdin=capture,
                                         check=True, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL)
            lines = [line for line in printed.stdout.splitlines() if not line.startswith(b'\t')]
            got = counted(run(weir, '-r', path, '-f', expression, '--json', '-L', '0'))
            assert got[0] == len(lines) > 0, (expression, got, len(lines))


def standard_input(weir, files):
    for name in ('little-us.pcap', 'sections.pcapng', 'members.pcap.gz'):
        path = files.whole[name]
        with open(path, 'rb') as file:
            content = file.read()
        done = run(weir, '-r', '-', '--json', '-L', '0', input=content)  # a pipe
        assert done.returncode == 0 and done.stderr == b'', done
        assert counted(done) == totals(path), name
        with open(path, 'rb') as file:  # a file
            assert counted(run(weir, '-r', '-', '--json', '-L', '0', stdin=file)) == totals(path)
    done = run(weir, '-r', '-', '--json', input=content[:-9])
    assert done.returncode == 5, done
    said = b'weir: standard input: damaged: compressed data cut short at byte '
    assert done.stderr.startswith(said), done


def a_slow_pipe_is_waited_for(weir, files):
    path = files.whole['little.pcapng']
    with open(path, 'rb') as file:
        content = file.read()
    with subprocess.Popen([weir, '-r', '-', '--json', '-L', '0'], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        for at in range(0, len(content), len(content) // 7):
            child.stdin.write(content[at:at + len(content) // 7])
            child.stdin.flush()
            time.sleep(0.05)
        before_s = cpu_seconds(child.pid)
        time.sleep(1)
        assert child.poll() is None, 'it ended before its input did'
        assert cpu_seconds(child.pid) - before_s < 0.5, 'it waits by asking again and again'
        out, err = child.communicate(timeout=60)
    assert child.returncode == 0 and err == b'', err
    assert counted(subprocess.CompletedProcess([], 0, out, err)) == totals(path)


def cpu_seconds(pid):
    """proc(5): fields 14 and 15 of stat, counted behind the name in brackets."""
    with open(f'/proc/{pid}/stat', encoding='ascii') as stat:
        fields = stat.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def several_files_are_one_run(weir, files):
    paths = [files.whole[name] for name in ('little-us.pcap', 'big.pcapng', 'members.pcap.gz')]
    expected = tuple(map(sum, zip(*map(totals, paths))))
    assert weir_counts(weir, *paths) == expected
    with open(paths[0], 'rb') as file:
        done = run(weir, '-r', '-', paths[1], paths[2], '--json', '-L', '0', input=file.read())
    assert counted(done) == expected


def a_damaged_file_between_is_passed_over(weir, files):
    good = files.whole['little-us.pcap']
    bad = os.path.join(files.folder, 'garbled-length.pcap')
    empty = os.path.join(files.folder, 'empty.pcap')
    done = run(weir, '-r', bad, empty, good, '--json', '-L', '0')
    assert done.returncode == 5, done
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert counted(done)[0] == 300, counted(done)


CASES = (
    whole_files_as_capinfos_counts_them, whole_files_as_tshark_counts_them,
    damaged_files_give_what_is_whole, capinfos_finds_the_same_in_cut_files,
    every_layout_prints_what_could_be_read, any_cut_loses_nothing_whole,
    missing_and_directory_are_4, unreadable_is_3, a_read_error_is_5,
    a_wrong_filter_is_2, a_filter_counts_what_tcpdump_prints, standard_input,
    a_slow_pipe_is_waited_for, several_files_are_one_run,
    a_damaged_file_between_is_passed_over,
)


def main():
    weir = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix='weir-files-') as folder:
        os.chmod(folder, 0o755)
        files = Files(folder)
        return report([(case.__name__.replace('_', ' '), lambda case=case: case(weir, files))
                       for case in CASES])


if __name__ == '__main__':
    sys.exit(main())
