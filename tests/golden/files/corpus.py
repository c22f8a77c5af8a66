#!/usr/bin/python3
"""Every capture of $WEIR_CORPUS: packets and bytes as capinfos counts them. TAP on stdout.

    corpus.py WEIR

Each file goes through `weir -r` and `weir dissect -r`. None may crash, hang, or be counted
otherwise than capinfos counts it; where capinfos counts otherwise, the two tables below say why,
and the difference is exactly that. WEIR may be a sanitized build: what a sanitizer finds ends it
with a status of its own.
"""

import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

from capture_reader import read_capture
from program import KINDS, Skip, check_law, report, run_measured

LIMIT_CPU_S = 2.0
PARALLEL = 4

# capinfos leaves the pseudo-header in front of each SunATM cell out of a packet's length (link
# type 123): 4 bytes. weir counts the record's length, as for any other link type.
PSEUDO_HEADER_BYTES = {123: 4}

# Link types that capinfos of Debian 12 (Wireshark 4.0) refuses as a whole. There the reader of
# capture_reader.py is the only oracle; it agrees with capinfos on all other files.
#   132, 164, 182: Juniper; 281, 282: Broadcom tags; 284, 285: Marvell DSA tags.
UNKNOWN_TO_CAPINFOS = {132, 164, 182, 281, 282, 284, 285}


class Corpus:
    def __init__(self, weir, folder):
        self.weir = weir
        self.paths = sorted(os.path.join(folder, name) for name in os.listdir(folder)
                            if name.endswith(('.pcap', '.pcapng', '.gz', '.cap')))
        self.packets = {path: read_capture(path) for path in self.paths}
        self.capinfos = capinfos_counts(self.paths)

    def expected(self, path):
        """(packets, bytes on the wire)"""
        return len(self.packets[path]), sum(wire for _, wire, _ in self.packets[path])

    def each(self, check):
        """Runs check(path) on every file; what it returns is wrong with the file."""
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            results = list(pool.map(check, self.paths))
        wrong = [f'{os.path.basename(path)}: {what}'
                 for path, what in zip(self.paths, results) if what]
        assert not wrong, '\n'.join(wrong[:40] + [f'{len(wrong)} of {len(self.paths)} files'])
        return f'{len(self.paths)} files'


def capinfos_counts(paths):
    """Path to (packets, bytes), without the files that capinfos cannot read."""
    done = subprocess.run(['capinfos', '-T', '-r', '-M', '-c', '-d', *paths],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True)
    rows = [line.split('\t') for line in done.stdout.splitlines()]
    return {row[0]: (int(row[1]), int(row[2])) for row in rows if len(row) == 3}


def oracles_agree(corpus):
    """The exceptions are the ones that are written down, and no others."""
    refused = 0
    for path in corpus.paths:
        link_types = {link_type for _, _, link_type in corpus.packets[path]}
        counted = corpus.capinfos.get(path)
        if counted is None:
            refused += 1
            assert link_types and link_types <= UNKNOWN_TO_CAPINFOS, (path, link_types)
            continue
        left_out = sum(PSEUDO_HEADER_BYTES.get(link_type, 0)
                       for _, _, link_type in corpus.packets[path])
        packets, wire_bytes = corpus.expected(path)
        assert counted == (packets, wire_bytes - left_out), (path, counted, packets, wire_bytes)
    return f'{len(corpus.paths) - refused} files read by capinfos, {refused} refused by it'


def summary_of(corpus, path):
    # Starting a worker takes longer than the file: every fourth file has the usual number of them.
    workers = [] if corpus.paths.index(path) % 4 == 0 else ['--workers', '1']
    status, out, err, cpu_s = run_measured(corpus.weir, '-r', path, '--json', '-L', '0', *workers)
    if status not in (0, 5):
        return f'exit status {status}: {err.decode(errors="replace")[-2000:]}'
    if cpu_s > LIMIT_CPU_S:
        return f'took {cpu_s:.1f} s'
    if status == 5 and path.encode() not in err:
        return f'exit status 5 and no word why: {err}'
    last = json.loads(out.splitlines()[-1])
    try:
        check_law(last)
    except AssertionError as broken:
        return f'the law: {broken}'
    got = last['counters']['received'], last['counters']['wire_bytes']
    if got != corpus.expected(path):
        return f'{got} packets and bytes instead of {corpus.expected(path)}'
    return None


def dissection_of(corpus, path):
    status, out, err, cpu_s = run_measured(corpus.weir, 'dissect', '-r', path, '--json')
    if status not in (0, 5):
        return f'exit status {status}: {err.decode(errors="replace")[-2000:]}'
    if cpu_s > LIMIT_CPU_S:
        return f'took {cpu_s:.1f} s'
    lines = [json.loads(line) for line in out.splitlines()]
    if [line['number'] for line in lines] != list(range(1, len(lines) + 1)):
        return 'the packets are not numbered one after the other'
    got = [(line['cap_len'], line['wire_len'], line['link_type']) for line in lines]
    if got != corpus.packets[path]:
        return f'{len(got)} packets of {len(corpus.packets[path])}, or other lengths'
    strange = {line['verdict'] for line in lines} - set(KINDS)
    return f'verdicts {strange}' if strange else None


def main():
    weir, folder = sys.argv[1], os.environ.get('WEIR_CORPUS')
    names = ('corpus: the oracles agree', 'corpus: packets and bytes as capinfos counts them',
             'corpus: dissect has a line a packet')
    missing = ('WEIR_CORPUS is not set' if not folder
               else 'capinfos is missing' if not shutil.which('capinfos') else None)
    if missing:
        def skipped():
            raise Skip(missing)
        return report([(name, skipped) for name in names])
    corpus = Corpus(weir, folder)
    checks = (lambda: oracles_agree(corpus),
              lambda: corpus.each(lambda path: summary_of(corpus, path)),
              lambda: corpus.each(lambda path: dissection_of(corpus, path)))
    return report(list(zip(names, checks)))


if __name__ == '__main__':
    sys.exit(main())
