#!/usr/bin/python3
"""Counts test cases after `meson test` and says which were skipped, and why.

    count_cases.py BUILD-DIR MESON-EXIT-STATUS

Meson counts executables; one of ours holds dozens of cases. The cases are in the XML that
GoogleTest wrote, in the TAP lines a script printed, or, for a test of another kind, the test is
its own single case. Meson's JUnit file is not used: a time-out is no failure in it, and it takes
the reason of a skip away.

The last line is `N passed, N failed, N skipped`. The exit status is 0 only when nothing failed,
something passed, and Meson was content too.
"""

import collections
import json
import os
import re
import sys
import xml.etree.ElementTree

SKIP_STATUS = 77  # exit status by which a test of protocol `exitcode` says that it was skipped
TAP_LINE = re.compile(r'^(not )?ok\b\s*\d*\s*-?\s*(.*?)(?:\s*#\s*(skip)\S*\s*(.*))?$', re.I)


class Tally:
    """What happened to the cases of one test, as (case, reason) for failed and skipped ones."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def gtest_cases(path):
    tally = Tally()
    try:
        document = xml.etree.ElementTree.parse(path).getroot()
    except xml.etree.ElementTree.ParseError as error:
        tally.failed.append(('', f'its XML is cut or garbled: {error}'))
        return tally
    for case in document.iter('testcase'):
        name = f"{case.get('classname')}.{case.get('name')}"
        failure, skip = case.find('failure'), case.find('skipped')
        if failure is not None:
            tally.failed.append((name, without_place(failure.get('message') or '')))
        elif skip is not None or case.get('result') == 'skipped':
            message = skip.get('message') if skip is not None else ''
            tally.skipped.append((name, without_place(message or 'no reason given')))
        elif case.get('status') == 'notrun' or case.get('result') == 'suppressed':
            tally.skipped.append((name, 'disabled in the source'))
        else:
            tally.passed += 1
    return tally


def without_place(message):
    """GoogleTest puts `file:line` on a line of its own before the text of GTEST_SKIP."""
    lines = [line.strip() for line in message.strip().splitlines() if line.strip()]
    if len(lines) > 1 and re.match(r'.*:\d+$', lines[0]):
        lines = lines[1:]
    return ' '.join(lines)


def tap_cases(output):
    tally = Tally()
    for line in output.splitlines():
        plan = re.match(r'^1\.\.0\s*(?:#\s*skip\S*\s*(.*))?$', line, re.I)
        if plan:
            tally.skipped.append(('all', plan.group(1) or 'no reason given'))
            continue
        found = TAP_LINE.match(line)
        if not found:
            continue
        bad, name, directive, why = found.groups()
        if directive:
            tally.skipped.append((name.strip(), (why or '').strip() or 'no reason given'))
        elif bad:
            tally.failed.append((name.strip(), ''))
        else:
            tally.passed += 1
    return tally


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else 'no reason given'


def protocols(build_dir):
    """Name of a test to its (protocol, where GoogleTest writes its XML)."""
    with open(os.path.join(build_dir, 'meson-info', 'intro-tests.json'), encoding='utf-8') as text:
        return {test['name']: (test['protocol'], os.path.join(test['workdir'] or build_dir,
                                                              test['name'] + '.xml'))
                for test in json.load(text)}


def cases_of(test, protocol, xml_path):
    """The cases of one line of Meson's testlog.json."""
    output = test.get('stdout') or ''
    tally = Tally()
    if protocol == 'gtest':
        # One that is older than the run is an earlier run's: this one crashed before it wrote.
        if os.path.exists(xml_path) and os.path.getmtime(xml_path) >= int(test['starttime']):
            tally = gtest_cases(xml_path)
    elif protocol == 'tap':
        tally = tap_cases(output)
    elif test['result'] == 'SKIP' or test.get('returncode') == SKIP_STATUS:
        tally.skipped.append(('', last_line(output + '\n' + (test.get('stderr') or ''))))
    elif test['result'] == 'OK':
        tally.passed = 1
    # A crash or a time-out leaves no failed case behind, yet it is one.
    if test['result'] not in ('OK', 'SKIP', 'EXPECTEDFAIL') and not tally.failed:
        tally.failed.append(('', f"{test['result']}, status {test.get('returncode')}"))
    if not tally.passed and not tally.failed and not tally.skipped:
        tally.failed.append(('', 'it ran no case at all'))
    return tally


def suite_of(test):
    """`weir:unit / unit core` in the log: the suite is `unit`."""
    return test['name'].split(' / ')[0].split(':')[-1].strip() if ' / ' in test['name'] else 'other'


def print_report(suites, total):
    print(f"\n{'suite':<12} {'passed':>7} {'failed':>7} {'skipped':>8}")
    for suite, tally in sorted(suites.items()):
        print(f'{suite:<12} {tally.passed:>7} {len(tally.failed):>7} {len(tally.skipped):>8}')
    if total.skipped:
        print('\nskipped:')
        by_reason = collections.defaultdict(list)
        for name, reason in total.skipped:
            by_reason[reason].append(name)
        for reason, names in sorted(by_reason.items()):
            more = f' and {len(names) - 3} more' if len(names) > 3 else ''
            print(f"  {reason}: {', '.join(names[:3])}{more}")
    if total.failed:
        print('\nfailed:')
        for name, reason in total.failed:
            print(f"  {name}{': ' + reason[:160] if reason else ''}")
    print()


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    build_dir, meson_status = sys.argv[1], int(sys.argv[2])
    log = os.path.join(build_dir, 'meson-logs', 'testlog.json')
    suites, total = collections.defaultdict(Tally), Tally()
    known = protocols(build_dir)
    if os.path.exists(log):
        with open(log, encoding='utf-8') as lines:
            for line in lines:
                test = json.loads(line)
                short = test['name'].split(' / ')[-1]
                tally = cases_of(test, *known[short])
                tally.failed = [(f'{short}: {n}' if n else short, r) for n, r in tally.failed]
                tally.skipped = [(f'{short}: {n}' if n else short, r) for n, r in tally.skipped]
                suites[suite_of(test)].add(tally)
                total.add(tally)
    print_report(suites, total)
    if meson_status != 0 and not total.failed:
        total.failed.append(('', ''))
        print(f'meson test failed with status {meson_status} and named no test\n')
    print(f'{total.passed} passed, {len(total.failed)} failed, {len(total.skipped)} skipped')
    return 1 if total.failed or total.passed == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
