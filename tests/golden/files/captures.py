"""The captures of files_test.py, made with scapy and by hand: see README.md."""

import gzip
import struct

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether

START_S = 1_700_000_000


def frames():
    """Frames of 60 to 1514 bytes, most of them IP."""
    made = []
    for number in range(200):
        base = Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02')
        size = number * 37 % 1400
        if number % 10 == 9:
            frame = base / ARP()
        elif number % 3 == 0:
            frame = base / IPv6(src='2001:db8::1', dst='2001:db8::2') / UDP(dport=53) / bytes(size)
        else:
            frame = (base / IP(src=f'10.0.0.{number % 20}', dst='192.0.2.1')
                     / TCP(sport=1000 + number, dport=443) / bytes(size))
        made.append(bytes(frame).ljust(60, b'\0'))
    return made


def pcap(packets, order='<', nanoseconds=False, snaplen=65535):
    """A pcap file, and where its records end."""
    content = struct.pack(order + 'IHHiIII', 0xa1b23c4d if nanoseconds else 0xa1b2c3d4, 2, 4, 0, 0,
                          snaplen, 1)
    ends = []
    for number, packet in enumerate(packets):
        kept = packet[:snaplen]
        content += struct.pack(order + 'IIII', START_S + number, number, len(kept), len(packet))
        content += kept
        ends.append(len(content))
    return content, ends


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + 'I', len(body) + 12)
    return struct.pack(order + 'I', kind) + length + body + length


def pcapng(packets, order='<'):
    """Two interfaces: Ethernet with nanoseconds, and what is in its frames as raw IP in 2^-20 s."""
    nanoseconds = struct.pack(order + 'HHB3xHH', 9, 1, 9, 0, 0)
    binary = struct.pack(order + 'HHB3xHH', 9, 1, 0x80 | 20, 0, 0)
    content = block(order, 0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1))
    content += block(order, 1, struct.pack(order + 'HHI', 1, 0, 0) + nanoseconds)
    content += block(order, 1, struct.pack(order + 'HHI', 101, 0, 0) + binary)
    ends = []
    for number, packet in enumerate(packets):
        raw = number % 2 == 1 and packet[12:14] in (b'\x08\x00', b'\x86\xdd')
        data = packet[14:] if raw else packet
        units = (START_S + number) << 20 if raw else (START_S + number) * 1_000_000_000 + 7
        content += block(order, 6, struct.pack(order + 'IIIII', raw, units >> 32,
                                               units & 0xffffffff, len(data), len(data)) + data)
        ends.append(len(content))
    return content, ends


def whole():
    """Name to content, each readable to its end."""
    packets = frames()
    plain = pcap(packets)[0]
    return {
        'little-us.pcap': plain,
        'big-us.pcap': pcap(packets, '>')[0],
        'little-ns.pcap': pcap(packets, nanoseconds=True)[0],
        'big-ns.pcap': pcap(packets, '>', True)[0],
        'snaplen-96.pcap': pcap(packets, snaplen=96)[0],
        'header-only.pcap': pcap([])[0],
        'little.pcapng': pcapng(packets)[0],
        'big.pcapng': pcapng(packets, '>')[0],
        'sections.pcapng': pcapng(packets)[0] + pcapng(packets[:50], '>')[0],
        'one-member.pcap.gz': gzip.compress(plain, mtime=0),
        'members.pcap.gz': b''.join(gzip.compress(plain[at:at + 9999], mtime=0)
                                    for at in range(0, len(plain), 9999)),
    }


def other_formats():
    """Name to (content, what weir says of it)."""
    return {
        'text.pcap': (b'this is not a capture\n', 'not a capture file but text'),
        'page.pcap': (b'<!doctype html>\n<title>404</title>\n',
                      'not a capture file but an HTML page'),
        'zeros.pcap': (bytes(5000), 'not a capture file but zero bytes'),
        'twice.pcap.gz': (gzip.compress(gzip.compress(pcap(frames())[0], mtime=0), mtime=0),
                          'not a capture file but gzip data within compressed data: unpack it '
                          'first'),
    }


def with_statistics(packets, drops, order='<'):
    """A pcapng file that ends in an Interface Statistics Block with (code, count) pairs."""
    content = block(order, 0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1))
    content += block(order, 1, struct.pack(order + 'HHI', 1, 0, 0))
    for packet in packets:
        content += block(order, 6, struct.pack(order + 'IIIII', 0, 0, 1, len(packet), len(packet))
                         + packet)
    options = b''.join(struct.pack(order + 'HHQ', code, 8, count) for code, count in drops)
    options += struct.pack(order + 'HH', 0, 0)
    return content + block(order, 5, struct.pack(order + 'III', 0, 0, 1) + options)


def damaged():
    """Name to (content, whole packets in it, what weir says of it)."""
    packets = frames()
    plain, ends = pcap(packets)
    blocks, block_ends = pcapng(packets)
    packed = gzip.compress(plain, mtime=0)
    garbled = plain[:ends[99] + 8] + b'\xff' * 4 + plain[ends[99] + 12:]
    lengths = blocks[:block_ends[99] + 4] + b'\x07\0\0\0' + blocks[block_ends[99] + 8:]
    return {
        'cut-in-data.pcap': (plain[:ends[99] + 20], 100,
                             f'cut short at byte {ends[99] + 20}, after 100 packets'),
        'cut-in-header.pcap': (plain[:ends[99] + 5], 100,
                               f'cut short at byte {ends[99] + 5}, after 100 packets'),
        'cut-in-file-header.pcap': (plain[:20], 0, 'cut short at byte 20, after 0 packets'),
        'garbled-length.pcap': (garbled, 100, f'garbled at byte {ends[99]}, after 100 packets: '
                                              'a packet of 4294967295 bytes'),
        'cut.pcapng': (blocks[:block_ends[99] + 30], 100,
                       f'cut short at byte {block_ends[99] + 30}, after 100 packets'),
        'garbled.pcapng': (lengths, 100, f'garbled at byte {block_ends[99]}, after 100 packets: '
                                         'a block of 7 bytes'),
        'cut.pcap.gz': (packed[:-4], 200, f'compressed data cut short at byte {len(packed) - 4}, '
                                          'after 200 packets'),
        'garbled.pcap.gz': (packed + b'what?', 200, f'compressed data garbled at byte '
                                                    f'{len(packed)}, after 200 packets'),
        'empty.pcap': (b'', 0, 'empty'),
    }
