#!/usr/bin/python3
"""Prints the results of `meson test --benchmark` as one table.

    print_table.py BUILD-DIR/meson-logs/benchmarklog.json

A Google Benchmark prints JSON when BENCHMARK_FORMAT=json is set, `weir bench --json` prints a
line a configuration. What a benchmark printed otherwise is shown as it is.
"""

import json
import sys


def rate(per_second):
    for limit, unit in ((1e9, 'G'), (1e6, 'M'), (1e3, 'k')):
        if per_second >= limit:
            return f'{per_second / limit:.2f} {unit}/s'
    return f'{per_second:.2f} /s'


def google_rows(document):
    """(name, time, rate, counters) of every run of a Google Benchmark."""
    known = {'name', 'run_name', 'run_type', 'family_index', 'per_family_instance_index', 'threads',
             'repetitions', 'repetition_index', 'iterations', 'real_time', 'cpu_time', 'time_unit',
             'items_per_second', 'bytes_per_second', 'aggregate_name', 'aggregate_unit', 'label',
             'error_occurred', 'error_message'}
    for run in document['benchmarks']:
        if run.get('error_occurred'):
            yield run['name'], 'error', '', run.get('error_message', '')
            continue
        counters = [f'{key}={value:.4g}' for key, value in run.items()
                    if key not in known and isinstance(value, (int, float))]
        items = run.get('items_per_second')
        yield (run['name'], f"{run['cpu_time']:.2f} {run['time_unit']}",
               rate(items) if items else '', ' '.join([run.get('label', ''), *counters]).strip())


def pipeline_row(line):
    name = f"weir bench workers={line['workers']} flows={line['flows']} size={line['packet_size']}"
    return (name, f"{line['ns_per_packet']:.2f} ns", f"{line['mpps']:.2f} M/s",
            f"{line['gbps']:.2f} Gbit/s, bare lookups {line['limit_mpps']:.2f} M/s")


def rows_of(output):
    """Rows of one benchmark's output, or None when it is not in a known form."""
    try:
        document = json.loads(output)
        if 'benchmarks' in document:
            return list(google_rows(document))
    except ValueError:
        pass
    try:
        lines = [json.loads(line) for line in output.splitlines() if line.strip()]
        return [pipeline_row(line) for line in lines] if lines else None
    except (ValueError, KeyError, TypeError):
        return None


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(sys.argv[1], encoding='utf-8') as text:
            tests = [json.loads(line) for line in text]
    except FileNotFoundError:
        print('no benchmark ran', file=sys.stderr)
        return 1
    rows, plain = [], []
    for test in tests:
        found = rows_of(test.get('stdout') or '')
        if found is None or test['result'] != 'OK':
            plain.append(f"{test['name']} ({test['result']}):\n{test.get('stdout') or ''}")
        else:
            rows += found
    if rows:
        rows.insert(0, ('benchmark', 'time', 'rate', ''))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        print()
        for name, time, per_second, more in rows:
            print(f'{name:<{widths[0]}}  {time:>{widths[1]}}  {per_second:>{widths[2]}}  '
                  f'{more}'.rstrip())
    for text in plain:
        print('\n' + text.rstrip())
    return 0 if rows or plain else 1


if __name__ == '__main__':
    sys.exit(main())
