"""What tcpdump saw of a link, read without weir: the truth that its numbers are compared with."""

import collections
import ipaddress
import os
import struct

from live import need, have, wait_until

ETHERNET = 14


def read_file(path):
    """IP bytes by (proto, source, port, destination, port), ports 0 where there are none."""
    flows = collections.Counter()
    with open(path, 'rb') as file:
        data = file.read()
    at = 24
    while at + 16 <= len(data):
        kept = struct.unpack_from('<I', data, at + 8)[0]
        frame = data[at + 16:at + 16 + kept]
        if len(frame) < kept:  # being written
            break
        at += 16 + kept
        key, size = parse(frame)
        if key:
            flows[key] += size
    return flows


def parse(frame):
    """(key, IP bytes) of an Ethernet frame; (None, 0) of one that is not IP."""
    ether_type = int.from_bytes(frame[12:14], 'big')
    packet = frame[ETHERNET:]
    if ether_type == 0x0800:
        size, proto = int.from_bytes(packet[2:4], 'big'), packet[9]
        ends, payload = (packet[12:16], packet[16:20]), packet[(packet[0] & 15) * 4:]
    elif ether_type == 0x86dd:
        size, proto = 40 + int.from_bytes(packet[4:6], 'big'), packet[6]
        ends, payload = (packet[8:24], packet[24:40]), packet[40:]
        if proto == 0:  # hop by hop, of MLD
            proto, payload = payload[0], payload[(payload[1] + 1) * 8:]
    else:
        return None, 0
    ports = struct.unpack('!HH', payload[:4]) if proto in (6, 17) else (0, 0)
    source, destination = (str(ipaddress.ip_address(end)) for end in ends)
    return (proto, source, ports[0], destination, ports[1]), size


def start_tcpdump(lab, namespace, interface, expression=''):
    """A file that grows with what the interface sees from now on."""
    need(have('tcpdump'), 'needs tcpdump')
    path = os.path.join(lab.temporary_folder(), 'truth.pcap')
    child = lab.start(namespace, 'tcpdump', '-i', interface, '-U', '--immediate-mode',
                      '-s', '128', '-w', path, '-Z', 'root', expression)

    def listens():
        child.alive()
        return any('listening on' in line for line in child.err)
    wait_until(listens, 'tcpdump to listen')
    return path
