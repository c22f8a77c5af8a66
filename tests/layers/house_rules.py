"""What every file of the tree obeys, in the manner of TigerBeetle's tidy.zig."""

import os
import re

from tree import Finding, files, is_cpp, lines_of

MAX_COLUMNS = 100
MAX_LINES = 500

CODE = ('.h', '.cc', '.py', '.sh', '.build', '.supp')
CODE_FILES = ('dev', '.ci/run', 'meson_options.txt')
TEXT = CODE + ('.md', '.txt')

# Split, so that this file obeys its own rule.
UNFINISHED = re.compile(r'\b(TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK)\b')
MACHINE_PATH = re.compile(r'(?<![\w.])/(?:home|Users|root|work|mnt|media)/\w')
CONDITIONAL = re.compile(r'^\s*#\s*(?:if|ifdef|ifndef|elif)\b(.*)')
IDENTIFIER = re.compile(r'\b[A-Za-z_]\w*')
# What the compiler says of itself and of the target; NDEBUG is Meson's b_ndebug.
COMPILER_MACRO = re.compile(r'^(?:__\w+|NDEBUG|defined)$')
# The cases of compile_fail hold a misuse beside the right use.
CONDITIONAL_PLACES = ('backends/', 'tests/compile_fail/')

# (pattern, where it is forbidden, where it is allowed all the same, message)
PATTERNS = (
    (re.compile(r'^\s*using\s+namespace\b'), ('.h',), (), 'using namespace in a header'),
    (re.compile(r'\breinterpret_cast\b'), ('parsers/',), (),
     'packet bytes are read through engine/core/bytes.h, never by a cast'),
    (re.compile(r'\bstd::(?:cout|cerr|clog)\b'), ('engine/', 'parsers/', 'backends/'), (),
     'output is for sinks and for the command line'),
    (re.compile(r'(?<![\w.:>])(?:std::|::)?(?:exit|quick_exit|_exit)\s*\('),
     ('engine/', 'parsers/', 'backends/', 'report/'), (), 'only cli/ ends the program'),
    (re.compile(r'\bstd::(?:mutex|shared_mutex|recursive_mutex)\b'),
     ('engine/flow/', 'parsers/'), (), 'the hot path does not lock'),
    (re.compile(r'\bNOLINT\b(?!\w|\()'), ('.h', '.cc'), (), 'NOLINT names the check it silences'),
)


def is_code(path):
    return path.endswith(CODE) or path in CODE_FILES


def is_text(path):
    return is_code(path) or path.endswith(TEXT)


def without_comment(line):
    """The code of a line; good enough to tell code from prose, not a C++ lexer."""
    return re.sub(r'//.*$', '', line)


def check_line(path, number, line):
    found = []
    if is_code(path):
        if len(line) > MAX_COLUMNS:
            found.append(f'{len(line)} columns, more than {MAX_COLUMNS}')
        if '\t' in line:
            found.append('a tab')
        if line != line.rstrip():
            found.append('white space at the end')
    if UNFINISHED.search(line):
        found.append('unfinished: do it, or write an issue')
    if MACHINE_PATH.search(line):
        found.append('a path of one machine')
    return [Finding(path, number, message) for message in found]


def check_conditional(path, number, line):
    """`#if` for a backend only in the registry and inside that backend."""
    match = CONDITIONAL.match(line)
    if not match or path.startswith(CONDITIONAL_PLACES):
        return []
    names = [n for n in IDENTIFIER.findall(re.sub(r'<[^>]*>|"[^"]*"', '', match.group(1)))
             if not COMPILER_MACRO.match(n)]
    return [Finding(path, number, f'#if on {name}: backends are chosen in backends/registry.cc')
            for name in names]


def check_patterns(path, number, line):
    code = without_comment(line) if 'NOLINT' not in line else line
    findings = []
    for pattern, places, exceptions, message in PATTERNS:
        inside = path.startswith(tuple(p for p in places if not p.startswith('.'))) or \
            path.endswith(tuple(p for p in places if p.startswith('.')))
        if inside and path not in exceptions and pattern.search(code):
            findings.append(Finding(path, number, message))
    return findings


def check_header(path, lines):
    text = [line.strip() for _, line in lines]
    code = [line for line in text if line and not line.startswith('//')]
    findings = []
    if not code or code[0] != '#pragma once':
        findings.append(Finding(path, 1, '#pragma once is missing or not the first line of code'))
    if not any(re.match(r'(?:inline )?namespace weir\b', line) for line in code):
        findings.append(Finding(path, 1, 'no namespace weir'))
    return findings


def check_file(root, path):
    if not is_text(path):
        return []
    lines = lines_of(root, path)
    findings = []
    if is_code(path) and len(lines) > MAX_LINES:
        findings.append(Finding(path, MAX_LINES + 1,
                                f'{len(lines)} lines, more than {MAX_LINES}'))
    for number, line in lines:
        findings += check_line(path, number, line)
        if is_cpp(path):
            findings += check_conditional(path, number, line)
            findings += check_patterns(path, number, line)
    if path.endswith('.h'):
        findings += check_header(path, lines)
    if path.endswith('.py') and lines and lines[0][1].startswith('#!') \
            and lines[0][1] != '#!/usr/bin/python3':
        findings.append(Finding(path, 1, 'scripts start with #!/usr/bin/python3'))
    elif path.endswith(('.py', '.sh')) and lines and lines[0][1].startswith('#!') \
            and not os.access(os.path.join(root, path), os.X_OK):
        findings.append(Finding(path, 1, 'no run bit: chmod +x'))
    return findings


def check_house(root):
    findings = []
    for path in files(root):
        if os.path.isfile(os.path.join(root, path)):
            findings += check_file(root, path)
    return findings
