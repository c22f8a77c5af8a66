#!/usr/bin/python3
"""Formats other than plain pcap and pcapng, and what files say of losses. TAP on stdout.

    formats_test.py WEIR

editcap writes the formats and zstd(1) and lz4(1) compress, so that no input is weir's own idea.
"""

import bz2
import lzma
import os
import shutil
import subprocess
import sys
import tempfile

import captures
from program import Skip, report, run, snapshot

READ = ('nsecpcap', 'modpcap', 'rh6_1pcap', 'suse6_3pcap', 'nokiapcap', 'snoop')
NAMED = {
    'netmon1': 'a Microsoft Network Monitor 1 capture',
    'netmon2': 'a Microsoft Network Monitor 2 capture',
    'ngsniffer': 'a Sniffer (DOS) capture',
    'ngwsniffer_2_0': 'a NetXRay or Sniffer (Windows) capture',
    'lanalyzer': 'a LANalyzer capture',
    'nettl': 'an HP-UX nettl capture',
    'observer': 'a Network Instruments Observer capture',
    'visual': 'a Visual Networks capture',
    '5views': 'an Accellent 5Views capture',
    'commview-ncf': 'a CommView capture',
    'commview-ncfx': 'a CommView capture',
    'k12text': 'a K12 text capture',
}


def put(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, 'wb') as file:
        file.write(content)
    return path


def plain(folder):
    return put(folder, 'plain.pcap', captures.pcap(captures.frames())[0])


def counters(weir, *paths, **more):
    done = run(weir, '-r', *paths, '--json', '-L', '0', **more)
    assert done.returncode == 0 and done.stderr == b'', done
    return snapshot(done)['counters']


def traffic(weir, *paths, **more):
    counts = counters(weir, *paths, **more)
    return [counts[name] for name in ('received', 'parsed', 'wire_bytes', 'ip_bytes')]


def written_by_editcap(kind, source, folder):
    if not shutil.which('editcap'):
        raise Skip('editcap is missing')
    path = os.path.join(folder, kind)
    done = subprocess.run(['editcap', '-F', kind, source, path], check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise Skip(f'this editcap does not write {kind}')
    return path


def what_editcap_writes_is_read(weir, folder):
    source = plain(folder)
    expected = traffic(weir, source)
    for kind in READ:
        path = written_by_editcap(kind, source, folder)
        assert traffic(weir, path) == expected, kind
        with open(path, 'rb') as file:
            assert traffic(weir, '-', input=file.read()) == expected, kind


def what_is_not_read_is_named(weir, folder):
    source = plain(folder)
    for kind, name in NAMED.items():
        path = written_by_editcap(kind, source, folder)
        done = run(weir, '-r', path, '--json')
        assert done.returncode == 5, (kind, done.returncode)
        said = (f'weir: {path}: {name}, which weir does not read: `editcap FILE NEW.pcapng`, of '
                'Wireshark, converts it\n')
        assert done.stderr.decode() == said, (kind, done.stderr)


def other_files_are_named(weir, folder):
    for name, (content, said) in captures.other_formats().items():
        path = put(folder, name, content)
        for arguments in (['-r', path, '--json'], ['dissect', '-r', path]):
            done = run(weir, *arguments)
            assert done.returncode == 5, (name, done)
            assert done.stderr.decode() == f'weir: {path}: {said}\n', (name, done.stderr)


def packed(content):
    """Name to content, each member as its own program writes it."""
    made = {'bz2': bz2.compress(content), 'xz': lzma.compress(content)}
    for program, ending, arguments in (('zstd', 'zst', ['--long=27', '--check']),
                                       ('lz4', 'lz4', ['-9']), ('pzstd', 'pzst', [])):
        if shutil.which(program):
            done = subprocess.run([program, '-c', '-q', *arguments], input=content,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
            made[ending] = done.stdout
    return made


def compressed_files_are_read(weir, folder):
    content = captures.pcapng(captures.frames())[0]
    expected = traffic(weir, put(folder, 'plain.pcapng', content))
    for ending, data in packed(content).items():
        # Not by its name.
        path = put(folder, f'{ending}-compressed', data)
        assert traffic(weir, path) == expected, ending
        assert traffic(weir, '-', input=data) == expected, ending
        doubled = traffic(weir, put(folder, f'{ending}-twice', data + data))
        assert doubled == [2 * count for count in expected], ending
        done = run(weir, '-r', put(folder, f'{ending}-cut', data[:-5]), '--json')
        assert done.returncode == 5, (ending, done)
        assert b'damaged: compressed data cut short at byte ' in done.stderr, (ending, done.stderr)


def losses(weir, *paths):
    counts = counters(weir, *paths)
    return counts['dropped_nic'], counts['dropped_kernel'], counts['missed']


def missed(weir, *paths):
    text = run(weir, '-r', *paths).stdout.decode()
    return text[text.index('Missed: '):].splitlines()[0]


def losses_that_files_tell(weir, folder):
    packets = captures.frames()[:4]
    telling = put(folder, 'telling.pcapng',
                  captures.with_statistics(packets, [(5, 300), (7, 700)]))
    big = put(folder, 'big.pcapng', captures.with_statistics(packets, [(5, 1), (7, 2)], '>'))
    half = put(folder, 'half.pcapng', captures.with_statistics(packets, [(5, 300)]))
    silent = plain(folder)
    assert losses(weir, telling) == (300, 700, 1000)
    assert losses(weir, telling, big) == (301, 702, 1003)
    assert losses(weir, half) == (300, None, 300)
    assert losses(weir, silent) == (None, None, 0)
    assert losses(weir, silent, telling) == (None, None, 1000)
    assert missed(weir, telling) == 'Missed: 1,000'
    assert missed(weir, half) == 'Missed: at least 300'
    assert missed(weir, silent) == 'Missed: unknown'
    assert missed(weir, telling, silent) == 'Missed: at least 1,000'
    for workers in ('1', '3'):
        done = run(weir, '-r', telling, big, '--json', '-L', '0', '--workers', workers)
        assert snapshot(done)['counters']['missed'] == 1003, workers


CASES = (
    what_editcap_writes_is_read, what_is_not_read_is_named, other_files_are_named,
    compressed_files_are_read, losses_that_files_tell,
)


def main():
    weir = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix='weir-formats-') as folder:
        return report([(case.__name__.replace('_', ' '), lambda case=case: case(weir, folder))
                       for case in CASES])


if __name__ == '__main__':
    sys.exit(main())
