#!/usr/bin/python3
"""Which process has which end of a flow, against programs that the test started. TAP on stdout.

    processes.py PROCESS_TOOL

The tool runs in one namespace, beside the programs that are to be weir's neighbours. Polls are
asked for, so nothing here waits for a time to pass.
"""

import json
import os
import signal
import socket
import subprocess
import sys

from live import LIMIT_S, inside, main, need, wait_until

TCP, UDP, ICMP = 6, 17, 1
NEAR, FAR = '10.77.0.1', '10.77.0.2'
NEAR6, FAR6 = 'fd77::1', 'fd77::2'
UNKNOWN, REMOTE, FORWARDED = {'kind': 'unknown'}, {'kind': 'remote'}, {'kind': 'forwarded'}

# A program that does what it is told, a line of Python at a time, and answers with a line.
PUPPET = '''
import os, socket, sys
S = {}
def tcp(version=4, **more):
    return socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
def udp(version=4):
    return socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
for line in sys.stdin:
    try:
        print(repr(eval(line)), flush=True)
    except Exception as error:
        print('!' + repr(error), flush=True)
'''


class Child:
    """A program in a namespace that answers a line with a line."""

    def __init__(self, lab, namespace, *command):
        self.child = subprocess.Popen(['ip', 'netns', 'exec', namespace, *command],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        lab.stack.callback(self.end)

    def answer(self, line):
        self.child.stdin.write(line + '\n')
        self.child.stdin.flush()
        return self.child.stdout.readline()

    def end(self):
        self.child.stdin.close()
        try:
            self.child.wait(LIMIT_S)
        finally:
            self.child.kill()
            self.child.wait()
            self.child.stdout.close()


class Puppet(Child):
    def __init__(self, lab, namespace):
        super().__init__(lab, namespace, '/usr/bin/python3', '-c', PUPPET)
        self.pid = self.do('os.getpid()')

    def do(self, line):
        answer = self.answer(line).strip()
        assert answer and not answer.startswith('!'), (line, answer)
        return eval(answer, {'__builtins__': {}})  # pylint: disable=eval-used  # our own program

    def open(self, name, kind, version, *steps):
        """A socket and what is done with it; the port it has then."""
        self.do(f'S.update({name}={kind}({version}))')
        for step in steps:
            self.do(f'S["{name}"].{step} and None')
        return self.do(f'S["{name}"].getsockname()[1]')


class Tool(Child):
    def ask(self, line):
        return json.loads(self.answer(line))

    def poll(self):
        """Until nothing is looked for any more; a socket that nobody has is looked for once."""
        return wait_until(lambda: (lambda s: s if s['pending'] == 0 else None)(self.ask('poll')),
                          'every socket to be looked for')

    def flow(self, proto, here, there):
        """The owners at `here` and `there`, each (address, port)."""
        ends = [sorted_key(here), sorted_key(there)]
        low, high = (here, there) if ends[0] <= ends[1] else (there, here)
        owners = self.ask(f'flow {proto} {low[0]} {low[1]} {high[0]} {high[1]}')
        return owners if (low, high) == (here, there) else owners[::-1]


def sorted_key(end):
    family = socket.AF_INET6 if ':' in end[0] else socket.AF_INET
    return socket.inet_pton(family, end[0]), end[1]


def stage(lab, *tool_args):
    """Two namespaces with addresses, and the tool in the first."""
    near, far = lab.link(ipv6=True)
    for namespace, interface, addresses in ((near, 'va', (NEAR, NEAR6)), (far, 'vb', (FAR, FAR6))):
        lab.ip('-n', namespace, 'addr', 'add', f'{addresses[0]}/24', 'dev', interface)
        lab.ip('-n', namespace, 'addr', 'add', f'{addresses[1]}/64', 'dev', interface, 'nodad')
    return near, far, Tool(lab, near, lab.weir_path, *tool_args)


def is_of(owner, puppet, namespace=''):
    assert owner['kind'] == 'process', (owner, puppet.pid)
    assert owner['pid'] == puppet.pid, (owner, puppet.pid)
    assert owner['command'] == 'python3' and owner['user'] == 'root', owner
    assert owner['namespace'] == namespace, owner
    return True


def a_tcp_client_and_server_and_the_far_end(lab):
    near, far, tool = stage(lab)
    server, client, local = Puppet(lab, near), Puppet(lab, far), Puppet(lab, near)
    for version, here, there in ((4, NEAR, FAR), (6, NEAR6, FAR6)):
        name = f's{version}'
        port = server.open(name, 'tcp', version, f'bind(("{here}", 0))', 'listen()')
        from_far = client.open(name, 'tcp', version, f'connect(("{here}", {port}))')
        from_near = local.open(name, 'tcp', version, f'connect(("{here}", {port}))')
        server.do(f'S.update(a{version}=S["{name}"].accept(), b{version}=S["{name}"].accept())')
        tool.poll()
        owners = tool.flow(TCP, (here, port), (there, from_far))
        is_of(owners[0], server)
        is_of(owners[1], client, namespace=far)
        owners = tool.flow(TCP, (here, port), (here, from_near))
        is_of(owners[0], server)
        is_of(owners[1], local)
        # Somebody unknown knocks at the port: the listening socket answers.
        strange = '10.77.0.99' if version == 4 else 'fd77::99'
        owners = tool.flow(TCP, (here, port), (strange, 1234))
        is_of(owners[0], server)
        assert owners[1] == REMOTE, owners


def a_remote_port_is_not_taken_for_a_local_one(lab):
    near, _, tool = stage(lab)
    server = Puppet(lab, near)
    port = server.open('s', 'tcp', 4, 'bind(("0.0.0.0", 0))', 'listen()')
    udp = server.open('u', 'udp', 4, 'bind(("0.0.0.0", 0))')
    tool.poll()
    is_of(tool.flow(TCP, (NEAR, port), ('192.0.2.1', 9))[0], server)
    for proto, number in ((TCP, port), (UDP, udp)):
        assert tool.flow(proto, (NEAR, 9), ('192.0.2.1', number)) == [UNKNOWN, REMOTE]
        passing = tool.flow(proto, ('192.0.2.1', number), ('198.51.100.1', 9))
        assert passing == [FORWARDED, FORWARDED]
    assert tool.flow(ICMP, (NEAR, 0), ('192.0.2.1', 0)) == [{'kind': 'kernel'}, REMOTE]


def udp_connected_and_not(lab):
    near, _, tool = stage(lab)
    server, client = Puppet(lab, near), Puppet(lab, near)
    for version, here, there in ((4, NEAR, FAR), (6, NEAR6, FAR6)):
        any_address = '0.0.0.0' if version == 4 else '::'
        port = server.open('u', 'udp', version, f'bind(("{any_address}", 0))')
        connected = client.open('c', 'udp', version, f'connect(("{there}", 5353))')
        tool.poll()
        is_of(tool.flow(UDP, (here, port), (there, 77))[0], server)
        is_of(tool.flow(UDP, (here, connected), (there, 5353))[0], client)
        # A connected socket takes nothing of anybody else.
        assert tool.flow(UDP, (here, connected), (there, 5354))[0] == UNKNOWN


def a_dual_stack_server_has_ipv4_too(lab):
    near, far, tool = stage(lab)
    server, client = Puppet(lab, near), Puppet(lab, far)
    for name, only in (('dual', 0), ('six', 1)):
        option = f'setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, {only})'
        port = server.open(name, 'tcp', 6, option, 'bind(("::", 0))', 'listen()')
        udp = server.open(name + 'u', 'udp', 6, option, 'bind(("::", 0))')
        tool.poll()
        for proto, number in ((TCP, port), (UDP, udp)):
            is_of(tool.flow(proto, (NEAR6, number), (FAR6, 9))[0], server)
            ipv4 = tool.flow(proto, (NEAR, number), (FAR, 9))[0]
            assert ipv4 == UNKNOWN if only else is_of(ipv4, server), (name, proto, ipv4)
        if not only:
            from_far = client.open('c', 'tcp', 4, f'connect(("{NEAR}", {port}))')
            server.do('S.update(a=S["dual"].accept())')
            tool.poll()
            owners = tool.flow(TCP, (NEAR, port), (FAR, from_far))
            is_of(owners[0], server)
            is_of(owners[1], client, namespace=far)


def sockets_that_are_shared(lab):
    near, _, tool = stage(lab)
    server = Puppet(lab, near)
    reuse = 'setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)'
    port = server.open('s', 'tcp', 4, reuse, 'bind(("0.0.0.0", 0))', 'listen()')
    tool.poll()
    other = Puppet(lab, near)
    other.open('s', 'tcp', 4, reuse, f'bind(("0.0.0.0", {port}))', 'listen()')
    tool.poll()
    # Both listen: which of them a connection goes to is not known before it is there.
    is_of(tool.flow(TCP, (NEAR, port), (FAR, 9))[0], server)
    to_other = server.open('c', 'tcp', 4, f'connect(("{NEAR}", {port}))')
    accepted = None
    for puppet in (server, other):
        puppet.do('S["s"].setblocking(False)')
        found = puppet.do('(lambda s: [s.update(a=x.accept()) or 1 for x in [s["s"]] '
                          'if __import__("select").select([x], [], [], 0)[0]])(S)')
        accepted = puppet if found else accepted
    tool.poll()
    is_of(tool.flow(TCP, (NEAR, port), (NEAR, to_other))[0], accepted)
    # A child has its parent's sockets: they are the parent's, and then the child's.
    forked = Puppet(lab, near)
    port = forked.open('s', 'udp', 4, 'bind(("0.0.0.0", 0))')
    child = forked.do('(lambda p: p if p else (__import__("signal").pause(), os._exit(0)))'
                      '(os.fork())')
    lab.stack.callback(os.kill, child, signal.SIGKILL)
    tool.poll()
    is_of(tool.flow(UDP, (NEAR, port), (FAR, 9))[0], forked)
    forked.do('S["s"].close()')
    tool.poll()
    tool.poll()
    wait_until(lambda: tool.poll() and tool.flow(UDP, (NEAR, port), (FAR, 9))[0]['pid'] == child,
               'the child to have it')


def a_closed_connection_is_remembered(lab):
    near, far, tool = stage(lab)
    server, client = Puppet(lab, far), Puppet(lab, near)
    port = server.open('s', 'tcp', 4, f'bind(("{FAR}", 0))', 'listen()')
    from_near = client.open('c', 'tcp', 4, f'connect(("{FAR}", {port}))')
    server.do('S.update(a=S["s"].accept()[0])')
    tool.poll()
    first = tool.flow(TCP, (NEAR, from_near), (FAR, port))
    is_of(first[0], client)
    client.do('S.pop("c").close()')
    server.do('S.pop("a").close()')
    tool.poll()
    assert tool.flow(TCP, (NEAR, from_near), (FAR, port)) == first
    client.end()
    tool.poll()
    assert tool.flow(TCP, (NEAR, from_near), (FAR, port)) == first


def names_that_would_drive_a_terminal(lab):
    near, _, tool = stage(lab)
    server = Puppet(lab, near)
    port = server.open('s', 'tcp', 4, 'bind(("0.0.0.0", 0))', 'listen()')
    server.do(r'open("/proc/self/comm", "wb").write(b"\x1b[2Jx) S 1 (\xff\n")')
    tool.poll()
    owner = tool.flow(TCP, (NEAR, port), (FAR, 9))[0]
    assert owner['pid'] == server.pid and owner['command'] == '?[2Jx) S 1 (??', owner


def a_namespace_is_let_go_of(lab):
    near, far, tool = stage(lab)
    server = Puppet(lab, far)
    port = server.open('s', 'tcp', 4, 'bind(("0.0.0.0", 0))', 'listen()')
    tool.poll()
    is_of(tool.flow(TCP, (FAR, port), (NEAR, 9))[0], server, namespace=far)
    server.end()
    tool.poll()
    lab.ip('netns', 'del', far)
    # The other end of the veth goes with its namespace, once nobody keeps that.
    wait_until(lambda: 'va' not in lab.ip('-n', near, '-o', 'link').stdout, 'va to be gone')


def without_socket_diagnosis(lab):
    near, far, tool = stage(lab, '--proc-net')
    server, client = Puppet(lab, near), Puppet(lab, far)
    port = server.open('s', 'tcp', 6, 'bind(("::", 0))', 'listen()')
    udp = server.open('u', 'udp', 6, f'bind(("{NEAR6}", 0))')
    from_far = client.open('c', 'tcp', 4, f'connect(("{NEAR}", {port}))')
    server.do('S.update(a=S["s"].accept())')
    stats = tool.poll()
    assert '/proc/net' in stats['limits'], stats
    owners = tool.flow(TCP, (NEAR, port), (FAR, from_far))
    is_of(owners[0], server)
    is_of(owners[1], client, namespace=far)
    is_of(tool.flow(UDP, (NEAR6, udp), (FAR6, 9))[0], server)


def an_ordinary_user_sees_what_is_its_own(lab):
    near, _, _ = stage(lab)
    server = Puppet(lab, near)
    port = server.open('s', 'tcp', 4, 'bind(("0.0.0.0", 0))', 'listen()')
    need(os.path.exists('/usr/bin/setpriv'), 'needs setpriv')
    with inside(near):
        plain = subprocess.run(
            ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', lab.weir_path],
            input=f'poll\npoll\nflow 6 {NEAR} {port} 192.0.2.1 9\n', text=True,
            capture_output=True, check=False, timeout=LIMIT_S)
    if plain.returncode != 0 and not plain.stdout:
        need(False, f'the tool cannot run as another user: {plain.stderr.strip()}')
    lines = [json.loads(line) for line in plain.stdout.splitlines()]
    assert lines[0]['limits'] == (
        'not root: only your own processes; '
        'connections shorter than a second need CAP_BPF and CAP_NET_ADMIN'), lines
    assert lines[2] == [UNKNOWN, REMOTE], lines


# Connects, sends and ends; its own name, so that it is not taken for the shell that started it.
BRIEF = '''
import os, socket, sys
kind, version, address, port = sys.argv[1:]
open("/proc/self/comm", "w").write("brief")
family = socket.AF_INET if version == "4" else socket.AF_INET6
one = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
if kind == "sendto":
    one.sendto(b"x" * 10, (address, int(port)))
else:
    one.connect((address, int(port)))
    one.send(b"x" * 10)
print(os.getpid(), one.getsockname()[1])
'''


def brief(namespace, *args):
    """The pid and the port of a client that is gone by now."""
    with inside(namespace):
        done = subprocess.run(['/usr/bin/python3', '-c', BRIEF, *(str(arg) for arg in args)],
                              capture_output=True, text=True, check=True, timeout=LIMIT_S)
    return tuple(int(word) for word in done.stdout.split())


def a_client_that_is_gone_before_the_next_poll(lab):
    near, far, tool = stage(lab)
    server = Puppet(lab, far)
    first = tool.poll()
    need('cannot tell' not in first['limits'], first['limits'])
    assert 'shorter than a second' not in first['limits'], first
    for version, here, there in ((4, NEAR, FAR), (6, NEAR6, FAR6)):
        port = server.open(f's{version}', 'tcp', version, f'bind(("{there}", 0))', 'listen()')
        udp = server.open(f'u{version}', 'udp', version, f'bind(("{there}", 0))')
        clients = {kind: brief(near, kind, version, there, port if kind == 'tcp' else udp)
                   for kind in ('tcp', 'udp', 'sendto')}
        to_own = brief(far, 'tcp', version, there, port)
        tool.poll()
        for kind, (pid, client_port) in clients.items():
            proto, server_port = (TCP, port) if kind == 'tcp' else (UDP, udp)
            ends = (proto, (here, client_port), (there, server_port))
            # The kernel tells of the end a little later than it ends.
            wait_until(lambda ends=ends: tool.poll() and tool.flow(*ends)[0] != UNKNOWN,
                       f'the owner of a {kind} socket that is closed')
            owners = tool.flow(*ends)
            assert owners[0] == {**owners[0], 'kind': 'process', 'pid': pid, 'command': 'brief',
                                 'user': 'root', 'namespace': ''}, (kind, pid, owners)
            is_of(owners[1], server, namespace=far)
        wait_until(lambda ends=(TCP, (there, to_own[1]), (there, port)):
                   tool.poll() and tool.flow(*ends)[0].get('namespace') == far,
                   'the namespace of a client that is gone')
        owners = tool.flow(TCP, (there, to_own[1]), (there, port))
        assert owners[0] == {**owners[0], 'kind': 'process', 'pid': to_own[0],
                             'command': 'brief', 'namespace': far}, (to_own, owners)


def a_poll_with_ten_thousand_sockets_costs_little(lab):
    near, _, tool = stage(lab)
    server = Puppet(lab, near)
    server.do('__import__("resource").setrlimit(7, (20000, 20000))')
    server.open('s', 'tcp', 4, f'bind(("{NEAR}", 0))', 'listen(4096)')
    server.do('S.update(x=[])')
    server.do('[S["x"].extend([(c := tcp(), c.connect(S["s"].getsockname()))[0], '
              'S["s"].accept()[0]]) for _ in range(5000)] and None')
    first = tool.ask('poll')
    assert first['sockets'] >= 10001, first
    tool.poll()
    steady = [tool.ask('poll') for _ in range(8)]
    churn = []
    for _ in range(5):
        server.do('[(S["x"].pop(0).close()) for _ in range(200)] and None')
        server.do('[S["x"].extend([(c := tcp(), c.connect(S["s"].getsockname()))[0], '
                  'S["s"].accept()[0]]) for _ in range(100)] and None')
        churn.append(tool.ask('poll'))
    assert churn[-1]['pending'] == 0, churn
    for what, polls in (('first', [first]), ('unchanged', steady[2:]), ('200 new', churn)):
        costs = sorted(poll['cpu_us'] for poll in polls)
        print(f'# {what}: {costs} us; sockets {polls[-1]["sockets_cpu_us"]}, '
              f'processes {polls[-1]["processes_cpu_us"]}', flush=True)
    port = server.do('S["s"].getsockname()[1]')
    print(f'# an answer: {tool.ask(f"speed 6 {NEAR} {port} {NEAR} 1")} ns both ends here, '
          f'{tool.ask(f"speed 6 {NEAR} {port} 192.0.2.1 1")} ns one end here', flush=True)
    # 20 ms every 2 s is 1 %; a machine that does other things gets three times that.
    assert sorted(poll['cpu_us'] for poll in steady[2:])[2] < 60000, steady


CASES = (a_tcp_client_and_server_and_the_far_end, a_remote_port_is_not_taken_for_a_local_one,
         udp_connected_and_not, a_dual_stack_server_has_ipv4_too, sockets_that_are_shared,
         a_closed_connection_is_remembered,
         names_that_would_drive_a_terminal, a_namespace_is_let_go_of, without_socket_diagnosis,
         a_client_that_is_gone_before_the_next_poll, an_ordinary_user_sees_what_is_its_own,
         a_poll_with_ten_thousand_sockets_costs_little)

if __name__ == '__main__':
    sys.exit(main(CASES))
