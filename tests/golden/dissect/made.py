#!/usr/bin/python3
"""`weir dissect` beside tshark on frames that scapy makes, a family a case. TAP on stdout.

    made.py WEIR

All families are written into one pcapng with an interface for each link type. How many IP headers
a frame has is known from how it was made: a frame that tshark reads otherwise fails, so that no
comparison is passed by comparing nothing.
"""

import collections
import os
import shutil
import struct
import sys
import tempfile

import compare

MODES = (('outermost', (), compare.outermost), ('--decap', ('--decap',), compare.innermost))
START_S = 1700000000


def block(kind, body):
    body += b'\0' * (-len(body) % 4)
    total = len(body) + 12
    return struct.pack('<II', kind, total) + body + struct.pack('<I', total)


def write_pcapng(path, frames):
    """`frames` are (link type, bytes). Microseconds, little-endian, no options."""
    interfaces = {}
    blocks = [block(0x0A0D0D0A, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1))]
    for link_type, _ in frames:
        if link_type not in interfaces:
            interfaces[link_type] = len(interfaces)
            blocks.append(block(1, struct.pack('<HHI', link_type, 0, 0)))
    for at, (link_type, data) in enumerate(frames):
        time_us = START_S * 1000000 + at
        blocks.append(block(6, struct.pack('<IIIII', interfaces[link_type], time_us >> 32,
                                           time_us & 0xFFFFFFFF, len(data), len(data)) + data))
    with open(path, 'wb') as out:
        out.write(b''.join(blocks))


def ip_headers(packet):
    """Of the frame as it was put together: an ICMP error's quote among them."""
    return sum(layer.__name__ in ('IP', 'IPv6') for layer in packet.layers())


def check(frame, seen, line, pick, known):
    """`known` are the labels that are known to differ."""
    label, _, packet = frame
    header = pick(seen)
    found = compare.differences(seen, line, header)
    if label in known:
        return [] if found else [f'{label}: a known difference that agrees now']
    if ip_headers(packet) != len(seen.headers):
        found.append(f"made with {ip_headers(packet)} IP headers, tshark sees {len(seen.headers)}"
                     f" in {':'.join(seen.chain)}")
    if header is not None and not compare.is_well_formed(seen, header):
        found.append(f"tshark does not read it to its end: {':'.join(seen.chain)}")
    return [f'{label}: {text}' for text in found]


def not_entered(frame, seen):
    """A tunnel that the comparison with --decap would pass by comparing its carrier."""
    header = compare.innermost(seen)
    if header.fragment or header is seen.headers[-1]:
        return []
    return [f"{frame[0]}: the tunnel is not followed in {':'.join(seen.chain)}"]


def unnoticed(seen, line):
    """The fields of a right line that may be changed without the comparison noticing."""
    changes = {'verdict': 'malformed', 'src_addr': '1.2.3.4', 'dst_addr': '1.2.3.4', 'proto': 99,
               'src_port': 1, 'dst_port': 1, 'ip_bytes': 1, 'fragment': True, 'vlans': [99]}
    return [name for name, value in changes.items()
            if not compare.differences(seen, {**line, name: value}, compare.outermost(seen))]


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    if shutil.which('tshark') is None:
        print('1..0 # SKIP not installed: tshark')
        return 0
    try:
        import made_frames
    except ImportError as error:
        print(f'1..0 # SKIP scapy is missing or too old: {error}')
        return 0
    import oracle
    made = [(family, frame) for family, make in made_frames.FAMILIES for frame in make()]
    tap = compare.Tap()
    with tempfile.TemporaryDirectory(prefix='weir-dissect-') as work:
        path = os.path.join(work, 'made.pcapng')
        write_pcapng(path, [(link_type, bytes(packet)) for _, (_, link_type, packet) in made])
        seen = oracle.ask(path)
        for mode, options, pick in MODES:
            lines = compare.dissect(sys.argv[1], [path], *options)
            wrong = collections.defaultdict(list)
            for (family, frame), packet, line in zip(made, seen, lines):
                wrong[family] += check(frame, packet, line, pick,
                                       made_frames.KNOWN_DIFFERENCES)
                if options and family in made_frames.TUNNEL_FAMILIES:
                    wrong[family] += not_entered(frame, packet)
            counts = (len(made), len(seen), len(lines))
            tap.case(f'{mode}: as many packets as were made',
                     [f'{counts}'] if len(set(counts)) != 1 else [])
            for family, _ in made_frames.FAMILIES:
                count = sum(name == family for name, _ in made)
                tap.case(f'{mode}: {family}: {count} frames', wrong[family])
        tap.case('a change of any field is noticed', unnoticed(seen[0], lines[0]))
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
