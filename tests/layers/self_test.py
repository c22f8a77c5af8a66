#!/usr/bin/python3
"""Shows, in TAP, that the layer test can fail: one small bad tree a rule, and the good tree."""

import json
import os
import shutil
import sys
import tempfile

from check import report
from headers import check_headers
from house_rules import check_house
from include_rules import check_cycles, check_includes
from tree import Finding

GOOD_HEADER = '#pragma once\n{}\nnamespace weir {{}}\n'

GOOD_TREE = {
    'engine/core/packet.h': GOOD_HEADER.format('#include <cstdint>'),
    'engine/core/status.h': GOOD_HEADER.format('#include <tl/expected.hpp>'),
    'engine/flow/table.h': GOOD_HEADER.format('#include "engine/core/packet.h"'),
    'engine/pipeline/ring.h': GOOD_HEADER.format(
        '#include <concurrentqueue/concurrentqueue.h>\n#include "engine/flow/table.h"'),
    'parsers/parse.h': GOOD_HEADER.format('#include "engine/core/packet.h"'),
    'backends/bpf/filter.h': GOOD_HEADER.format('#include <pcap.h>'),
    'backends/pcap_live/live.h': GOOD_HEADER.format('#include "backends/bpf/filter.h"'),
    'backends/pcap_file/file.h': GOOD_HEADER.format('#include <zlib.h>'),
    'backends/fault/fault.h': GOOD_HEADER.format('#include "engine/core/packet.h"'),
    'backends/registry.h': GOOD_HEADER.format('#include "engine/core/packet.h"'),
    'backends/registry.cc': '#include "backends/registry.h"\n#include "backends/fault/fault.h"\n'
                            '#if WEIR_HAVE_DPDK\n#include "backends/pcap_live/live.h"\n#endif\n',
    'report/text.h': GOOD_HEADER.format('#include "engine/pipeline/ring.h"'),
    'cli/options.cc': '#include <CLI/CLI.hpp>\n',
    'cli/main.cc': '#include "backends/registry.h"\n#include "report/text.h"\n'
                   '#ifndef NDEBUG\n#endif\n#ifdef __clang__\n#endif\n',
    'tests/unit/test.cc': '#include <gtest/gtest.h>\n#include "cli/options.h"\n',
    'cli/options.h': GOOD_HEADER.format('#include <string>'),
}

# Rule, file, its text, what the finding must say.
BAD_INCLUDES = (
    ('core includes flow', 'engine/core/a.h', '#include "engine/flow/table.h"', 'must not'),
    ('parsers include flow', 'parsers/a.cc', '#include "engine/flow/table.h"', 'must not'),
    ('flow includes parsers', 'engine/flow/a.cc', '#include "parsers/parse.h"', 'must not'),
    ('a backend includes parsers', 'backends/fault/a.cc', '#include "parsers/parse.h"',
     'must not'),
    ('a backend includes another', 'backends/pcap_file/a.cc',
     '#include "backends/pcap_live/live.h"', 'must not'),
    ('fault includes bpf', 'backends/fault/b.cc', '#include "backends/bpf/filter.h"', 'must not'),
    ('a backend includes the registry', 'backends/pcap_file/b.cc',
     '#include "backends/registry.h"', 'must not'),
    ('the registry header knows a backend', 'backends/registry.h',
     GOOD_HEADER.format('#include "backends/fault/fault.h"'), 'must not'),
    ('the pipeline includes a backend', 'engine/pipeline/a.cc',
     '#include "backends/pcap_file/file.h"', 'must not'),
    ('the pipeline includes the registry', 'engine/pipeline/b.cc',
     '#include "backends/registry.h"', 'must not'),
    ('the pipeline includes a report', 'engine/pipeline/c.cc', '#include "report/text.h"',
     'must not'),
    ('a report includes the command line', 'report/a.cc', '#include "cli/options.h"',
     'must not'),
    ('the command line includes a backend', 'cli/a.cc', '#include "backends/fault/fault.h"',
     'must not'),
    ('the program includes a test', 'engine/core/b.cc', '#include "tests/help.h"', 'not a file'),
    ('an include that is not from the top', 'parsers/b.cc', '#include "parse.h"', 'not a file'),
    ('ours in angle brackets', 'parsers/c.cc', '#include <parsers/parse.h>', 'quotes'),
    ('indented directive', 'parsers/d.cc', '  #  include "engine/flow/table.h"', 'must not'),
    ('a folder without a place', 'misc/a.cc', '#include "engine/core/packet.h"', 'no place'),
    ('pcap.h in a parser', 'parsers/e.cc', '#include <pcap.h>', 'only for'),
    ('pcap/pcap.h in the file reader', 'backends/pcap_file/c.cc', '#include <pcap/pcap.h>',
     'only for'),
    ('CLI11 beside options.cc', 'cli/b.cc', '#include <CLI/CLI.hpp>', 'only for'),
    ('concurrentqueue in a backend', 'backends/fault/c.cc',
     '#include <concurrentqueue/concurrentqueue.h>', 'only for'),
    ('GoogleTest in the program', 'report/b.cc', '#include <gtest/gtest.h>', 'only for'),
    ('a packet struct in a parser', 'parsers/f.cc', '#include <netinet/ip.h>', 'bytes.h'),
    ('an unknown library', 'report/c.cc', '#include <boost/asio.hpp>', 'unknown'),
)

BAD_HOUSE = (
    ('a long line', 'cli/a.cc', '// ' + 'x' * 98, '101 columns'),
    ('a long file', 'cli/b.cc', '//\n' * 501, '501 lines'),
    ('a tab', 'cli/c.cc', 'int\tx;', 'a tab'),
    ('white space at the end', 'cli/d.cc', 'int x; ', 'white space'),
    ('unfinished work', 'cli/e.cc', '// TO' 'DO: later', 'unfinished'),
    ('unfinished work in prose', 'docs/a.md', 'FIX' 'ME', 'unfinished'),
    ('a path of one machine', 'docs/b.md', 'see /ho' 'me/me/weir', 'one machine'),
    ('no pragma once', 'cli/f.h', 'namespace weir {}', 'pragma once'),
    ('pragma once too late', 'cli/g.h', '#include <string>\n#pragma once\nnamespace weir {}',
     'pragma once'),
    ('no namespace', 'cli/h.h', '#pragma once\nint x;', 'namespace'),
    ('using namespace in a header', 'cli/i.h',
     '#pragma once\nnamespace weir {\nusing namespace std;\n}', 'using namespace'),
    ('#if for a backend', 'engine/pipeline/a.cc', '#if WEIR_HAVE_DPDK\n#endif', 'registry.cc'),
    ('#elif defined for a backend', 'cli/j.cc', '#ifdef __clang__\n#elif defined(HAVE_XDP)\n'
     '#endif', 'registry.cc'),
    ('a cast of packet bytes', 'parsers/a.cc', 'auto* h = reinterpret_cast<const H*>(p);',
     'bytes.h'),
    ('printing in the engine', 'engine/flow/a.cc', 'std::cerr << x;', 'sinks'),
    ('exit outside the command line', 'report/a.cc', 'std::exit(1);', 'only cli/'),
    ('a lock in the table', 'engine/flow/b.h', '#pragma once\nnamespace weir {\nstd::mutex m;\n}',
     'lock'),
    ('a bare NOLINT', 'cli/k.cc', 'int x;  // NOLINT', 'NOLINT'),
    ('another Python', 'tests/a.py', '#!/usr/bin/env python3', 'python3'),
    ('a script without its run bit', 'tests/a.py', '#!/usr/bin/python3', 'run bit'),
)


class Tree:
    """A temporary source tree: the good one, with `changes` on top."""

    def __init__(self, changes=None):
        self.root = tempfile.mkdtemp(prefix='weir-layers.')
        for path, text in {**GOOD_TREE, **(changes or {})}.items():
            full = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, 'w', encoding='utf-8') as out:
                out.write(text)

    def __enter__(self):
        return self.root

    def __exit__(self, *_):
        shutil.rmtree(self.root)


def missed(findings, path, says):
    """What is wrong with the findings of a tree with one bad file: nothing, or one Finding."""
    if any(f.path == path and says in f.message for f in findings) and len(findings) == 1:
        return []
    seen = '; '.join(map(str, findings)) or 'nothing'
    return [Finding(path, 1, f'expected one finding with "{says}", got: {seen}')]


def rule_cases():
    with Tree() as root:
        yield 'the good tree obeys', check_includes(root) + check_cycles(root) + check_house(root)
    for name, path, text, says in BAD_INCLUDES:
        with Tree({path: text}) as root:
            yield name, missed(check_includes(root), path, says)
    for name, path, text, says in BAD_HOUSE:
        with Tree({path: text}) as root:
            yield name, missed(check_house(root), path, says)
    with Tree({'cli/a.h': GOOD_HEADER.format('#include "cli/b.h"'),
               'cli/b.h': GOOD_HEADER.format('#include "cli/a.h"')}) as root:
        yield 'a cycle', missed(check_cycles(root), 'cli/b.h', 'again')


def header_cases():
    """Headers without vendor includes, compiled with a build folder made by hand."""
    plain = {path: '#pragma once\nnamespace weir {}\n' for path in GOOD_TREE
             if path.endswith('.h')}
    bad = {'cli/options.h': '#pragma once\nnamespace weir { inline std::string name; }\n'}
    macro = {'cli/options.h': '#pragma once\nnamespace weir { inline int x = FROM_FLAGS; }\n'}
    for name, changes, says in (('headers that compile alone', {}, None),
                                ('flags of the folder are used', macro, None),
                                ('a header that does not', bad, 'compile alone')):
        with Tree({**plain, **changes}) as root:
            with open(os.path.join(root, 'compile_commands.json'), 'w', encoding='utf-8') as out:
                json.dump([{'directory': root, 'file': 'cli/main.cc',
                            'command': 'c++ -std=c++20 -DFROM_FLAGS=1 -o main.o -c cli/main.cc'}],
                          out)
            findings, count = check_headers(root, root)
            if count != len(plain):
                findings.append(Finding('.', 0, f'{count} of {len(plain)} headers compiled'))
            yield name, missed(findings, 'cli/options.h', says) if says else findings


if __name__ == '__main__':
    sys.exit(report(list(rule_cases()) + list(header_cases())))
