#!/usr/bin/python3
"""`weir doctor` and the facts of `weir devices`: what is wrong is found, the command that it prints
mends it, and then it is not found any more. TAP on stdout.

    doctor.py WEIR
"""

import json
import os
import shutil
import subprocess
import sys

from live import LIMIT_S, have, main, make_tun, need, wait_until

NOBODY = ('setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--inh-caps', '-all')
FIELDS = ['type', 'severity', 'scope', 'check', 'what', 'cost', 'fix', 'permanent']
DEVICE_FIELDS = [
    'type', 'name', 'link_type', 'state', 'queues', 'driver', 'addresses', 'backends',
    'driver_version', 'bus', 'numa_node', 'speed_mbps', 'mtu', 'promiscuous', 'xdp', 'losses',
    'rx_queues_max', 'tx_queues', 'tx_queues_max', 'rx_ring', 'rx_ring_max', 'tx_ring',
    'tx_ring_max', 'rss', 'rss_fields', 'offloads', 'coalescing', 'pause', 'irqs', 'rps', 'xps']


def findings(lab, namespace, *args, prefix=(), program=None):
    command = ['ip', 'netns', 'exec', namespace, *prefix, program or lab.weir_path, 'doctor',
               '--json', *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert done.returncode == 0 and done.stderr == '', done
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    order = ['problem', 'advice', 'unknown', 'ok']
    ranks = [order.index(line['severity']) for line in lines]
    assert ranks == sorted(ranks), ranks
    for line in lines:
        assert list(line) == FIELDS and line['type'] == 'finding' and line['what'], line
        bad = line['severity'] in ('problem', 'advice')
        assert bad == (line['cost'] is not None), line
        assert bad or line['fix'] is None, line
    return {(line['scope'], line['check']): line for line in lines}


def run_fix(namespace, command):
    need(have(command.split()[0]) or command.startswith(('for ', 'echo ', 'set ')),
         f'needs {command.split()[0]}')
    return subprocess.run(['ip', 'netns', 'exec', namespace, 'sh', '-c', command],
                          capture_output=True, text=True, check=False, timeout=LIMIT_S)


def mends(lab, namespace, interface, check, scope=None, severity='advice'):
    """The finding is there, its command runs, and then it is ok."""
    key = (scope or interface, check)
    found = findings(lab, namespace, '-i', interface)[key]
    assert found['severity'] == severity and found['fix'], found
    done = run_fix(namespace, found['fix'])
    assert done.returncode == 0, (found, done)
    after = findings(lab, namespace, '-i', interface)[key]
    assert after['severity'] == 'ok', (found, after)


def pair(lab, queues='2'):
    near, far = lab.namespace('a'), lab.namespace('b')
    made = lab.ip('link', 'add', 'va', 'netns', near, 'numtxqueues', queues, 'numrxqueues', queues,
                  'type', 'veth', 'peer', 'name', 'vb', 'netns', far, 'numtxqueues', queues,
                  'numrxqueues', queues, check=False)
    need(made.returncode == 0, f'no veth pairs: {made.stderr.strip()}')
    lab.ip('-n', near, 'link', 'set', 'va', 'up')
    return near, far


def ethtool(namespace, *args):
    need(have('ethtool'), 'needs ethtool')
    done = subprocess.run(['ip', 'netns', 'exec', namespace, 'ethtool', *args],
                          capture_output=True, text=True, check=False, timeout=LIMIT_S)
    need(done.returncode == 0, f'ethtool {args}: {done.stderr.strip()}')


def an_interface_that_is_down_is_a_problem_and_up_mends_it(lab):
    _, far = pair(lab)
    mends(lab, far, 'vb', 'link', severity='problem')


def a_missing_carrier_is_a_problem_without_a_command(lab):
    near, far = pair(lab)
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    lab.ip('-n', near, 'link', 'set', 'va', 'down')
    found = findings(lab, far, '-i', 'vb')[('vb', 'link')]
    assert found['severity'] == 'problem' and found['fix'] is None, found
    lab.ip('-n', near, 'link', 'set', 'va', 'up')
    assert findings(lab, far, '-i', 'vb')[('vb', 'link')]['severity'] == 'ok'


def idle_queues_are_found_and_used(lab):
    need(os.cpu_count() > 1, 'needs two CPUs')
    _, far = pair(lab)
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    ethtool(far, '-L', 'vb', 'rx', '1')
    mends(lab, far, 'vb', 'rx_queues')


def offloads_are_found_and_switched_off(lab):
    _, far = pair(lab)
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    lab.ip('-n', far, 'addr', 'add', '10.77.0.1/16', 'dev', 'vb')
    ethtool(far, '-K', 'vb', 'gro', 'on', 'tso', 'on', 'gso', 'on')
    mends(lab, far, 'vb', 'rx_merging')
    mends(lab, far, 'vb', 'tx_segmentation')
    ethtool(far, '-K', 'lo', 'tso', 'on', 'gso', 'on')
    mends(lab, far, 'lo', 'tx_segmentation')


def rps_beside_queues_is_found_and_switched_off(lab):
    _, far = pair(lab)
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    done = run_fix(far, 'echo 1 > /sys/class/net/vb/queues/rx-0/rps_cpus')
    need(done.returncode == 0, f'no RPS: {done.stderr.strip()}')
    mends(lab, far, 'vb', 'rps')


def a_small_optmem_is_found_and_raised(lab):
    _, far = pair(lab)
    done = run_fix(far, 'sysctl -w net.core.optmem_max=20480')
    need(done.returncode == 0, f'no optmem_max of this namespace: {done.stderr.strip()}')
    mends(lab, far, 'vb', 'optmem', scope='host')


def an_xdp_program_is_found_and_detached(lab):
    need(have('clang'), 'needs clang to make an XDP program')
    _, far = pair(lab)
    lab.ip('-n', far, 'link', 'set', 'vb', 'up')
    folder = lab.temporary_folder()
    source = os.path.join(folder, 'pass.c')
    with open(source, 'w', encoding='ascii') as file:
        file.write('__attribute__((section("xdp"), used)) int let_pass(void *c) { return 2; }\n'
                   'char _license[] __attribute__((section("license"), used)) = "GPL";\n')
    program = source.replace('.c', '.o')
    done = subprocess.run(['clang', '-O2', '-g', '-target', 'bpf', '-c', source, '-o', program],
                          capture_output=True, text=True, check=False, timeout=LIMIT_S)
    need(done.returncode == 0, f'clang makes no BPF here: {done.stderr.strip()[:200]}')
    for mode, name in (('xdpgeneric', 'generic'), ('xdpdrv', 'native')):
        done = lab.ip('-n', far, 'link', 'set', 'dev', 'vb', mode, 'obj', program, 'sec', 'xdp',
                      check=False)
        need(done.returncode == 0, f'ip attaches no XDP here: {done.stderr.strip()[:200]}')
        what = findings(lab, far, '-i', 'vb')[('vb', 'xdp')]['what']
        assert name in what and 'let_pass' in what, what
        mends(lab, far, 'vb', 'xdp')


def no_false_alarm_on_lo_and_tun(lab):
    alone = lab.namespace('a')
    lab.stack.callback(os.close, make_tun(alone, 'tun0'))
    found = findings(lab, alone, '-i', 'lo', '-i', 'tun0')
    bad = {key for key, line in found.items()
           if key[0] != 'host' and line['severity'] in ('problem', 'advice')}
    assert bad <= {('lo', 'tx_segmentation')}, bad
    for key in (('lo', 'rx_ring'), ('lo', 'coalescing'), ('tun0', 'rx_ring')):
        assert found[key]['severity'] == 'unknown', found[key]
    assert found[('lo', 'coalescing')]['what'] == 'the driver has no coalescing settings', found


def without_an_interface_the_one_that_is_up_is_examined(lab):
    near, far = pair(lab)
    scopes = {scope for scope, _ in findings(lab, far)}
    assert scopes == {'host'}, scopes
    alone = findings(lab, far)[('host', 'interfaces')]
    assert alone['severity'] == 'problem' and alone['fix'] == 'ip link set dev vb up', alone
    assert run_fix(far, alone['fix']).returncode == 0
    # The kernel tells of a carrier a moment later.
    wait_until(lambda: {scope for scope, _ in findings(lab, far)} == {'host', 'vb'}, 'vb')
    scopes = {scope for scope, _ in findings(lab, near, '-i', 'any')}
    assert scopes == {'host', 'lo', 'va'}, scopes


def a_missing_interface_is_4(lab):
    _, far = pair(lab)
    done = lab.run(far, 'doctor', '-i', 'vb', '-i', 'gone')
    assert done.returncode == 4 and done.stdout == '' and done.stderr.count('\n') == 1, done


def an_ordinary_user_is_told_what_needs_rights_and_the_command_gives_them(lab):
    need(have('setpriv'), 'needs setpriv (util-linux)')
    _, far = pair(lab)
    path = shutil.copy(lab.weir_path, lab.temporary_folder())
    os.chmod(path, 0o755)
    found = findings(lab, far, '-i', 'vb', prefix=NOBODY, program=path)
    right = found[('host', 'capture_right')]
    assert right['severity'] == 'problem', right
    assert right['fix'] == f'setcap cap_net_raw,cap_net_admin=eip {path}', right
    assert found[('host', 'af_packet')]['severity'] == 'unknown', found
    assert 'CAP_NET_RAW' in found[('host', 'af_packet')]['what'], found
    assert found[('vb', 'rps')]['severity'] == 'ok', found
    done = run_fix(far, right['fix'])
    need(done.returncode == 0, f'no file capabilities here: {done.stderr.strip()}')
    found = findings(lab, far, '-i', 'vb', prefix=NOBODY, program=path)
    need('nosuid' not in found[('host', 'capture_right')]['what'], 'file capabilities do not work')
    assert found[('host', 'capture_right')]['severity'] == 'ok', found
    assert found[('host', 'af_packet')]['severity'] == 'ok', found


def devices_tell_the_facts_under_names_that_stay(lab):
    _, far = pair(lab)
    lab.ip('-n', far, 'link', 'set', 'vb', 'up', 'mtu', '1400')
    done = lab.run(far, 'devices', '--json')
    devices = {line['name']: line for line in map(json.loads, done.stdout.splitlines())}
    for device in devices.values():
        assert list(device) == DEVICE_FIELDS, device
    link = devices['vb']
    assert link['mtu'] == 1400 and link['promiscuous'] is False, link
    assert link['rx_queues_max'] == 2 and link['xdp']['mode'] == 'none', link
    assert link['rx_ring'] is None and link['coalescing'] is None, link
    assert len(link['rps']) == link['queues'], link
    assert link['losses']['rx_missed'] == 0 and link['offloads']['gro'] in (True, False), link
    assert devices['any']['mtu'] is None and devices['any']['losses'] is None, devices['any']


CASES = (
    an_interface_that_is_down_is_a_problem_and_up_mends_it,
    a_missing_carrier_is_a_problem_without_a_command, idle_queues_are_found_and_used,
    offloads_are_found_and_switched_off, rps_beside_queues_is_found_and_switched_off,
    a_small_optmem_is_found_and_raised, an_xdp_program_is_found_and_detached,
    no_false_alarm_on_lo_and_tun, without_an_interface_the_one_that_is_up_is_examined,
    a_missing_interface_is_4,
    an_ordinary_user_is_told_what_needs_rights_and_the_command_gives_them,
    devices_tell_the_facts_under_names_that_stay,
)

if __name__ == '__main__':
    sys.exit(main(CASES))
