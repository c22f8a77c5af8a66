#!/usr/bin/python3
"""`weir dissect` beside tshark on every packet of the capture files in WEIR_CORPUS. TAP on stdout.

    corpus.py WEIR

The whole files are joined into one, so that tshark starts once; weir reads the files themselves.
A file that capinfos finds damaged or does not know is left out: tests of the file reader have it.
"""

import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

import compare
import oracle

TOOLS = ('tshark', 'mergecap', 'capinfos')
# Link type to its name and how many packets of it are the least that is worth calling a comparison.
GROUPS = (
    ('EN10MB', (1,)),
    ('NULL and LOOP', (0, 108)),
    ('PPP, PPP_SERIAL, PPP_ETHER', (9, 50, 51)),
    ('RAW, IPV4, IPV6', (12, 14, 101, 228, 229)),
    ('LINUX_SLL and LINUX_SLL2', (113, 276)),
    ('IEEE802_11, radiotap, prism, AVS', (105, 119, 127, 163)),
    ('serial lines and ATM', (11, 100, 104, 106, 107, 123, 166, 182, 204, 205, 206)),
    ('other LANs', (6, 7, 10, 122, 129, 138, 143, 242, 274, 281, 282, 284, 285)),
    ('capture headers', (109, 117, 178, 179, 180, 181, 192, 197, 226, 239, 240, 241, 258)),
)
MODES = (('outermost', (), compare.outermost), ('--decap', ('--decap',), compare.innermost))
KNOWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'known_differences.txt')


def known_differences():
    """(mode, file, packet number) to the class."""
    known = {}
    with open(KNOWN, encoding='utf-8') as lines:
        for line in lines:
            if line.startswith('#'):
                continue
            mode, name, number, why = line.split()
            for each in ('outermost', '--decap') if mode == 'both' else (mode,):
                known[each, name, int(number)] = why
    return known


def capture_files(folder):
    paths = [os.path.join(root, name) for root, _, names in os.walk(folder) for name in names]
    return sorted(path for path in paths if re.search(r'\.(pcap|pcapng|cap)$', path))


def whole_files(paths):
    """(path, packets) of the files that capinfos reads to the end."""
    done = subprocess.run(['capinfos', '-T', '-M', '-r', '-B', '-c', *paths],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          timeout=compare.LIMIT_S, check=False)
    rows = (line.split('\t') for line in done.stdout.splitlines())
    return [(row[0], int(row[1])) for row in rows if len(row) == 2 and row[1].isdigit()]


class Corpus:
    """Each packet of the corpus as tshark sees it, with where it is."""

    def __init__(self, weir, folder):
        self.weir = weir
        files = whole_files(capture_files(folder))
        self.paths = [path for path, _ in files]
        self.places = [(os.path.basename(path), number) for path, packets in files
                       for number in range(1, packets + 1)]
        with tempfile.TemporaryDirectory(prefix='weir-dissect-') as work:
            joined = os.path.join(work, 'joined.pcapng')
            subprocess.run(['mergecap', '-a', '-I', 'none', '-F', 'pcapng', '-w', joined,
                            *self.paths], stderr=subprocess.PIPE, timeout=compare.LIMIT_S,
                           check=True)
            self.packets = oracle.ask(joined)

    def compare(self, tap, mode, options, pick):
        lines = compare.dissect(self.weir, self.paths, *options)
        counts = (len(self.places), len(self.packets), len(lines))
        tap.case(f'{mode}: capinfos, tshark and weir count the same packets',
                 [f'{counts}'] if len(set(counts)) != 1 else [])
        known, differing = known_differences(), set()
        by_type = collections.defaultdict(list)
        for place, packet, line in zip(self.places, self.packets, lines):
            by_type[line['link_type']].append((place, packet, line))
        for name, link_types in GROUPS:
            rows = [row for link_type in link_types for row in by_type.pop(link_type, [])]
            self.group(tap, f'{mode}: {name}', rows, pick, mode, known, differing)
        self.unlisted(tap, mode, [row for rows in by_type.values() for row in rows], pick)
        tap.case(f'{mode}: every known difference still differs',
                 [f'{name} packet {number} agrees now'
                  for (where, name, number) in known
                  if where == mode and (name, number) in self.places
                  and (name, number) not in differing])

    @staticmethod
    def group(tap, name, rows, pick, mode, known, differing):
        wrong, compared, without = [], 0, 0
        for place, packet, line in rows:
            header = pick(packet)
            found = compare.differences(packet, line, header)
            # tshark takes SunATM's four bytes for itself.
            if line['link_type'] != 123 and (packet.cap_len, packet.wire_len) != (
                    line['cap_len'], line['wire_len']):
                found.append(f"lengths: tshark {packet.cap_len} of {packet.wire_len}, "
                             f"weir {line['cap_len']} of {line['wire_len']}")
            if found:
                differing.add(place)
            if (mode, *place) not in known:
                wrong += [f'{place[0]} packet {place[1]}: {text}' for text in found]
            compared += header is not None and compare.is_well_formed(packet, header)
            without += header is None
        if not rows:
            tap.skip(name, 'the corpus has no packet of these link types')
            return
        tap.case(f'{name}: {compared} well-formed IP packets of {len(rows)}, {without} without IP',
                 wrong)

    @staticmethod
    def unlisted(tap, mode, rows, pick):
        """What is keyed there without a rule for the link type has to be right."""
        name = f'{mode}: other link types, only what proves itself to be IP'
        if not rows:
            tap.skip(name, 'the corpus has no packet of another link type')
            return
        wrong = []
        for place, packet, line in rows:
            if line['verdict'] == 'parsed':
                wrong += [f'{place[0]} packet {place[1]}: {text}'
                          for text in compare.differences(packet, line, pick(packet))]
            elif line['verdict'] not in ('unsupported', 'short_capture'):
                wrong.append(f"{place[0]} packet {place[1]}: {line['verdict']}")
        tap.case(f'{name}: {len(rows)} packets', wrong)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = os.environ.get('WEIR_CORPUS', '')
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if not folder:
        print('1..0 # SKIP WEIR_CORPUS is not set')
        return 0
    if missing:
        print(f"1..0 # SKIP not installed: {' '.join(missing)}")
        return 0
    corpus = Corpus(sys.argv[1], folder)
    tap = compare.Tap()
    for mode, options, pick in MODES:
        corpus.compare(tap, mode, options, pick)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
