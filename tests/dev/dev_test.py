#!/usr/bin/python3
"""`dev` on a make-believe machine (machine.py), in TAP: its commands in every order, and a build
folder that survives whatever comes and goes between two of them."""

import concurrent.futures
import itertools
import os
import subprocess
import sys

from machine import CONTENTS, OPTIONS, Machine, write

COMMANDS = {
    'run': ['run'],
    'test': ['test'],
    'bench': ['bench'],
    'check': ['check', 'layers'],
    'install': ['install', 'test', 'dpdk'],
}
EXPECTED = {'run': 'version=1', 'test': '\n2 passed, 0 failed, 0 skipped\n', 'bench': 'table',
            'check': '\n1 passed, 0 failed, 0 skipped\n', 'install': ''}


def expect(machine, args, text, status=0, error='', **environment):
    """Runs dev; what is wrong is raised with all that it wrote."""
    code, out, err = machine.dev(*args, **environment)
    if (code == 0) != (status == 0) or text not in out or error not in err:
        raise AssertionError(f"./dev {' '.join(args)}: status {code}, wanted {text!r} {error!r}\n"
                             f'{out}\n{err}')
    return out, err


def in_order(names):
    def case():
        with Machine() as machine:
            for name in names:
                expect(machine, COMMANDS[name], EXPECTED[name])
    return case


def appears_and_goes(package, shown):
    """Found at the next `run`, without any other command, and no longer found when it has gone."""
    def case():
        with Machine() as machine:
            expect(machine, ['run'], f'{shown}=0')
            machine.install(package)
            expect(machine, ['run'], f'{shown}=1')
            machine.remove(package)
            expect(machine, ['run'], f'{shown}=0')
    return case


def header_by_hand():
    """dpkg knows nothing of it: a file copied in, then deleted."""
    with Machine() as machine:
        path, text = CONTENTS['librapidcheck-dev'][0]
        expect(machine, ['test'], EXPECTED['test'])
        machine.no_network()
        os.remove(machine.file(path))
        expect(machine, ['run'], 'version=1')
        _, err = expect(machine, ['test'], '', 1, "C++ header 'weir_fake_test.h' not found")
        if len(err.splitlines()) != 1:
            raise AssertionError(f'more than one sentence: {err}')
        write(machine.file(path), text)
        expect(machine, ['test'], EXPECTED['test'])


def needed_header_goes():
    with Machine() as machine:
        path, text = CONTENTS['libfmt-dev'][0]
        expect(machine, ['run'], 'version=1')
        os.remove(machine.file(path))
        _, err = expect(machine, ['run'], '', 1, "C++ header 'weir_fake/build.h' not found")
        if len(err.splitlines()) != 1:
            raise AssertionError(f'more than one sentence: {err}')
        write(machine.file(path), text)
        expect(machine, ['run'], 'version=1')


def package_goes():
    """What `test` needs is removed: `run` does not care, `test` installs it again."""
    with Machine() as machine:
        expect(machine, ['test'], EXPECTED['test'])
        machine.remove('librapidcheck-dev')
        expect(machine, ['run'], 'version=1')
        expect(machine, ['test'], EXPECTED['test'])


def upgrade():
    """The new header is older than the objects, as dpkg leaves it."""
    with Machine() as machine:
        expect(machine, ['run'], 'version=1')
        machine.install('libfmt-dev', '2', '#define VERSION 2\n')
        expect(machine, ['run'], 'version=2', error='libfmt-dev')


def upgrade_in_two_steps():
    """Removed, something else built meanwhile, and back in another version."""
    with Machine() as machine:
        expect(machine, ['test'], EXPECTED['test'])
        machine.no_network()
        machine.remove('librapidcheck-dev')
        expect(machine, ['run'], 'version=1')
        machine.install('librapidcheck-dev', '2', '#define RESULT 1\n')
        expect(machine, ['test'], '\n1 passed, 1 failed', 1)


def older_commit():
    """Its options are unknown now, and the other way round; a value that is none any more."""
    with Machine() as machine:
        options = os.path.join(machine.tree, 'meson_options.txt')
        build = os.path.join(machine.tree, 'meson.build')
        with open(build, encoding='utf-8') as text:
            now = text.read()
        write(options, "option('old', type: 'string', value: 'x')\n"
                       "option('dpdk', type: 'string', value: 'x')\n")
        write(build, "project('weir', 'cpp')\nexecutable('weir', 'main.cc',"
                     " cpp_args: ['-DDPDK=7', '-DTOOL=7'])\n")
        machine.install('libdpdk-dev')
        expect(machine, ['run'], 'dpdk=7')
        meson(machine, 'configure', machine.build, '-Dold=a b', '-Ddpdk=much', '-Dwerror=true')
        write(options, OPTIONS)
        write(build, now)
        expect(machine, ['test'], EXPECTED['test'], error='Unknown option')
        expect(machine, ['run'], 'dpdk=1')
        with open(os.path.join(machine.build, 'meson-private/cmd_line.txt'),
                  encoding='utf-8') as text:
            if 'werror = true' not in text.read():
                raise AssertionError('an option that is still known was forgotten')


def meson(machine, *args):
    subprocess.run(['meson', *args], cwd=machine.tree, env=machine.environment(), check=True,
                   stdout=subprocess.DEVNULL)


def own_options():
    """What its owner said of the folder holds through every command."""
    with Machine() as machine:
        machine.install('libfmt-dev')
        meson(machine, 'setup', machine.build, '-Ddpdk=disabled', '-Dcpp_args=-DX="a b" -DY')
        for name in ('install', 'run', 'test', 'run'):
            expect(machine, COMMANDS[name], EXPECTED[name])
        expect(machine, ['run'], 'dpdk=0')
        with open(os.path.join(machine.build, 'build.ninja'), encoding='utf-8') as text:
            if '-DY' not in text.read():
                raise AssertionError('cpp_args was forgotten')


def half_made(path, text=None):
    """Set-up was interrupted: a file is missing or cut."""
    def case():
        with Machine() as machine:
            expect(machine, ['run'], 'version=1')
            os.remove(os.path.join(machine.build, '.dev-state'))
            if text is None:
                os.remove(os.path.join(machine.build, path))
            else:
                write(os.path.join(machine.build, path), text)
            expect(machine, ['run'], 'version=1')
            expect(machine, ['test'], EXPECTED['test'])
    return case


def compiler_goes():
    with Machine() as machine:
        other = machine.file('bin/weir-fake-c++')
        write(other, '#!/bin/sh\nexec g++ "$@"\n', 0o755)
        expect(machine, ['run'], 'version=1', CXX='weir-fake-c++')
        machine.install('libdpdk-dev')
        expect(machine, ['run'], 'dpdk=1')
        with open(os.path.join(machine.build, 'build.ninja'), encoding='utf-8') as text:
            if 'weir-fake-c++' not in text.read():
                raise AssertionError('the compiler was forgotten')
        os.remove(other)
        expect(machine, ['run'], 'dpdk=1', error='is gone')
        expect(machine, ['run'], 'dpdk=1')


def nothing_changed():
    """Neither Meson nor the compiler is asked again, and nothing is said."""
    with Machine() as machine:
        for name in ('run', 'test', 'bench', 'run', 'test'):
            expect(machine, COMMANDS[name], EXPECTED[name])
        log = os.path.join(machine.build, 'dev-setup.log')
        before = os.stat(log).st_mtime_ns
        for name in ('run', 'test', 'bench', 'test', 'run'):
            _, err = expect(machine, COMMANDS[name], EXPECTED[name])
            if os.stat(log).st_mtime_ns != before:
                raise AssertionError(f'{name} set up the folder again: {err}')


def cases():
    for pair in itertools.permutations(COMMANDS, 2):
        yield ' then '.join(pair), in_order(pair)
    yield 'all, in the order of the README', in_order(list(COMMANDS))
    yield 'all, the other way round', in_order(list(COMMANDS)[::-1])
    yield 'the sanitizers have folders of their own', sanitizers
    yield 'a library appears and goes', appears_and_goes('libdpdk-dev', 'dpdk')
    yield 'a program appears and goes', appears_and_goes('tshark', 'tool')
    yield 'a header by hand appears and goes', header_by_hand
    yield 'a needed header goes', needed_header_goes
    yield 'a package goes', package_goes
    yield 'a library is upgraded', upgrade
    yield 'a library is upgraded in two steps', upgrade_in_two_steps
    yield 'a folder of an older commit', older_commit
    yield "the owner's options stay", own_options
    yield 'set-up interrupted before build.ninja', half_made('build.ninja')
    yield 'set-up interrupted before coredata.dat', half_made('meson-private/coredata.dat')
    yield 'set-up interrupted within coredata.dat', half_made('meson-private/coredata.dat', 'x')
    yield 'the compiler goes', compiler_goes
    yield 'nothing changed', nothing_changed


def sanitizers():
    """The other build folders are kept in the same way."""
    with Machine() as machine:
        expect(machine, ['check', 'asan'], '\n1 passed, 0 failed, 0 skipped\n')
        machine.install('libdpdk-dev', '2')
        expect(machine, ['check', 'asan'], '\n1 passed, 0 failed, 0 skipped\n')


def outcome(case):
    """What went wrong, or nothing."""
    try:
        case()
    except Exception as error:  # pylint: disable=broad-except
        return str(error) or repr(error)
    return ''


def main():
    wanted = sys.argv[1:]
    todo = [(name, case) for name, case in cases() if not wanted or any(w in name for w in wanted)]
    print(f'1..{len(todo)}', flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = pool.map(outcome, [case for _, case in todo])
        for number, ((name, _), wrong) in enumerate(zip(todo, outcomes), 1):
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {number} - dev: {name}")
            print(''.join(f'# {line}\n' for line in wrong.splitlines()), end='', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
