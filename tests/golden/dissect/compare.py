"""A packet as weir dissects it beside the same packet as tshark does; and running weir."""

import json
import os
import subprocess
import sys

import oracle

LIMIT_S = 120
TAP_LINES = 10  # of what differs, a case

os.environ['HOME'] = '/nonexistent'  # children read nobody's configuration, tshark's neither
os.environ.pop('XDG_CONFIG_HOME', None)


def is_well_formed(packet, header):
    """True when tshark read all of the header that is compared: addresses, protocol and length,
    each extension header without stopping in it, and the ports where there are any."""
    if header.proto is None or header.ip_bytes is None:
        return False
    if header.later:
        return True
    if header.proto in oracle.PORT_PROTOS:
        return header.src_port is not None and header.dst_port is not None
    return not packet.stopped or header.ends + 1 < len(packet.chain)


def differences(packet, line, header):
    """What weir's JSON line says otherwise than tshark, as texts; `header` is the IP header that
    weir should have keyed on, None where tshark saw none."""
    found = []

    def check(what, expected, got):
        if expected != got:
            found.append(f'{what}: tshark {expected}, weir {got}')

    if header is None:
        if line['verdict'] == 'parsed':
            found.append('tshark sees no IP, weir says parsed')
        # What was cut or is wrong may have stopped the two at different tags.
        if line['verdict'] in ('non_ip', 'unsupported') and not packet.stopped:
            check('vlans', list(packet.vlans), line['vlans'])
        return found
    if line['src_addr'] is not None:
        check('addresses', (header.src, header.dst), (line['src_addr'], line['dst_addr']))
    if not is_well_formed(packet, header):
        return found
    check('verdict', 'parsed', line['verdict'])
    if line['verdict'] != 'parsed':
        return found
    check('proto', header.proto, line['proto'])
    check('ip_bytes', header.ip_bytes, line['ip_bytes'])
    check('fragment', header.fragment, line['fragment'])
    check('ports', (header.src_port or 0, header.dst_port or 0),
          (line['src_port'], line['dst_port']))
    check('vlans', list(header.vlans), line['vlans'])
    return found


def outermost(packet):
    return packet.headers[0] if packet.headers else None


def innermost(packet):
    return oracle.innermost(packet) if packet.headers else None


def dissect(weir, paths, *options):
    """The JSON lines of all packets of the files, one after the other."""
    done = subprocess.run([weir, 'dissect', '--json', *options, '-r', *paths],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=LIMIT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f'weir dissect: {done.returncode}: {done.stderr.strip()}')
    return [json.loads(line) for line in done.stdout.splitlines()]


class Tap:
    """Prints the cases."""

    def __init__(self):
        self.count = 0
        self.failed = False

    def case(self, name, wrong):
        """`wrong` are texts; none is a pass."""
        self.count += 1
        print(f"{'not ok' if wrong else 'ok'} {self.count} - {name}")
        more = [f'and {len(wrong) - TAP_LINES} more'] if len(wrong) > TAP_LINES else []
        for text in wrong[:TAP_LINES] + more:
            print(f'# {text}', flush=True)
            # Meson shows only the errors of a TAP test that fails.
            print(f'{name}: {text}', file=sys.stderr)
        self.failed = self.failed or bool(wrong)

    def skip(self, name, why):
        self.count += 1
        print(f'ok {self.count} - {name} # SKIP {why}')

    def done(self):
        print(f'1..{self.count}')
        return 1 if self.failed else 0
