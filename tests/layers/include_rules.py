"""Who may include whom: docs/architecture.md in a form that can fail.

    engine/core <- { parsers, backends/*, engine/flow } <- engine/pipeline <- report <- cli

The left never includes the right, the three in braces not one another, the pipeline no backend.
"""

import re

from tree import Finding, files, is_cpp, lines_of

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')

# Folder: the other folders whose headers it may include. A file belongs to the longest that fits.
ALLOWED = {
    'engine/core': (),
    'parsers': ('engine/core',),
    'engine/flow': ('engine/core',),
    # Interface of the registry: known to the command line, so it must not know a backend.
    'backends/registry.h': ('engine/core', 'backends/dpdk/dpdk_options.h',
                            'backends/synthetic/synthetic_options.h'),
    # The one file that knows which backends there are.
    'backends/registry.cc': ('engine/core', 'backends'),
    'backends/bpf': ('engine/core',),
    'backends/fault': ('engine/core',),
    'backends/host': ('engine/core',),
    'backends/fallback': ('engine/core',),
    'backends/interfaces': ('engine/core',),
    'backends/*': ('engine/core', 'backends/bpf', 'backends/interfaces'),
    'engine/pipeline': ('engine/core', 'engine/flow', 'parsers'),
    'report/names': ('engine/core', 'report'),
    'report/processes': ('engine/core', 'report/process_source.h'),
    'report/filter': ('engine/core', 'engine/pipeline', 'report'),
    'report': ('engine/core', 'engine/flow', 'parsers', 'engine/pipeline'),
    'cli': ('engine/core', 'engine/flow', 'parsers', 'engine/pipeline', 'report',
            'backends/registry.h', 'backends/host'),
    'bench': ('engine', 'parsers', 'backends', 'report'),
    'tests': ('engine', 'parsers', 'backends', 'report', 'cli', 'bench'),
}

# Headers of others, and the only places that may include them. What is neither here nor in
# SYSTEM is refused, so that a new dependency is a decision and not an accident.
VENDOR = {
    'tl/expected.hpp': ('engine/core/status.h',),
    'concurrentqueue/': ('engine/pipeline', 'bench'),
    'fmt/': ('engine/core', 'engine/pipeline', 'backends', 'report', 'cli', 'bench', 'tests'),
    'pcap.h': ('backends/bpf', 'backends/pcap_live', 'tests'),
    'pcap/': ('backends/bpf', 'backends/pcap_live', 'tests'),
    'xdp/': ('backends/af_xdp', 'tests/unit/backends', 'tests/live'),
    'bpf/': ('backends/af_xdp', 'tests/unit/backends', 'tests/live'),
    'rte_': ('backends/dpdk',),
    'zlib.h': ('backends/pcap_file', 'tests'),
    'zstd.h': ('backends/pcap_file/zstd_decompressor.cc', 'tests'),
    'zstd_errors.h': ('backends/pcap_file/zstd_decompressor.cc',),
    'lz4frame.h': ('backends/pcap_file/lz4_decompressor.cc', 'tests'),
    'bzlib.h': ('backends/pcap_file/bzip2_decompressor.cc', 'tests'),
    'lzma.h': ('backends/pcap_file/xz_decompressor.cc', 'tests'),
    'CLI/': ('cli/options.cc', 'cli/options_run.cc', 'cli/option_kinds.h'),
    'curses.h': ('report/tui/terminal.cc', 'report/tui/terminfo.cc'),
    'term.h': ('report/tui/terminfo.cc',),
    'ares.h': ('report/names',),
    'maxminddb.h': ('report/names',),
    'nettle/': ('report/processes',),
    're2/': ('report/filter',),
    'toml++/': ('cli/config_file.cc',),
    'gtest/': ('tests',),
    'gmock/': ('tests',),
    'rapidcheck.h': ('tests',),
    'rapidcheck/': ('tests',),
    'nlohmann/': ('tests',),
    'benchmark/': ('bench',),
}

# Parsers read bytes through engine/core/bytes.h: the kernel's packet structs would invite a cast.
NO_PACKET_STRUCTS = ('parsers', 'engine/flow')
PACKET_STRUCTS = ('net/', 'netinet/', 'linux/', 'netpacket/')

SYSTEM_FOLDERS = ('sys/', 'net/', 'netinet/', 'netpacket/', 'arpa/', 'linux/')
SYSTEM_HEADERS = {
    'dirent.h', 'dlfcn.h', 'emmintrin.h', 'errno.h', 'fcntl.h', 'fnmatch.h', 'getopt.h',
    'grp.h', 'ifaddrs.h', 'immintrin.h', 'langinfo.h', 'limits.h', 'locale.h', 'malloc.h',
    'netdb.h', 'nmmintrin.h', 'poll.h', 'pthread.h', 'pwd.h', 'sched.h', 'signal.h', 'spawn.h',
    'stdint.h', 'stdio.h', 'stdlib.h', 'string.h', 'termios.h', 'time.h', 'ucontext.h',
    'unistd.h', 'wchar.h', 'x86intrin.h',
}


def below(path, place):
    """True when `path` is the file `place` or lies in the folder `place`."""
    return path == place or path.startswith(place + '/')


def owner_of(path):
    """The key of ALLOWED that a file belongs to, and the folder it may include from freely."""
    for file in ('backends/registry.h', 'backends/registry.cc'):
        if path == file:
            return file, file
    for folder in ('backends/bpf', 'backends/fallback', 'backends/fault', 'backends/host',
                   'backends/interfaces'):
        if below(path, folder):
            return folder, folder
    if path.startswith('backends/') and path.count('/') >= 2:
        return 'backends/*', '/'.join(path.split('/')[:2])
    for folder in ALLOWED:
        if below(path, folder):
            return folder, folder
    return None, None


def vendor_of(header):
    """The entry of VENDOR that a header belongs to."""
    for name in VENDOR:
        if header == name or (name.endswith(('/', '_')) and header.startswith(name)):
            return name
    return None


def is_standard(header):
    """C++ standard headers have neither a slash nor a dot."""
    return '/' not in header and '.' not in header


def check_project_include(path, number, header, known):
    if header not in known:
        return Finding(path, number, f'"{header}" is not a file of the tree: includes are written '
                                     'from the top')
    owner, own_folder = owner_of(path)
    if owner is None:
        return Finding(path, number, 'this folder has no place in the layers: give it one in '
                                     'tests/layers/include_rules.py')
    if below(header, own_folder) or header == path.replace('.cc', '.h'):
        return None
    if any(below(header, folder) for folder in ALLOWED[owner]):
        return None
    return Finding(path, number, f'{own_folder} must not include "{header}"')


def check_other_include(path, number, header, known):
    if header in known:
        return Finding(path, number, f'<{header}> is ours: include it with quotes')
    vendor = vendor_of(header)
    if vendor is not None:
        if any(below(path, place) for place in VENDOR[vendor]):
            return None
        return Finding(path, number, f'<{header}> is only for {", ".join(VENDOR[vendor])}')
    if header.startswith(PACKET_STRUCTS) and any(below(path, f) for f in NO_PACKET_STRUCTS):
        return Finding(path, number, f'<{header}>: packet bytes are read through bytes.h')
    if is_standard(header) or header in SYSTEM_HEADERS or header.startswith(SYSTEM_FOLDERS):
        return None
    return Finding(path, number, f'<{header}> is unknown: a new dependency goes into VENDOR of '
                                 'tests/layers/include_rules.py')


def includes_of(root, path):
    """(line, is quoted, header) of every include of a file."""
    found = []
    for number, line in lines_of(root, path):
        match = INCLUDE.match(line)
        if match:
            found.append((number, match.group(1) == '"', match.group(2)))
    return found


def check_includes(root):
    """Every include of every C++ file."""
    known = set(files(root))
    findings = []
    for path in filter(is_cpp, sorted(known)):
        for number, quoted, header in includes_of(root, path):
            check = check_project_include if quoted else check_other_include
            finding = check(path, number, header, known)
            if finding:
                findings.append(finding)
    return findings


def check_cycles(root):
    """No header includes itself by way of others: pragma once would hide it."""
    graph = {path: [(n, h) for n, quoted, h in includes_of(root, path) if quoted]
             for path in files(root) if path.endswith('.h')}
    findings, done = [], set()

    def visit(path, trail):
        if path in done or path not in graph:
            return
        for number, header in graph[path]:
            if header in trail or header == path:
                findings.append(Finding(path, number, f'"{header}" includes this file again'))
            else:
                visit(header, trail | {path})
        done.add(path)

    for path in graph:
        visit(path, frozenset())
    return findings
