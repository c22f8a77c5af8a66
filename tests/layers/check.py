#!/usr/bin/python3
"""The layer test, in TAP.

    check.py rules ROOT            includes, cycles, house rules
    check.py headers ROOT BUILD    every header compiles alone, with the flags of BUILD
"""

import sys

from headers import check_headers
from house_rules import check_house
from include_rules import check_cycles, check_includes
from tree import files, is_cpp


def report(cases):
    """Prints (name, findings) as TAP; returns the exit status."""
    print(f'1..{len(cases)}')
    for number, (name, findings) in enumerate(cases, 1):
        print(f"{'not ok' if findings else 'ok'} {number} - {name}")
        for finding in findings:
            # Meson shows only the errors of a TAP test that fails.
            print(f'# {finding}', flush=True)
            print(finding, file=sys.stderr)
    return 1 if any(findings for _, findings in cases) else 0


def main():
    if len(sys.argv) == 3 and sys.argv[1] == 'rules':
        root = sys.argv[2]
        count = len([path for path in files(root) if is_cpp(path)])
        nothing = [] if count else ['no C++ file was found: wrong folder?']
        return report([
            (f'include rule in {count} files', nothing + check_includes(root)),
            ('no include cycle', check_cycles(root)),
            ('house rules', check_house(root)),
        ])
    if len(sys.argv) == 4 and sys.argv[1] == 'headers':
        findings, count = check_headers(sys.argv[2], sys.argv[3])
        nothing = [] if count else ['no header was found: wrong folder?']
        return report([(f'{count} headers compile alone', nothing + findings)])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main())
