"""Small files of MaxMind's format 2.0 (maxmind.github.io/MaxMind-DB), for tests."""

import ipaddress
import struct

MARKER = b'\xab\xcd\xefMaxMind.com'
TEXT, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11


def control(kind, size):
    """The bytes before a value; sizes below 285."""
    first = bytes([(kind << 5 if kind <= 7 else 0) | min(size, 29)])
    return first + (bytes([kind - 7]) if kind > 7 else b'') + (
        bytes([size - 29]) if size >= 29 else b'')


def encoded(value, kind=UINT32):
    if isinstance(value, str):
        data = value.encode()
        return control(TEXT, len(data)) + data
    if isinstance(value, dict):
        return control(MAP, len(value)) + b''.join(
            encoded(name) + (part if isinstance(part, bytes) else encoded(part))
            for name, part in value.items())
    size = {UINT16: 2, UINT32: 4, UINT64: 8}[kind]
    return control(kind, size) + value.to_bytes(size, 'big')


def write(path, records):
    """`records`: what is said by network; the networks must not overlap."""
    nodes, data = [[None, None]], b''
    for network, record in records.items():
        net = ipaddress.ip_network(network)
        length = net.prefixlen + (96 if net.version == 4 else 0)  # IPv4 is under ::/96
        address = int(net.network_address)
        node = nodes[0]
        for depth in range(length - 1):
            bit = address >> (127 - depth) & 1
            if node[bit] is None:
                node[bit] = len(nodes)
                nodes.append([None, None])
            node = nodes[node[bit]]
        node[address >> (128 - length) & 1] = ('data', len(data))
        data += encoded(record)

    def number(record):
        if record is None:
            return len(nodes)
        return record if isinstance(record, int) else len(nodes) + 16 + record[1]
    tree = b''.join(struct.pack('!II', *map(number, node)) for node in nodes)
    metadata = encoded({
        'node_count': len(nodes), 'record_size': encoded(32, UINT16),
        'ip_version': encoded(6, UINT16), 'database_type': 'weir-test',
        'languages': control(ARRAY, 0), 'binary_format_major_version': encoded(2, UINT16),
        'binary_format_minor_version': encoded(0, UINT16),
        'build_epoch': encoded(1700000000, UINT64), 'description': {}})
    with open(path, 'wb') as file:
        file.write(tree + bytes(16) + data + MARKER + metadata)
