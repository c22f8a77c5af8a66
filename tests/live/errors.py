#!/usr/bin/python3
"""What is wrong at the start, permissions, and what `weir devices` knows. TAP on stdout.

    errors.py WEIR
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time

from live import (LIMIT_S, LOCAL, have, main, make_tun, need, send, send_datagrams,
                  udp_frame)

NOBODY = ('setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--inh-caps', '-all')


def refused(lab, namespace, status, text, *args, prefix=(), program=None):
    """weir ends at once with one line on stderr that matches."""
    start = time.monotonic()
    command = ['ip', 'netns', 'exec', namespace, *prefix, program or lab.weir_path, *args]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          check=False, timeout=LIMIT_S)
    assert done.returncode == status, done
    assert done.stdout == '' and done.stderr.count('\n') == 1, done
    assert re.search(text, done.stderr), done
    assert time.monotonic() - start < 20, 'it waited'
    return done.stderr


def a_wrong_filter_is_2(lab):
    _, far = lab.link()
    for expression in ('port', 'frob 5', 'tcp and (', 'host 10.0.0.999'):
        for layout in ('--json', '-t'):
            refused(lab, far, 2, rf"^weir: filter '{re.escape(expression)}': ", '-i', 'vb', layout,
                    '-f', expression)


def a_missing_interface_is_4(lab):
    _, far = lab.link()
    refused(lab, far, 4, r'^weir: vx: no such interface', '-i', 'vx')
    refused(lab, far, 4, r'^weir: vx: no such interface', '-i', 'vb', '-i', 'vx')
    refused(lab, far, 4, r'^weir: a/../b: no such interface', '-i', 'a/../b')
    refused(lab, far, 4, r'^weir: x{40}: no such interface', '-i', 'x' * 40)
    alone = lab.namespace('c')
    refused(lab, alone, 4, 'choose one of `weir devices` with -i', '-s', '1')


def devices_of_libpcap_without_ip_are_refused_at_once(lab):
    alone = lab.namespace('c')
    for name in ('usbmon0', 'usbmon99', 'bluetooth0', 'bluetooth-monitor', 'dbus-system',
                 'dbus-session', 'dbus://x', 'dag0', 'septel0', 'snf0', 'rdma0', 'nflog:x',
                 'nflog:99999', 'nfqueue:99999', 'netmap:lo'):
        for backend in ('auto', 'pcap'):
            done = lab.run(alone, '-i', name, '--backend', backend, '--json', '-s', '1')
            assert done.returncode in (1, 2, 3, 4) and done.stdout == '', done
            assert re.fullmatch(rf'weir: {name}: .+\n', done.stderr), done
            assert 'restart' not in done.stderr, done
        refused(lab, alone, 4, rf'^weir: {name}: no such interface', '-i', name, '--backend',
                'af_packet')


def a_monitor_of_netlink_is_refused_at_once(lab):
    alone = lab.namespace('c')
    made = lab.ip('-n', alone, 'link', 'add', 'nlmon0', 'type', 'nlmon', check=False)
    need(made.returncode == 0, f'no nlmon here: {made.stderr.strip()}')
    lab.ip('-n', alone, 'link', 'set', 'nlmon0', 'up')
    for backend in ('auto', 'pcap'):
        refused(lab, alone, 2, r'^weir: nlmon0: .*no IP.*link type 253, ', '-i', 'nlmon0',
                '--backend', backend)


def log_udp(lab, namespace, verdict):
    """A rule of netfilter for datagrams to port 9 that leave."""
    need(have('nft'), 'needs nft (nftables)')
    for command in ('add table ip t', 'add chain ip t out { type filter hook output priority 0; }',
                    f'add rule ip t out udp dport 9 {verdict}'):
        done = subprocess.run(['ip', 'netns', 'exec', namespace, 'nft', command],
                              capture_output=True, text=True, check=False, timeout=LIMIT_S)
        need(done.returncode == 0, f'no such rules here: {done.stderr.splitlines()[:1]}')


def netfilter_is_captured(lab, device, *args):
    """Whichever backend is asked for; also nothing at all for a while is no failure."""
    alone = lab.namespace('c')
    log_udp(lab, alone, {'nflog': 'log group 5', 'nfqueue': 'queue num 5'}[device.split(':')[0]])
    for backend in ('auto', 'pcap'):
        weir = lab.json(alone, device, '--backend', backend, *args)
        send_datagrams(alone, ('127.0.0.1', 4000), ('127.0.0.1', 9), 7, 100)
        weir.wait_received(7)
        final = weir.final()
        assert final['source']['backend'] == 'pcap', final['source']
        assert final['counters']['parsed'] == 7, final['counters']
        assert final['totals']['both']['ip_bytes'] == 7 * 128, final['totals']
        assert final['counters']['restarts'] == 0, weir.told()
        assert not any('restart' in line for line in weir.err), weir.err


def nflog_is_captured(lab):
    netfilter_is_captured(lab, 'nflog:5')


def nfqueue_is_captured_and_accepts_what_it_sees(lab):
    netfilter_is_captured(lab, 'nfqueue:5')


def nfqueue_that_is_idle_is_no_failure(lab):
    alone = lab.namespace('c')
    weir = lab.json(alone, 'nfqueue:5')
    weir.wait_received(0)
    assert weir.final()['counters']['restarts'] == 0, weir.told()
    assert any('wait for weir' in line for line in weir.err), weir.err


def an_interface_that_is_down_is_said_so(lab):
    _, far = lab.link()
    lab.ip('-n', far, 'link', 'set', 'vb', 'down')
    refused(lab, far, 1, r'^weir: vb: the interface is down; `ip link set vb up` starts it\n',
            '-i', 'vb')


def a_name_that_a_shell_would_run_is_quoted(lab):
    near, far = lab.namespace('a'), lab.namespace('b')
    name = 'v;b$(x)'
    lab.veth(near, 'va', far, name)
    lab.ip('-n', far, 'link', 'set', name, 'down')
    for backend in ethernet_backends(lab):
        said = refused(lab, far, 1, 'the interface is down', '-i', name, '--backend', backend)
        assert f"`ip link set '{name}' up`" in said, said


def a_backend_that_is_not_there_is_4(lab):
    told = subprocess.run([lab.weir_path, '--version'], capture_output=True, text=True, check=True,
                          timeout=LIMIT_S).stdout
    missing = [name for name in ('af_xdp', 'dpdk') if f'  {name} ' not in told]
    need(missing, 'every backend is compiled in')
    _, far = lab.link()
    for name in missing:
        refused(lab, far, 4, 'not compiled in', '-i', 'vb', '--backend', name)


def copy_for_nobody(lab):
    """A copy of the program where every user may run it."""
    need(have('setpriv'), 'needs setpriv (util-linux)')
    path = os.path.join(lab.temporary_folder(), 'weir')
    shutil.copy(lab.weir_path, path)
    os.chmod(path, 0o755)
    tried = subprocess.run([*NOBODY, path, '--version'], capture_output=True, text=True,
                           check=False, timeout=LIMIT_S)
    need(tried.returncode == 0, f'another user cannot run a copy: {tried.stderr.strip()}')
    return path


def setcap_line(stderr):
    return re.search(r'setcap (\S+) (\S+)\n$', stderr).groups()


def without_permission_it_is_3_and_says_the_cure(lab):
    path = copy_for_nobody(lab)
    near, far = lab.link()
    stderr = refused(lab, far, 3, r'CAP_NET_RAW', '-i', 'vb', prefix=NOBODY, program=path)
    capabilities, named = setcap_line(stderr)
    assert named == path, stderr
    need(have('setcap'), 'needs setcap (libcap2-bin)')
    done = subprocess.run(['setcap', capabilities, named], capture_output=True, text=True,
                          check=False, timeout=LIMIT_S)
    need(done.returncode == 0, f'no file capabilities here: {done.stderr.strip()}')
    weir = lab.start(far, *NOBODY, path, '-i', 'vb', '--json', '--interval', '100ms', *LOCAL)
    try:
        weir.wait_for(lambda _: True, 'the first snapshot')
    except AssertionError:
        need(not any('not permitted' in line.lower() for line in weir.err),
             f'file capabilities do not work here: {weir.err}')
        raise
    send(near, 'va', [udp_frame()] * 12)
    weir.wait_received(12)
    assert weir.final()['counters']['received'] == 12


def a_path_with_a_space_is_quoted_in_the_setcap_line(lab):
    path = copy_for_nobody(lab)
    folder = os.path.join(os.path.dirname(path), "with a 'quote")
    os.mkdir(folder)
    moved = shutil.move(path, folder)
    _, far = lab.link()
    stderr = refused(lab, far, 3, 'CAP_NET_RAW', '-i', 'vb', prefix=NOBODY, program=moved)
    command = re.search(r'setcap \S+ (.*)\n$', stderr).group(1)
    seen = subprocess.run(['sh', '-c', f'printf %s {command}'], capture_output=True, text=True,
                          check=True, timeout=LIMIT_S)
    assert seen.stdout == moved, (command, moved)


def ethernet_backends(lab):
    """Those of `weir --version` that can open an Ethernet interface."""
    said = lab.run(lab.namespace('v'), '--version').stdout
    known = ('af_packet', 'pcap', 'af_xdp')
    return [name for name in known if re.search(rf'^ +{name} ', said, re.M)]


def devices_of(lab, namespace, *prefix):
    done = lab.run(namespace, 'devices', '--json', prefix=prefix)
    assert done.returncode == 0 and done.stderr == '', done
    devices = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(device['type'] == 'device' for device in devices), devices
    return {device['name']: device for device in devices}


def devices_are_listed_with_what_the_kernel_says(lab):
    near = lab.namespace('a')
    far = lab.namespace('b')
    lab.ip('link', 'add', 'va', 'netns', near, 'numtxqueues', '2', 'numrxqueues', '2', 'type',
           'veth', 'peer', 'name', 'vb', 'netns', far, 'numtxqueues', '3', 'numrxqueues', '3')
    lab.ip('-n', far, 'addr', 'add', '10.77.0.1/16', 'dev', 'vb')
    assert devices_of(lab, far)['vb']['state'] == 'down'
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    assert devices_of(lab, far)['vb']['state'] == 'no-carrier'
    lab.ip('-n', near, 'link', 'set', 'va', 'up')
    devices = devices_of(lab, far)
    backends = ethernet_backends(lab)
    expected = {'type': 'device', 'name': 'vb', 'link_type': 'EN10MB', 'state': 'up',
                'queues': 3, 'driver': 'veth', 'addresses': ['10.77.0.1/16'],
                'backends': backends}
    assert {name: devices['vb'][name] for name in expected} == expected, devices['vb']
    assert devices['lo']['state'] == 'up' and devices['lo']['link_type'] == 'EN10MB', devices['lo']
    assert devices['any']['link_type'] == 'LINUX_SLL2', devices['any']
    text = lab.run(far, 'devices').stdout.splitlines()
    assert re.fullmatch(r'interface +link type +state +queues +driver +backends +addresses',
                        text[0].rstrip()), text
    assert any(re.fullmatch(rf'vb +EN10MB +up +3 +veth +{",".join(backends)} +10\.77\.0\.1/16',
                            line.rstrip())
               for line in text), text


def devices_of_libpcap_are_listed(lab):
    alone = lab.namespace('a')
    devices = devices_of(lab, alone)
    assert devices['any']['backends'] == ['pcap'], devices['any']
    listed = [name for name in devices if name in ('nflog', 'nfqueue', 'bluetooth-monitor',
                                                   'dbus-system')]
    need(listed, 'this libpcap has no devices of its own')
    text = lab.run(alone, 'devices').stdout
    for name in listed:
        captured = name.startswith('nf')
        assert devices[name]['backends'] == (['pcap'] if captured else []), devices[name]
        assert re.search(rf'^{name} .* {"pcap" if captured else "none"}', text, re.M), text
        done = lab.run(alone, 'doctor', '-i', name + (':5' if captured else ''), '--json')
        found = [json.loads(line) for line in done.stdout.splitlines()]
        link = [one for one in found if one['scope'].startswith(name)]
        assert done.returncode == 0 and len(link) == 1, done
        assert link[0]['severity'] == ('ok' if captured else 'problem'), link


def devices_say_what_has_no_answer(lab):
    alone = lab.namespace('a')
    lab.stack.callback(os.close, make_tun(alone, 'tun0'))
    devices = devices_of(lab, alone)
    assert devices['lo']['driver'] is None, devices['lo']
    assert devices['tun0']['link_type'] == 'RAW', devices['tun0']
    assert devices['tun0']['driver'] == 'tun', devices['tun0']
    assert devices['any']['queues'] is None and devices['any']['driver'] is None, devices['any']
    text = lab.run(alone, 'devices').stdout
    assert re.search(r'^lo +EN10MB +up +1 +- ', text, re.M), text


def devices_need_no_privileges(lab):
    path = copy_for_nobody(lab)
    _, far = lab.link()
    done = subprocess.run(['ip', 'netns', 'exec', far, *NOBODY, path, 'devices', '--json'],
                          capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert done.returncode == 0 and '"vb"' in done.stdout and done.stderr == '', done


CASES = (
    a_wrong_filter_is_2, a_missing_interface_is_4, an_interface_that_is_down_is_said_so,
    a_name_that_a_shell_would_run_is_quoted, a_backend_that_is_not_there_is_4,
    without_permission_it_is_3_and_says_the_cure, a_path_with_a_space_is_quoted_in_the_setcap_line,
    devices_are_listed_with_what_the_kernel_says, devices_say_what_has_no_answer,
    devices_need_no_privileges, devices_of_libpcap_without_ip_are_refused_at_once,
    a_monitor_of_netlink_is_refused_at_once, nflog_is_captured,
    nfqueue_is_captured_and_accepts_what_it_sees, nfqueue_that_is_idle_is_no_failure,
    devices_of_libpcap_are_listed,
)

if __name__ == '__main__':
    sys.exit(main(CASES))
