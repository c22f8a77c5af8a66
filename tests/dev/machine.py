"""A make-believe machine for `dev`: a small tree with a copy of it, and packages in a folder.

dpkg-query and apt-get are stand-ins that read and change the folder; Meson, Ninja and the compiler
are the real ones. A package brings a header, a .pc file or a program of a name that no real package
has, so it does not matter which packages the real machine has.
"""

import os
import shutil
import subprocess
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

MESON_BUILD = '''project('weir', 'cpp', meson_version: '>=1.0.0')
cpp = meson.get_compiler('cpp')
cpp.has_header('weir_fake/build.h', required: true)
test_header = cpp.has_header('weir_fake_test.h', required: get_option('tests'))
bench_header = cpp.has_header('weir_fake_bench.h', required: get_option('benchmarks'))
dpdk = dependency('weir-fake-dpdk', required: get_option('dpdk'))
tool = find_program('weir-fake-tool', required: false)
weir = executable('weir', 'main.cc', cpp_args: [
  '-DDPDK=' + dpdk.found().to_int().to_string(), '-DTOOL=' + tool.found().to_int().to_string()])
test('layers', find_program('true'), suite: 'layers')
if test_header
  test('unit', executable('unit', 'unit.cc'), suite: 'unit')
endif
if bench_header
  benchmark('bench', weir)
endif
'''
OPTIONS = '''option('tests', type: 'feature', value: 'auto')
option('benchmarks', type: 'feature', value: 'auto')
option('dpdk', type: 'feature', value: 'auto')
option('fuzzers', type: 'boolean', value: false)
'''
MAIN = '''#include <weir_fake/build.h>
#include <cstdio>
int main() { std::printf("version=%d dpdk=%d tool=%d\\n", VERSION, DPDK, TOOL); }
'''
UNIT = '#include <weir_fake_test.h>\nint main() { return RESULT; }\n'
# What a package brings: (path below the machine's root, text).
CONTENTS = {
    'libfmt-dev': [('include/weir_fake/build.h', '#define VERSION 1\n')],
    'librapidcheck-dev': [('include/weir_fake_test.h', '#define RESULT 0\n')],
    'libbenchmark-dev': [('include/weir_fake_bench.h', '\n')],
    'libdpdk-dev': [('pkgconfig/weir-fake-dpdk.pc', 'Name: d\nDescription: d\nVersion: 22\n')],
    'tshark': [('bin/weir-fake-tool', '#!/bin/sh\n')],
    'clang-19': [('bin/clang++-19', '#!/bin/sh\nexec g++ "$@"\n')],
}
DPKG_QUERY = '''#!/usr/bin/python3 -SE
import os, sys
form = [a[3:] for a in sys.argv if a.startswith('-f=')][0].replace('\\\\n', '\\n')
names = [a for a in sys.argv[1:] if not a.startswith('-')] or sorted(os.listdir('@/packages'))
for name in names:
    if os.path.exists('@/packages/' + name):
        with open('@/packages/' + name) as version:
            print(form.replace('${Package}', name).replace('${Version}', version.read())
                  .replace('${db:Status-Status}', 'installed').replace('${Architecture}', 'amd64'),
                  end='')
    elif len(sys.argv) > 3:
        print('no packages found matching ' + name, file=sys.stderr)
'''
APT_GET = '''#!/usr/bin/python3 -SE
import os, shutil, sys
if os.path.exists('@/no-network'):
    sys.exit('E: Failed to fetch')
if '-s' in sys.argv or 'install' not in sys.argv:
    sys.exit(0)
for name in sys.argv[sys.argv.index('install') + 1:]:
    if not name.startswith('-'):
        if os.path.isdir('@/store/' + name):
            shutil.copytree('@/store/' + name, '@/root', dirs_exist_ok=True)
        with open('@/packages/' + name, 'w') as version:
            version.write('1')
'''
SUDO = '#!/bin/sh\nif [ "$1" = -v ]; then exit 0; fi\nexec "$@"\n'


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as out:
        out.write(text)
    os.chmod(path, mode)


class Machine:
    """Nothing installed, nothing built. A context manager: its folder goes at the end."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix='weir-dev-')
        self.tree = os.path.join(self.top, 'tree')
        self.build = os.path.join(self.tree, 'build')
        for folder in ('packages', 'root/include', 'root/pkgconfig', 'root/bin', 'fake'):
            os.makedirs(os.path.join(self.top, folder))
        for name, files in CONTENTS.items():
            for path, text in files:
                stored = os.path.join(self.top, 'store', name, path)
                write(stored, text, 0o755 if path.startswith('bin/') else 0o644)
                os.utime(stored, (1e9, 1e9))  # as dpkg does: the time of the package, long ago
        for name, text in (('dpkg-query', DPKG_QUERY), ('apt-get', APT_GET), ('sudo', SUDO)):
            write(os.path.join(self.top, 'fake', name), text.replace('@', self.top), 0o755)
        for name in ('dev', 'tools', 'tests/count_cases.py'):
            source, copy = os.path.join(SOURCE, name), os.path.join(self.tree, name)
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, copy)
        for name, text in (('meson.build', MESON_BUILD), ('meson_options.txt', OPTIONS),
                           ('main.cc', MAIN), ('bench/print_table.py', 'print("table")\n'),
                           ('unit.cc', UNIT)):
            write(os.path.join(self.tree, name), text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top)

    def file(self, path):
        return os.path.join(self.top, 'root', path)

    def install(self, name, version='1', text=None):
        """A package by the machine's owner, not by dev; TEXT instead of its usual content."""
        for path, usual in CONTENTS.get(name, []):
            if os.path.exists(self.file(path)):
                os.remove(self.file(path))
            write(self.file(path), text or usual, 0o755 if path.startswith('bin/') else 0o644)
            os.utime(self.file(path), (1e9, 1e9))
        write(os.path.join(self.top, 'packages', name), version)

    def remove(self, name):
        for path, _ in CONTENTS.get(name, []):
            os.remove(self.file(path))
        os.remove(os.path.join(self.top, 'packages', name))

    def no_network(self):
        write(os.path.join(self.top, 'no-network'), '')

    def environment(self, **more):
        path = ':'.join([os.path.join(self.top, 'fake'), self.file('bin'),
                         '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'])
        return {'PATH': path, 'HOME': self.top, 'CPATH': self.file('include'), 'LC_ALL': 'C.UTF-8',
                'PKG_CONFIG_PATH': self.file('pkgconfig'), 'CCACHE_DISABLE': '1',
                'TMPDIR': self.top, **more}

    def dev(self, *args, **environment):
        """(exit status, standard output, standard error)."""
        result = subprocess.run(['./dev', *args], cwd=self.tree, text=True, capture_output=True,
                                env=self.environment(**environment), timeout=120, check=False)
        return result.returncode, result.stdout, result.stderr
