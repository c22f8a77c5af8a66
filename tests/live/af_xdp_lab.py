"""What the live tests of AF_XDP share: veth pairs with queues, frames to a chosen queue."""

import errno
import os
import re
import socket
import subprocess

from live import LIMIT_S, LOCAL, have, inside, need, udp_frame, wait_until

AF_XDP = 44
SOL_PACKET = 263
PACKET_QDISC_BYPASS = 20
FLOW = ('10.77.0.2', '198.18.0.2', 10000, 53, 17)


def need_af_xdp(lab):
    done = subprocess.run([lab.weir_path, '--version'], capture_output=True, text=True, check=True,
                          timeout=LIMIT_S)
    need('af_xdp' in done.stdout, 'weir was built without af_xdp')
    try:
        socket.socket(AF_XDP, socket.SOCK_RAW, 0).close()
    except OSError as error:
        need(error.errno not in (errno.EAFNOSUPPORT, errno.EPERM), f'no AF_XDP here: {error}')
        raise


def queues_link(lab, queues=1, generic=False):
    """Two namespaces with va and vb. A driver that refuses native XDP makes it generic: veth does
    when the sender has more queues than the receiver."""
    need_af_xdp(lab)
    near, far = lab.namespace('a'), lab.namespace('b')
    make_queues_veth(lab, near, far, queues, generic)
    return near, far


def make_queues_veth(lab, near, far, queues=1, generic=False):
    sending = queues + 1 if generic else queues
    made = lab.ip('link', 'add', 'va', 'netns', near, 'numtxqueues', str(sending), 'numrxqueues',
                  str(sending), 'type', 'veth', 'peer', 'name', 'vb', 'netns', far, 'numtxqueues',
                  str(sending), 'numrxqueues', str(queues), check=False)
    need(made.returncode == 0, f'no veth pairs with queues: {made.stderr.strip()}')
    lab.ip('-n', near, 'link', 'set', 'va', 'up')
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')


def send_to(namespace, queue, frames):
    """Past the queueing discipline the sending CPU is the queue."""
    cpus = os.sched_getaffinity(0)
    need(queue in cpus, f'this process may not run on CPU {queue}')
    with inside(namespace), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
        out.bind(('va', 0))
        os.sched_setaffinity(0, {queue})
        try:
            for frame in frames:
                out.send(frame)
        finally:
            os.sched_setaffinity(0, cpus)


def af_xdp(lab, namespace, *args):
    return lab.json(namespace, 'vb', '--backend', 'af_xdp', *LOCAL, *args)


def notes_of(weir):
    return ' / '.join(event['reason'] for event in weir.lines('event') if event['event'] == 'note')


def program_of(lab, namespace, interface='vb'):
    """(mode, number) of the XDP program that is attached, None without one."""
    shown = lab.ip('-n', namespace, 'link', 'show', 'dev', interface).stdout
    mode, number = re.search(r' (xdp\w*) ', shown), re.search(r'prog/xdp id (\d+)', shown)
    return (mode.group(1), int(number.group(1))) if mode and number else None


def wait_handed_over(lab, namespace, packets):
    """Until the XDP program of vb has seen so many: a busy kernel takes them to it later, which
    would be after a signal or after the end of the interface. Native mode only."""
    need(have('ethtool'), 'needs ethtool')

    def handed_over():
        told = lab.ip('netns', 'exec', namespace, 'ethtool', '-S', 'vb', check=False).stdout
        counts = re.findall(r'rx_queue_\d+_xdp_packets: (\d+)', told)
        need(counts, 'this kernel does not count packets of XDP')
        return sum(map(int, counts)) >= packets
    wait_until(handed_over, f'{packets} packets handed over')


def tagged(frame, *tags):
    return frame[:12] + b''.join(bytes.fromhex(tag) for tag in tags) + frame[12:]


def flows_of(count, payload=100):
    return [udp_frame(ports=(10000 + number, 53), payload=payload) for number in range(count)]


def seen(counters):
    return counters['received'] + counters['dropped_kernel']
