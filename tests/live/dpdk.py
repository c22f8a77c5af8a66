#!/usr/bin/python3
"""Capture through DPDK on its virtual devices. TAP on stdout.

    dpdk.py WEIR MAKE_CAPTURE
"""

import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

from live import (LIMIT_S, LOCAL, check_law, flow_table, main, need, send, udp_frame)

HUGEPAGES = '/proc/sys/vm/nr_hugepages'
AF_XDP = 44
SMALL = ('--ring', '8M')
MODULE = 'backends/dpdk/weir_dpdk.so'  # beside the program, as it is built
NOBODY = ('setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups')


def need_dpdk(lab):
    done = subprocess.run([lab.weir_path, '--version'], capture_output=True, text=True, check=True,
                          timeout=LIMIT_S)
    need(re.search(r'^  dpdk ', done.stdout, re.M), 'weir was built without dpdk')


def capture_file(lab, packets, flows=1000, seed=1):
    need_dpdk(lab)
    path = os.path.join(lab.temporary_folder(), f'{seed}.pcap')
    subprocess.run([sys.argv[2], path, '--packets', str(packets), '--flows', str(flows), '--seed',
                    str(seed)], check=True, timeout=LIMIT_S)
    return path


def final_of(done):
    assert done.returncode == 0, done
    snapshot = json.loads(done.stdout.splitlines()[-1])
    assert snapshot['final'] is True, snapshot
    check_law(snapshot['counters'])
    return snapshot


def weir(lab, *args, prefix=(), path=None):
    """weir to its end, in no namespace of its own: these devices are in the process."""
    return subprocess.run([*prefix, path or lab.weir_path, *args], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=LIMIT_S)


def dpdk(lab, *args, huge=False, **kwargs):
    need_dpdk(lab)
    memory = () if huge else ('--no-huge',)
    return weir(lab, '--backend', 'dpdk', *memory, '--json', '-L', '0', *args, **kwargs)


def from_files(lab, *files, args=()):
    reads = [word for file in files for word in ('-r', file)]
    return final_of(weir(lab, *reads, '--json', '-L', '0', *args))


def same_as_files(got, expected, packets):
    assert got['counters']['received'] == packets, got['counters']
    assert flow_table(got) == flow_table(expected)
    for name in ('wire_bytes', 'ip_bytes', 'parsed', 'non_ip', 'tracked', 'missed'):
        assert got['counters'][name] == expected['counters'][name], name
    assert got['flow_count'] == expected['flow_count']


def a_file_once_and_exact(lab):
    packets = int(os.environ.get('WEIR_DPDK_PACKETS', '500000'))
    path = capture_file(lab, packets, 10000)
    got = final_of(dpdk(lab, '-i', 'net_pcap0', '--count', str(packets),
                        '--dpdk-args', f'--vdev=net_pcap0,rx_pcap={path}'))
    same_as_files(got, from_files(lab, path), packets)
    assert got['source']['backend'] == 'dpdk' and got['source']['name'] == 'net_pcap0', got
    assert got['counters']['dropped_nic'] == 0 == got['counters']['dropped_kernel'], got


def a_file_is_not_read_again_at_its_end(lab):
    path = capture_file(lab, 20000)
    got = final_of(dpdk(lab, '-i', f'net_pcap0,rx_pcap={path}', '-s', '1'))
    same_as_files(got, from_files(lab, path), 20000)


def two_queues_of_a_port(lab):
    files = [capture_file(lab, 60000, seed=number) for number in (1, 2)]
    port = 'net_pcap0,' + ','.join(f'rx_pcap={file}' for file in files)
    expected = from_files(lab, *files)
    for options in (('--workers', '2'), ('--workers', '1', '--queues', '0,1'),
                    ('--workers', '2', '--queues', '1,0')):
        got = final_of(dpdk(lab, '-i', port, '--count', '120000', *options))
        same_as_files(got, expected, 120000)
        assert got['source']['queues'] == 2, got['source']
    one = final_of(dpdk(lab, '-i', port, '--count', '60000', '--workers', '1', '--queues', '1'))
    same_as_files(one, from_files(lab, files[1]), 60000)


def two_ports_at_once(lab):
    files = [capture_file(lab, 60000, seed=number) for number in (1, 2)]
    got = final_of(dpdk(lab, '-i', f'net_pcap0,rx_pcap={files[0]}', '-i',
                        f'net_pcap1,rx_pcap={files[1]}', '--count', '120000'))
    same_as_files(got, from_files(lab, *files), 120000)
    assert got['source']['name'] == 'net_pcap0,net_pcap1', got['source']


def a_filter_matches_what_it_does_in_a_file(lab):
    path = capture_file(lab, 60000)
    text = 'udp and net 10.0.0.0/23'
    expected = from_files(lab, path, args=('-f', text))
    packets = expected['counters']['received']
    assert 0 < packets < 60000
    got = final_of(dpdk(lab, '-i', f'net_pcap0,rx_pcap={path}', '-f', text, '--count',
                        str(packets)))
    same_as_files(got, expected, packets)


def packets_of_several_mbufs_are_counted_whole(lab):
    need_dpdk(lab)
    try:
        from scapy.utils import wrpcap
    except ImportError:
        need(False, 'needs scapy (python3-scapy)')
    path = os.path.join(lab.temporary_folder(), 'jumbo.pcap')
    wrpcap(path, [udp_frame(payload=size) for size in (100, 3000, 8958, 1472, 5000)], linktype=1)
    expected = from_files(lab, path)
    port = f'net_pcap0,rx_pcap={path}'
    same_as_files(final_of(dpdk(lab, '-i', port, '--count', '5')), expected, 5)
    same_as_files(final_of(dpdk(lab, '-i', port, '--count', '5', '--snaplen', '64')), expected, 5)


def several_queues_that_never_end(lab):
    got = final_of(dpdk(lab, '-i', 'net_null0', '--workers', '2', '--count', '1000000', *SMALL))
    assert got['counters']['received'] == 1000000, got['counters']
    assert got['source']['queues'] == 2 and got['counters']['wire_bytes'] == 64000000, got
    assert got['source']['sharding'] == 'rings', 'a virtual device has no symmetric RSS'


def queues_on_which_nothing_comes(lab):
    got = final_of(dpdk(lab, '-i', 'net_ring0', '--workers', '3', '-s', '300ms', *SMALL))
    assert got['counters']['received'] == 0 and got['counters']['missed'] == 0, got
    assert got['source']['queues'] == 3, got['source']


def on_veth(lab, far, port, *args, prefix=()):
    child = lab.start(far, *prefix, lab.weir_path, '--backend', 'dpdk', '--no-huge', *SMALL, '-i',
                      port, '--json', '--interval', '100ms', '-L', '0', *LOCAL, *args)
    child.wait_for(lambda _: True, 'the first snapshot')
    return child


def tagged(frame, tag):
    return frame[:12] + bytes.fromhex(tag) + frame[12:]


def af_packet_on_veth(lab):
    need_dpdk(lab)
    near, far = lab.link()
    child = on_veth(lab, far, 'net_af_packet0,iface=vb')
    send(near, 'va', [udp_frame()] * 300 + [tagged(udp_frame(), '81000005')] * 200)
    child.wait_received(500)
    final = child.final()
    counters = final['counters']
    assert counters['received'] == 500 and counters['ip_bytes'] == 500 * 128, counters
    assert counters['wire_bytes'] == 300 * 142 + 200 * 146, counters
    assert counters['dropped_nic'] is None and counters['dropped_kernel'] is None, counters
    assert list(flow_table(final)) == [('10.77.0.2', '198.18.0.2', 10000, 53, 17)], final['flows']


def a_filter_sees_the_tag_that_was_taken_out(lab):
    need_dpdk(lab)
    near, far = lab.link()
    child = on_veth(lab, far, 'net_af_packet0,iface=vb', '-f', 'vlan 5 and udp')
    send(near, 'va', [udp_frame()] * 30 + [tagged(udp_frame(), '81000006')] * 20 +
         [tagged(udp_frame(), '81000005')] * 50)
    child.wait_received(50)
    counters = child.final()['counters']
    assert counters['received'] == 50 and counters['wire_bytes'] == 50 * 146, counters


def af_xdp_on_veth(lab):
    need_dpdk(lab)
    try:
        socket.socket(AF_XDP, socket.SOCK_RAW, 0).close()
    except OSError as error:
        need(False, f'no AF_XDP here: {error}')
    near, far = lab.link()
    # The driver leaks a block of its own for each UMEM.
    child = on_veth(lab, far, 'net_af_xdp0,iface=vb',
                    prefix=('env', 'ASAN_OPTIONS=detect_leaks=0'))
    send(near, 'va', [udp_frame()] * 500)
    child.wait_received(500)
    final = child.final()
    assert final['counters']['received'] == 500, final['counters']
    assert final['counters']['wire_bytes'] == 500 * 142, final['counters']


def a_port_that_goes_and_comes_back(lab):
    need_dpdk(lab)
    near, far = lab.link()
    child = on_veth(lab, far, 'net_af_packet0,iface=vb')
    send(near, 'va', [udp_frame()] * 100)
    child.wait_received(100)
    lab.ip('-n', far, 'link', 'del', 'vb')
    restart = child.wait_event('restart')[0]
    assert restart['reason'] == 'the device was removed', restart
    lab.veth(near, 'va', far, 'vb')
    # Nothing is sent: a poll that finds nothing is a sign of life.
    child.wait_event('resumed')
    send(near, 'va', [udp_frame()] * 50)
    child.wait_received(150)
    final = child.final()
    assert final['counters']['received'] == 150, final['counters']
    assert final['counters']['restarts'] == 1 and final['flow_count'] == 1, final


def a_stop_ends_a_port_that_is_away(lab):
    need_dpdk(lab)
    _, far = lab.link()
    child = on_veth(lab, far, 'net_af_packet0,iface=vb')
    lab.ip('-n', far, 'link', 'del', 'vb')
    child.wait_event('restart')
    child.final(signal.SIGTERM)


def copy_of(lab, module=MODULE):
    """weir in a folder of its own, with its module where `module` says."""
    folder = lab.temporary_folder()
    os.chmod(folder, 0o755)
    program = os.path.join(folder, 'bin', 'weir')
    os.makedirs(os.path.dirname(program))
    shutil.copy(lab.weir_path, program)
    if module:
        place = os.path.normpath(os.path.join(folder, 'bin', module))
        os.makedirs(os.path.dirname(place))
        shutil.copy(os.path.join(os.path.dirname(lab.weir_path), MODULE), place)
    return program


def an_ordinary_user(lab):
    need_dpdk(lab)
    need(shutil.which('setpriv'), 'needs setpriv (util-linux)')
    path = capture_file(lab, 20000)
    program = copy_of(lab)
    os.chmod(path, 0o644)
    got = dpdk(lab, '-i', f'net_pcap0,rx_pcap={path}', '--count', '20000', path=program,
               prefix=NOBODY)
    same_as_files(final_of(got), from_files(lab, path), 20000)


def needed_by(path):
    done = subprocess.run(['readelf', '-dW', path], capture_output=True, text=True, check=True,
                          timeout=LIMIT_S)
    return re.findall(r'\(NEEDED\).*\[(.*)\]', done.stdout)


def the_program_does_not_link_dpdk(lab):
    need_dpdk(lab)
    need(shutil.which('readelf'), 'needs readelf (binutils)')
    libraries = needed_by(lab.weir_path)
    assert 'libc.so.6' in libraries, libraries
    assert not [name for name in libraries if name.startswith('librte_')], libraries
    module = needed_by(os.path.join(os.path.dirname(lab.weir_path), MODULE))
    assert [name for name in module if name.startswith('librte_eal')], module


def without_its_module_the_rest_works(lab):
    path = capture_file(lab, 1000)
    program = copy_of(lab, module=None)
    same_as_files(final_of(weir(lab, '-r', path, '--json', '-L', '0', path=program)),
                  from_files(lab, path), 1000)
    for args in (('--backend', 'dpdk', '-i', 'net_null0'), ('devices', '--backend', 'dpdk')):
        refused(weir(lab, *args, '--no-huge', path=program), 4, 'weir: --backend dpdk: there is no',
                'weir_dpdk.so', 'install')
    version = weir(lab, '--version', path=program)
    assert version.returncode == 0 and '  dpdk ' in version.stdout, version


def a_module_that_cannot_be_loaded(lab):
    """Empty, of another version, and without one of DPDK's libraries."""
    need_dpdk(lab)
    program = copy_of(lab)
    module = os.path.join(os.path.dirname(program), MODULE)
    with open(module, 'rb') as file:
        whole = file.read()
    library = next(name for name in needed_by(module) if name.startswith('librte_eal')).encode()
    assert whole.count(library) >= 1, library
    gone = whole.replace(library, library.replace(b'librte', b'libwen'))
    version = weir(lab, '--version').stdout.split()[1].encode()
    assert whole.count(version + b'\0') >= 1, version
    other = whole.replace(version + b'\0', b'9' + version[1:] + b'\0')
    for content, text in ((b'', 'too short'), (gone, 'libwen_eal'), (gone, 'libdpdk-dev'),
                          (other, 'another build')):
        with open(module, 'wb') as file:
            file.write(content)
        refused(dpdk(lab, '-i', 'net_null0', '--count', '10', path=program), 4,
                'weir: --backend dpdk: ', text)


def a_program_with_capabilities_is_careful(lab):
    """Nobody gets them by a link to weir and a module of his own beside it."""
    need_dpdk(lab)
    need(shutil.which('setpriv') and shutil.which('setcap'), 'needs setpriv and setcap')
    program = copy_of(lab)
    module = os.path.join(os.path.dirname(program), MODULE)
    done = subprocess.run(['setcap', 'cap_net_raw+ep', program], capture_output=True, check=False)
    need(done.returncode == 0, f'setcap: {done.stderr}')
    args = ('-i', 'net_null0', '--count', '1000', *SMALL)
    final_of(dpdk(lab, *args, path=program, prefix=NOBODY))
    for owner, mode in ((65534, 0o755), (0, 0o777)):
        os.chown(module, owner, 0)
        os.chmod(module, mode)
        refused(dpdk(lab, *args, path=program, prefix=NOBODY), 4, 'may be written by others')


def an_installed_program_finds_it(lab):
    """The folder is told from where the program is, so it may be moved or copied as a whole."""
    need_dpdk(lab)
    with open(lab.weir_path, 'rb') as file:
        found = re.search(rb'\0(\.\./[^\0]*/weir)\0', file.read())
    need(found, 'libdir is not below the prefix')
    program = copy_of(lab, os.path.join(found.group(1).decode(), os.path.basename(MODULE)))
    final_of(dpdk(lab, '-i', 'net_null0', '--count', '1000', *SMALL, path=program))


def memory_in_hugepages(lab):
    need_dpdk(lab)
    with open(HUGEPAGES, encoding='ascii') as file:
        before = int(file.read())

    def reserve(pages):
        with open(HUGEPAGES, 'w', encoding='ascii') as file:
            file.write(str(pages))
    try:
        reserve(before + 40)
    except OSError as error:
        need(False, f'hugepages cannot be reserved: {error}')
    lab.stack.callback(reserve, before)
    with open(HUGEPAGES, encoding='ascii') as file:
        need(int(file.read()) >= before + 40, 'there is no memory for hugepages')
    path = capture_file(lab, 20000)
    done = dpdk(lab, '-i', f'net_pcap0,rx_pcap={path}', '--count', '20000', *SMALL, huge=True)
    same_as_files(final_of(done), from_files(lab, path), 20000)
    assert 'in hugepages' in done.stderr, done.stderr
    done = dpdk(lab, '-i', f'net_pcap0,rx_pcap={path}', '--count', '1', '--ring', '1G', huge=True)
    assert done.returncode == 0 and 'is all there is' in done.stderr, done


def without_hugepages_the_cure_is_told(lab):
    need_dpdk(lab)
    with open(HUGEPAGES, encoding='ascii') as file:
        need(int(file.read()) == 0, 'hugepages are reserved here')
    done = dpdk(lab, '-i', 'net_null0', huge=True)
    refused(done, 1, 'sysctl -w vm.nr_hugepages=256', '--no-huge')


def refused(done, status, *texts):
    assert done.returncode == status, done
    assert done.stdout == '' and done.stderr.count('\n') == 1, done
    for text in texts:
        assert text in done.stderr, done


def what_is_wrong_is_one_line(lab):
    null = ('-i', 'net_null0')
    for status, args, text in (
            (4, ('-i', 'eth0'), 'DPDK has no port of this name'),
            (4, ('-i', 'net_nonsense0'), 'net_nonsense0'),
            (4, ('-i', 'ffff:ff:1f.7'), 'no such PCI device'),
            (4, ('-i', 'net_pcap0,rx_pcap=/nonexistent.pcap'), 'No such file'),
            (2, (), 'needs -i PORT'),
            (2, (*null, '--dpdk-args', '--nonsense'), "unrecognized option '--nonsense'"),
            (2, (*null, '--dpdk-args', 'nonsense'), "'nonsense' is no option"),
            (2, (*null, '--dpdk-args', '--lcores=nonsense'), 'lcores'),
            (2, (*null, '--dpdk-args', '--help'), '--help'),
            (2, (*null, '--dpdk-args', "'"), 'a quote is not closed'),
            (2, ('-i', 'net_ring0', '--queues', '99'), 'receive queues 0 to'),
            (2, (*null, '-f', 'nonsense nonsense'), 'filter'),
            (1, (*null, '--dpdk-args', '-m 4'), 'memory for packets')):
        refused(dpdk(lab, *args), status, text)
    refused(weir(lab, '-i', 'lo', '--no-huge'), 2, 'needs --backend dpdk')


def nothing_is_left_behind(lab):
    need_dpdk(lab)

    def litter():
        return sorted([*glob.glob('/var/run/dpdk/*'), *glob.glob('/dev/hugepages/*'),
                       *glob.glob(os.path.join(folder, '*'))])
    folder = lab.temporary_folder()
    before = litter()
    done = dpdk(lab, '-i', 'net_null0', '--count', '1000', *SMALL,
                prefix=('env', f'TMPDIR={folder}'))
    assert done.returncode == 0 and litter() == before, (done, litter())
    for line in done.stdout.splitlines():
        json.loads(line)
    assert all(line.startswith('weir: ') for line in done.stderr.splitlines()), done.stderr


def devices_are_listed_when_asked_for(lab):
    need_dpdk(lab)
    done = weir(lab, 'devices', '--backend', 'dpdk', '--no-huge', '--json', '--dpdk-args',
                '--no-pci --vdev=net_null0 --vdev=net_ring0')
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and done.stderr == '', done
    assert [(one['name'], one['driver'], one['backends']) for one in found] == [
        ('net_null0', 'net_null', ['dpdk']), ('net_ring0', 'net_ring', ['dpdk'])], found
    plain = weir(lab, 'devices', '--json')
    assert 'net_null' not in plain.stdout, plain


CASES = (
    a_file_once_and_exact, a_file_is_not_read_again_at_its_end, two_queues_of_a_port,
    two_ports_at_once, a_filter_matches_what_it_does_in_a_file,
    packets_of_several_mbufs_are_counted_whole, several_queues_that_never_end,
    queues_on_which_nothing_comes, af_packet_on_veth, a_filter_sees_the_tag_that_was_taken_out,
    af_xdp_on_veth, a_port_that_goes_and_comes_back, a_stop_ends_a_port_that_is_away,
    an_ordinary_user, the_program_does_not_link_dpdk, without_its_module_the_rest_works,
    a_module_that_cannot_be_loaded, a_program_with_capabilities_is_careful,
    an_installed_program_finds_it, memory_in_hugepages, without_hugepages_the_cure_is_told,
    what_is_wrong_is_one_line, nothing_is_left_behind, devices_are_listed_when_asked_for,
)

if __name__ == '__main__':
    sys.exit(main(CASES))
