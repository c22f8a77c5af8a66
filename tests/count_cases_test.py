#!/usr/bin/python3
"""Unit tests of count_cases.py, in TAP: what it must not count as passed above all."""

import os
import sys
import tempfile
import time

from count_cases import SKIP_STATUS, cases_of, suite_of

XML = '''<?xml version="1.0"?><testsuites><testsuite name="A">
<testcase name="good" status="run" result="completed" classname="A" />
<testcase name="bad" status="run" result="completed" classname="A">
  <failure message="t.cc:6&#x0A;Failed&#x0A;sum" type=""></failure></testcase>
<testcase name="none" status="run" result="skipped" classname="A">
  <skipped message="t.cc:5&#x0A;needs root&#x0A;" /></testcase>
<testcase name="DISABLED_x" status="notrun" result="suppressed" classname="A" />
</testsuite></testsuites>'''
TAP = ('1..5\nok 1 - a\nok 2 - #if is no directive\nok 3 c # SKIP no tshark\nnot ok 4 - d\nok\n'
       '# ok 6\n')


def counted(protocol, result, status, output='', xml=None, xml_age_s=0):
    """(passed, failed, skipped) of one line of the log."""
    test = {'name': 'weir:unit / x', 'result': result, 'returncode': status, 'stdout': output,
            'starttime': time.time()}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'x.xml')
        if xml is not None:
            with open(path, 'w', encoding='utf-8') as out:
                out.write(xml)
            os.utime(path, (time.time() - xml_age_s,) * 2)
        tally = cases_of(test, protocol, path)
    return tally.passed, tally.failed, tally.skipped


def cases():
    passed, failed, skipped = counted('gtest', 'FAIL', 1, xml=XML)
    yield 'gtest cases', (passed, failed) == (1, [('A.bad', 'Failed sum')])
    yield 'gtest skips and their reasons', skipped == [
        ('A.none', 'needs root'), ('A.DISABLED_x', 'disabled in the source')]
    yield 'a crash before the XML', len(counted('gtest', 'FAIL', -6)[1]) == 1
    yield 'XML cut by a crash', len(counted('gtest', 'FAIL', -6, xml=XML[:200])[1]) == 1
    passed, failed, _ = counted('gtest', 'FAIL', -6, xml=XML, xml_age_s=60)
    yield 'XML of an earlier run', (passed, len(failed)) == (0, 1) and failed[0][0] == ''
    yield 'a time-out', len(counted('gtest', 'TIMEOUT', -15)[1]) == 1
    yield 'success without a case', len(counted('gtest', 'OK', 0)[1]) == 1
    passed, failed, skipped = counted('tap', 'FAIL', 1, TAP)
    yield 'TAP cases', (passed, failed) == (3, [('d', '')])
    yield 'TAP skips and their reasons', skipped == [('c', 'no tshark')]
    yield 'a TAP plan of nothing', counted('tap', 'SKIP', 0, '1..0 # SKIP no net')[2] == [
        ('all', 'no net')]
    yield 'a TAP script that crashes after its cases', len(
        counted('tap', 'ERROR', 1, '1..1\nok 1 - a\n')[1]) == 1
    yield 'exit status', counted('exitcode', 'OK', 0)[0] == 1
    yield 'exit status of a failure', len(counted('exitcode', 'FAIL', 3)[1]) == 1
    yield 'exit status of a skip', counted(
        'exitcode', 'SKIP', SKIP_STATUS, 'start\nno iftop here\n')[2] == [('', 'no iftop here')]
    yield 'the suite', suite_of({'name': 'weir:live / veth'}) == 'live'


def main():
    results = list(cases())
    print(f'1..{len(results)}')
    for number, (name, good) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - count_cases: {name}")
    return 0 if all(good for _, good in results) else 1


if __name__ == '__main__':
    sys.exit(main())
