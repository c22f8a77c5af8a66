"""What tshark says about each packet of a capture, in the terms of `weir dissect --json`.

tshark is asked once a capture, for fields in all their occurrences and for the chain of protocols
(frame.protocols). The chain says which occurrence belongs to which header, so an outer IP header
can be told from an inner one and from one that an ICMP error quotes.
"""

import dataclasses
import os
import subprocess

LIMIT_S = 300

# Protocol number to its name in the chain, and that to the prefix of its port fields.
PORT_PROTOS = {6: 'tcp', 17: 'udp', 33: 'dccp', 132: 'sctp', 136: 'udplite'}
PORT_FIELDS = {'tcp': 'tcp', 'udp': 'udp', 'dccp': 'dccp', 'sctp': 'sctp', 'udplite': 'udp'}
# Extension header in the chain to the field that names what follows it.
EXTENSIONS = {'ipv6.hopopts': 'ipv6.hopopts.nxt', 'ipv6.dstopts': 'ipv6.dstopts.nxt',
              'ipv6.routing': 'ipv6.routing.nxt', 'ipv6.fraghdr': 'ipv6.fraghdr.nxt',
              'ah': 'ah.next_header', 'mipv6': 'mip6.proto', 'hip': 'hip.proto',
              'shim6': 'shim6.nxt'}
TAGS = {'vlan': 'vlan.id', 'ieee8021ad': 'ieee8021ad.id'}
# What may stand between the IP header that carries a tunnel and the one inside it.
TUNNELS = {'gre', 'vxlan', 'geneve', 'gtp', 'tzsp', 'l2tp', 'capwap.data', 'teredo', 'etherip',
           'lisp-data'}
# Followed without a name in the chain, or under one that does not make it a tunnel: VXLAN-GPE, MPLS
# in UDP and in IP, Ethernet in IP.
TUNNEL_PORTS = {4790, 6635}
TUNNEL_PROTOS = {137, 143}
BETWEEN = TUNNELS | {'udp', 'eth', 'ethertype', 'erspan', 'ppp', 'mpls', 'llc', 'wlan', 'nsh',
                     'macsec', *TAGS}
FIELDS = ('frame.cap_len', 'frame.len', 'frame.protocols', '_ws.malformed', '_ws.short',
          *TAGS.values(),
          'ip.src', 'ip.dst', 'ip.proto', 'ip.len', 'ip.frag_offset', 'ip.flags.mf',
          'ipv6.src', 'ipv6.dst', 'ipv6.nxt', 'ipv6.plen', 'ipv6.fraghdr.offset',
          'ipv6.fraghdr.more', *sorted(set(EXTENSIONS.values())),
          *(f'{prefix}.{side}port'
            for prefix in sorted(set(PORT_FIELDS.values())) for side in ('src', 'dst')))
# Reassembly would show a header in the packet that completes it instead of in its own.
OPTIONS = ('ip.defragment:FALSE', 'ipv6.defragment:FALSE', 'tcp.desegment_tcp_streams:FALSE',
           'tcp.analyze_sequence_numbers:FALSE', 'sctp.reassembly:FALSE', 'wlan.defragment:FALSE',
           'capwap.swap_fc:FALSE')
# A port that weir knows and tshark does not: VXLAN as Linux sent it before RFC 7348.
# EtherTypes of the same kind, and the two kinds of Ethernet pseudowire, which it guesses otherwise.
DECODE_AS = ('udp.port==8472,vxlan', 'ethertype==0x9200,vlan', 'ethertype==0x9300,vlan',
             'ethertype==0x8200,vlan', 'mpls.label==300,pwethcw', 'mpls.label==301,pwethnocw')


@dataclasses.dataclass
class Header:
    """One IP header and the ports behind it; None is what tshark did not get to."""
    at: int  # in the chain
    version: int
    src: str
    dst: str
    proto: int = None
    ip_bytes: int = None
    fragment: bool = False
    later: bool = False  # a fragment that is not the first
    src_port: int = None
    dst_port: int = None
    ends: int = 0  # in the chain: its last extension header, or itself
    vlans: tuple = ()  # of the frame that it is in


@dataclasses.dataclass
class Packet:
    """One packet. `headers` are its IP headers, outermost first."""
    cap_len: int
    wire_len: int
    chain: list
    stopped: bool  # tshark found it malformed or cut somewhere
    headers: list = dataclasses.field(default_factory=list)
    vlans: tuple = ()  # of the outermost frame


class Occurrences:
    """Hands out the occurrences of each field of one packet in order."""

    def __init__(self, line):
        self.fields = {name: value.split(',') if value else []
                       for name, value in zip(FIELDS, line.split('\t'))}

    def take(self, name):
        left = self.fields[name]
        return left.pop(0) if left else None

    def take_number(self, name):
        value = self.take(name)
        return None if value is None else int(value, 0)

    def take_flag(self, name):
        return self.take(name) in ('1', 'True')


def ipv4_header(seen, at):
    header = Header(at, 4, seen.take('ip.src'), seen.take('ip.dst'), ends=at)
    header.proto = seen.take_number('ip.proto')
    header.ip_bytes = seen.take_number('ip.len')
    header.later = bool(seen.take_number('ip.frag_offset'))
    header.fragment = seen.take_flag('ip.flags.mf') or header.later
    return header


def ipv6_header(seen, at):
    header = Header(at, 6, seen.take('ipv6.src'), seen.take('ipv6.dst'), ends=at)
    header.proto = seen.take_number('ipv6.nxt')
    payload = seen.take_number('ipv6.plen')
    header.ip_bytes = None if payload is None else payload + 40
    return header


def add_extension(seen, header, name, at):
    header.ends = at
    header.proto = seen.take_number(EXTENSIONS[name])
    if name == 'ipv6.fraghdr':
        header.later = bool(seen.take_number('ipv6.fraghdr.offset'))
        header.fragment = header.later or seen.take_flag('ipv6.fraghdr.more')


def walk(packet, seen):
    """Fills in the headers. Extension headers and ports belong to the IP header right before."""
    current, tags, new_frame = None, (), True
    for at, name in enumerate(packet.chain):
        if name in TAGS:
            tag = seen.take_number(TAGS[name])
            tags = (*(() if new_frame else tags), *(() if tag is None else (tag,)))
            new_frame = False
        elif name in ('ip', 'ipv6'):
            current = ipv4_header(seen, at) if name == 'ip' else ipv6_header(seen, at)
            current.vlans = tags
            new_frame = True
            if current.src is not None:
                packet.headers.append(current)
            continue
        elif name in EXTENSIONS and current is not None and current.version == 6:
            add_extension(seen, current, name, at)
            continue
        elif name in EXTENSIONS:
            seen.take(EXTENSIONS[name])
        elif name in PORT_FIELDS:
            ports = [seen.take_number(f'{PORT_FIELDS[name]}.{side}port') for side in ('src', 'dst')]
            if current is not None and PORT_PROTOS.get(current.proto) == name:
                current.src_port, current.dst_port = ports
        if not packet.headers:
            packet.vlans = tags
        current = None


def packet_of(line):
    seen = Occurrences(line)
    stopped = bool(seen.fields['_ws.malformed'] or seen.fields['_ws.short'])
    packet = Packet(seen.take_number('frame.cap_len'), seen.take_number('frame.len'),
                    (seen.take('frame.protocols') or '').split(':'), stopped)
    walk(packet, seen)
    return packet


def innermost(packet):
    """The header that --decap keys on: as deep as tunnels that weir follows lead."""
    header = packet.headers[0]
    for inner in packet.headers[1:]:
        between = packet.chain[header.ends + 1:inner.at]
        is_tunnel = (not between or not TUNNELS.isdisjoint(between) or
                     header.dst_port in TUNNEL_PORTS or header.proto in TUNNEL_PROTOS)
        if header.fragment or not is_tunnel or not BETWEEN.issuperset(between):
            break
        header = inner
    return header


def ask(path):
    """One Packet for each packet of the capture, in its order."""
    command = ['tshark', '-n', '-r', path, '-T', 'fields', '-E', 'occurrence=a',
               '-E', 'aggregator=,', '-E', 'separator=/t']
    for option in OPTIONS:
        command += ['-o', option]
    for rule in DECODE_AS:
        command += ['-d', rule]
    for field in FIELDS:
        command += ['-e', field]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=LIMIT_S, check=False, env={**os.environ, 'LC_ALL': 'C'})
    if done.returncode != 0:
        raise RuntimeError(f'tshark on {path}: {done.stderr.strip()}')
    return [packet_of(line) for line in done.stdout.splitlines()]
