"""Seeds of fuzz_file beside plain pcap and pcapng.

Variants of pcap, statistics, snoop, ERF, and each of them compressed.

zstd(1) and lz4(1) are needed to make them again.
"""

import bz2
import gzip
import lzma
import struct
import subprocess

FRAME = bytes(12) + b'\x08\x00' + bytes.fromhex(
    '4500001c00010000401100000a0000010a000002' '0035003500080000')


def variant(order, magic, extra=b'', behind_header=b'', minor=4, link_type=1):
    """A pcap file whose record headers have more bytes than the usual 16."""
    parts = [struct.pack(order + 'IHHiIII', magic, 2, minor, 0, 0, 65535, link_type), behind_header]
    for number in range(3):
        parts += [struct.pack(order + 'IIII', number, 1, len(FRAME), len(FRAME)), extra, FRAME]
    return b''.join(parts)


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + 'I', len(body) + 12)
    return struct.pack(order + 'I', kind) + length + body + length


def options(order, *pairs):
    made = b''.join(struct.pack(order + 'HHQ', code, 8, value) for code, value in pairs)
    return made + struct.pack(order + 'HH', 0, 0)


def statistics(order):
    """Two interfaces with an Interface Statistics Block each, and drop counts of packets."""
    packet = struct.pack(order + 'IIIII', 0, 0, 1, len(FRAME), len(FRAME)) + FRAME
    packet += bytes(-len(packet) % 4) + options(order, (4, 7))
    return b''.join([
        block(order, 0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1)),
        block(order, 1, struct.pack(order + 'HHI', 1, 0, 0)),
        block(order, 1, struct.pack(order + 'HHI', 1, 0, 0)),
        block(order, 6, packet),
        block(order, 5, struct.pack(order + 'III', 0, 0, 1)
              + options(order, (4, 10), (5, 300), (6, 9), (7, 700), (8, 8))),
        block(order, 5, struct.pack(order + 'III', 1, 0, 1) + options(order, (5, 2**64 - 2))),
    ])


def snoop(data_link=4):
    parts = [b'snoop\0\0\0', struct.pack('>II', 2, data_link)]
    for number in range(3):
        parts.append(struct.pack('>IIIIII', len(FRAME), len(FRAME), 24 + len(FRAME) + 2, number,
                                 number, 5) + FRAME + bytes(2))
    return b''.join(parts)


def erf(kind=2, extensions=b''):
    parts = []
    sub_header = b'\0\0' if kind & 0x7f in (2, 11, 16, 20) else b''
    for number in range(4):
        body = extensions + sub_header + FRAME
        parts.append(struct.pack('<Q', (1_700_000_000 + number) << 32)
                     + struct.pack('>BBHHH', kind, 4, 16 + len(body), 1, len(FRAME) + 4) + body)
    return b''.join(parts)


def packed(program, content):
    return subprocess.run([program, '-c', '-q'], input=content, stdout=subprocess.PIPE,
                          check=True).stdout


def file_seeds():
    """Name to content."""
    patched = struct.pack('<IHBB', 2, 0x800, 0, 0)
    seeds = {
        'modified.pcap': variant('<', 0xa1b2cd34, patched),
        'modified-big.pcap': variant('>', 0xa1b2cd34, struct.pack('>IHBB', 2, 0x800, 0, 0)),
        'modified-cpu.pcap': variant('<', 0xa1b2cd34, patched + bytes(4)),
        'patched-usual-magic.pcap': variant('<', 0xa1b2c3d4, patched),
        'nokia.pcap': variant('<', 0xa1b2c3d4, bytes(4)),
        'ixia-hardware.pcap': variant('<', 0x1c0001ac, behind_header=bytes(4)),
        'ixia-software-big.pcap': variant('>', 0x1c0001ab, behind_header=bytes(4)),
        'aix.pcap': variant('>', 0xa1b2c3d4, minor=2, link_type=6),
        'statistics.pcapng': statistics('<'), 'statistics-big.pcapng': statistics('>'),
        'ethernet.snoop': snoop(), 'fddi.snoop': snoop(8), 'ethernet.erf': erf(),
        'extensions.erf': erf(0x82, b'\x83' + bytes(7) + b'\x03' + bytes(7)),
        'hdlc.erf': erf(1), 'ipv4.erf': erf(22), 'other.erf': erf(21), 'colour.erf': erf(11),
        'network-monitor.cap': b'GMBU' + bytes(60), 'zeros.bin': bytes(64),
    }
    seeds['statistics-sections.pcapng'] = seeds['statistics.pcapng'] + statistics('>')
    plain = {'usual.pcap': variant('<', 0xa1b2c3d4), 'modified.pcap': seeds['modified.pcap'],
             'statistics.pcapng': seeds['statistics.pcapng'],
             'ethernet.snoop': seeds['ethernet.snoop'], 'ethernet.erf': seeds['ethernet.erf']}
    for name, content in plain.items():
        seeds[name + '.zst'] = packed('zstd', content)
        seeds[name + '.lz4'] = packed('lz4', content)
        seeds[name + '.bz2'] = bz2.compress(content)
        seeds[name + '.xz'] = lzma.compress(content)
        seeds[name + '.gz'] = gzip.compress(content, mtime=0)
    for end in ('zst', 'lz4', 'bz2', 'xz'):
        whole = seeds['usual.pcap.' + end]
        seeds['members.pcap.' + end] = whole + whole + bytes(4)
        seeds['cut.pcap.' + end] = whole[:-7]
        seeds['garbled.pcap.' + end] = whole[:-20] + b'\xff' * 4 + whole[-16:]
    seeds['skippable.pcap.zst'] = struct.pack('<II', 0x184d2a50, 4) + b'weir' \
        + seeds['usual.pcap.zst']
    seeds['long-window.pcap.zst'] = bytes.fromhex('28b52ffd00b0010000')
    return seeds
