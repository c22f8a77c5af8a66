"""Reads the records of pcap and pcapng files: lengths and link types, nothing else.

An oracle that shares no code with weir. It trusts the file: it is used on captures that capinfos
has read to the end as well, and on those it must agree with capinfos (see corpus.py).
"""

import gzip
import struct

PCAP = {b'\xd4\xc3\xb2\xa1': '<', b'\x4d\x3c\xb2\xa1': '<',
        b'\xa1\xb2\xc3\xd4': '>', b'\xa1\xb2\x3c\x4d': '>'}
SECTION, INTERFACE, OBSOLETE, SIMPLE, ENHANCED = 0x0a0d0d0a, 1, 2, 3, 6


def read_capture(path):
    """One (captured bytes, bytes on the wire, link type) a packet."""
    with open(path, 'rb') as file:
        data = file.read()
    if data[:2] == b'\x1f\x8b':
        data = gzip.decompress(data)
    return list(pcap(data) if data[:4] in PCAP else pcapng(data))


def pcap(data):
    order = PCAP[data[:4]]
    minor, link_type = struct.unpack(order + 'H', data[6:8])[0], struct.unpack(
        order + 'I', data[20:24])[0] & 0xffff
    at = 24
    while at + 16 <= len(data):
        captured, wire = struct.unpack(order + 'II', data[at + 8:at + 16])
        if minor < 3 or (minor == 3 and captured > wire):
            captured, wire = wire, captured
        at += 16 + captured
        if at <= len(data):
            yield captured, wire, link_type


def pcapng(data):
    order, interfaces, at = '<', [], 0
    while at + 12 <= len(data):
        kind = struct.unpack('<I', data[at:at + 4])[0]
        if kind == SECTION:
            order = '<' if data[at + 8:at + 12] == b'\x4d\x3c\x2b\x1a' else '>'
            interfaces = []
        kind, length = struct.unpack(order + 'II', data[at:at + 8])
        body = data[at + 8:at + length - 4]
        at += length
        if at > len(data):
            return
        if kind == INTERFACE:
            interfaces.append(struct.unpack(order + 'HHI', body[:8])[::2])
        elif kind == ENHANCED:
            number, captured, wire = struct.unpack(order + 'I8xII', body[:20])
            yield captured, wire, interfaces[number][0]
        elif kind == OBSOLETE:
            number, captured, wire = struct.unpack(order + 'H10xII', body[:20])
            yield captured, wire, interfaces[number][0]
        elif kind == SIMPLE:
            wire = struct.unpack(order + 'I', body[:4])[0]
            link_type, snaplen = interfaces[0]
            yield (min(wire, snaplen) if snaplen else wire), wire, link_type
