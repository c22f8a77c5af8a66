"""The programs that bench/live runs: how each is started, made to end, and what it says it saw.

A program's account is had the way its users have it: its summary, the records it wrote, its
control socket. Nothing is guessed; one that does not tell is said not to.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from typing import Callable, NamedTuple, Optional

INTERFACE = 'vb'
IP_BYTES = 46  # of a frame of offer_load
LIMIT_S = 60


class Account(NamedTuple):
    seen: int
    reported: Optional[int]  # lost, says the program itself; None: it does not say
    remark: str = ''
    wrong: str = ''  # weir only: which of its numbers do not add up


class Unjudged(Exception):
    """The program's account cannot be had; the text says why."""


class Run(NamedTuple):
    """What is left of a program that has ended."""
    folder: str
    out: str
    err: str
    said: str  # what it said to `ask` before it was ended


class Receiver(NamedTuple):
    name: str
    tool: str
    command: Callable  # (folder, flows) -> the command
    account: Callable  # (Run, what offer_load said) -> Account
    stop: int = signal.SIGINT
    settle_s: float = 1.3  # libpcap shows a block that is not full after a second, weir after 10 ms
    ask: Optional[Callable] = None  # folder -> a command that asks for its numbers before the end
    first_line: bool = False  # ready when it has written something, else when it has a socket


def number(pattern, text, what):
    found = re.search(pattern, text)
    if not found:
        raise Unjudged(f'does not say {what}: {text.strip()[-200:]!r}')
    return int(found.group(1))


# --- weir ----------------------------------------------------------------------------------------

def weir_account(run, sent):
    snapshot = json.loads(run.out.splitlines()[-1])
    counters = snapshot['counters']
    lost = [counters[name] or 0 for name in ('dropped_kernel', 'dropped_nic', 'dropped_queue')]
    wrong = []
    if not snapshot['final']:
        wrong.append('no final snapshot')
    if counters['received'] + lost[0] + lost[1] != sent['frames']:
        wrong.append(f'received + dropped is not sent: {counters}')
    if counters['received'] != sum(counters[name] for name in (
            'parsed', 'non_ip', 'malformed', 'short_capture', 'unsupported')):
        wrong.append(f'received is not the sum of the verdicts: {counters}')
    if counters['parsed'] != sum(counters[name] for name in (
            'tracked', 'untracked', 'dropped_queue')) or counters['law_violations'] != 0:
        wrong.append(f'parsed is not tracked + untracked + dropped_queue: {counters}')
    if sum(lost) + counters['untracked'] == 0 and snapshot['flow_count'] != sent['flows']:
        wrong.append(f'{snapshot["flow_count"]} flows of {sent["flows"]}')
    remark = ', '.join(f'{name} {counters[name]}' for name in (
        'dropped_kernel', 'dropped_nic', 'dropped_queue', 'untracked') if counters[name])
    return Account(counters['received'] - counters['dropped_queue'], sum(lost), remark,
                   '; '.join(wrong))


def weir(path, name, *options):
    # The stop may come at any time: weir takes what its rings hold first.
    return Receiver(name, path, lambda folder, flows: [path, '-i', INTERFACE, '--json', '-L', '10',
                                                       '-F', '10.77.0.0/16', *options],
                    weir_account, settle_s=0.3, first_line=True)


# --- packet captures -----------------------------------------------------------------------------

def tcpdump_account(run, _):
    return Account(number(r'(\d+) packets? captured', run.err, 'what it captured'),
                   number(r'(\d+) packets? dropped by kernel', run.err, 'what was dropped'))


def dumpcap_account(run, _):
    found = re.search(r'received/dropped on interface .*?: (\d+)/(\d+)', run.err)
    if not found:
        raise Unjudged(f'no summary: {run.err.strip()[-200:]!r}')
    return Account(int(found.group(1)), int(found.group(2)))


# --- flow records --------------------------------------------------------------------------------

def softflowd_account(run, _):
    return Account(number(r'Packets processed: (\d+)', run.said, 'what it processed'),
                   number(r'Packets dropped by libpcap: (\d+)', run.said, 'what was dropped'))


def nfpcapd_command(folder, flows):
    cache = ['-B', '4194304'] if flows > 500_000 else []
    os.makedirs(f'{folder}/records')  # nfdump takes every file of a folder for one of records
    return ['nfpcapd', '-i', INTERFACE, *cache, '-t', '3600', '-w', f'{folder}/records']


def nfpcapd_account(run, _):
    if shutil.which('nfdump') is None:
        raise Unjudged('nfdump, which reads its records, is not installed')
    output = subprocess.run(['nfdump', '-I', '-R', f'{run.folder}/records'], check=False, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            timeout=LIMIT_S).stdout
    dropped = re.findall(r'dropped by OS/Buffer: (\d+)', run.err)
    return Account(number(r'(?m)^Packets: (\d+)', output, 'what it recorded'),
                   sum(map(int, dropped)) if dropped else None)


def pmacctd_command(folder, flows):
    settings = os.path.join(folder, 'pmacctd.conf')
    # The pipe between its processes loses packets too; so large it holds the whole run.
    with open(settings, 'w', encoding='ascii') as out:
        out.write(f'daemonize: false\npcap_interface: {INTERFACE}\nplugins: print\n'
                  'aggregate: src_host,dst_host,src_port,dst_port,proto\n'
                  f'print_refresh_time: 3600\nprint_output_file: {folder}/table.txt\n'
                  'plugin_pipe_size: 1073741824\nplugin_buffer_size: 1048576\n'
                  f'print_cache_entries: {2 * flows + 3}\n')
    return ['pmacctd', '-f', settings]


def pmacctd_account(run, _):
    """Sum of PACKETS, the last column but one."""
    table = os.path.join(run.folder, 'table.txt')
    if not os.path.exists(table):
        raise Unjudged(f'wrote no table: {run.err.strip()[-200:]!r}')
    with open(table, encoding='ascii') as lines:
        columns = (line.split() for line in lines)
        seen = sum(int(row[-2]) for row in columns if len(row) > 2 and row[-2].isdigit())
    dropped = re.findall(r'dropped_packets=(\d+)', run.out + run.err)
    return Account(seen, int(dropped[-1]) if dropped else None)


# --- iftop ---------------------------------------------------------------------------------------

def iftop_account(run, _):
    """Its last cumulative total, of IP bytes. It has three digits, so the packets have too."""
    totals = re.findall(r'Cumulative \(sent/received/total\):.*?([\d.]+)([KMG]?B)\s*$', run.out,
                        re.MULTILINE)
    if not totals:
        raise Unjudged('printed no total')
    value, unit = totals[-1]
    scale = 1024 ** ('B', 'KB', 'MB', 'GB').index(unit)
    return Account(round(float(value) * scale / IP_BYTES), None, 'seen is from rounded bytes')


def receivers(weir_path):
    return [
        weir(weir_path, 'weir af_packet', '--backend', 'af_packet', '--workers', '1'),
        Receiver('tcpdump', 'tcpdump',
                 lambda folder, flows: ['tcpdump', '-n', '-i', INTERFACE, '-w', '/dev/null'],
                 tcpdump_account),
        weir(weir_path, 'weir af_packet, 2 queues', '--backend', 'af_packet', '--workers', '2',
             '--fanout', 'symmetric'),
        weir(weir_path, 'weir pcap', '--backend', 'pcap', '--workers', '1'),
        weir(weir_path, 'weir af_xdp', '--backend', 'af_xdp', '--workers', '1'),
        Receiver('dumpcap', 'dumpcap',
                 lambda folder, flows: ['dumpcap', '-q', '-i', INTERFACE, '-w', '/dev/null'],
                 dumpcap_account),
        Receiver('softflowd', 'softflowd',
                 lambda folder, flows: ['softflowd', '-d', '-i', INTERFACE, '-m', str(2 * flows),
                                        '-n', '127.0.0.1:9', '-c', f'{folder}/control',
                                        '-p', f'{folder}/pid'],
                 softflowd_account, stop=signal.SIGTERM,
                 ask=lambda folder: ['softflowctl', '-c', f'{folder}/control', 'statistics']),
        Receiver('nfpcapd', 'nfpcapd', nfpcapd_command, nfpcapd_account, stop=signal.SIGTERM),
        Receiver('pmacctd', 'pmacctd', pmacctd_command, pmacctd_account),
        Receiver('iftop', 'iftop',
                 lambda folder, flows: ['iftop', '-t', '-n', '-N', '-P', '-i', INTERFACE,
                                        '-F', '10.77.0.0/16'],
                 iftop_account, settle_s=4),
    ]
