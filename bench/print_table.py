#!/usr/bin/python3
"""Prints the results of `meson test --benchmark` as one table.

    print_table.py BUILD-DIR/meson-logs/benchmarklog.json

A Google Benchmark prints JSON (--benchmark_format=json), `weir bench --json` a line a
configuration. What a benchmark printed otherwise, such as the peers' table, is shown as it is.
"""

import json
import sys

KNOWN = {'name', 'run_name', 'run_type', 'family_index', 'per_family_instance_index', 'threads',
         'repetitions', 'repetition_index', 'iterations', 'real_time', 'cpu_time', 'time_unit',
         'items_per_second', 'bytes_per_second', 'aggregate_name', 'aggregate_unit', 'label',
         'error_occurred', 'error_message'}


def rate(per_second):
    for limit, unit in ((1e9, 'G'), (1e6, 'M'), (1e3, 'k')):
        if per_second >= limit:
            return f'{per_second / limit:.2f} {unit}/s'
    return f'{per_second:.2f} /s'


def micro_rows(document):
    """A row for every run of a Google Benchmark."""
    for run in document['benchmarks']:
        if run.get('error_occurred'):
            yield run['name'], 'error', '', '', run.get('error_message', '')
            continue
        counters = [f'{key}={value:.4g}' for key, value in run.items()
                    if key not in KNOWN and isinstance(value, (int, float))]
        items = run.get('items_per_second')
        yield (run['name'], f"{run['cpu_time']:.2f} {run['time_unit']}",
               f'{1e9 / items:.2f} ns' if items else '', rate(items) if items else '',
               ' '.join([run.get('label', ''), *counters]).strip())


def pipeline_row(line):
    """A row for a line of `weir bench --json`."""
    stages = line['stages']
    return (str(line['workers']), str(line['flows']),
            'IMIX' if line['imix'] else str(line['packet_size']), f"{line['mpps']:.2f}",
            f"{line['gbps']:.2f}", f"{line['limit_mpps']:.2f}", f"{line['of_limit']:.2f}",
            '-' if line['scaling'] is None else f"{line['scaling']:.2f}",
            *(f"{stages[name]['ns']:.1f}" for name in ('generate', 'parse', 'table', 'report')),
            'exact' if line['exact'] else 'NOT EXACT')


MICRO_HEAD = ('one stage each', 'CPU time', 'an item', 'items', '')
PIPELINE_HEAD = ('workers', 'flows', 'bytes', 'Mpps', 'Gbit/s', 'limit', 'of limit', 'scaling',
                 'generate', 'parse', 'table', 'report', '')


def rows_of(output):
    """(heading, rows) of one benchmark's output, or None when it is not in a known form."""
    try:
        document = json.loads(output)
        if 'benchmarks' in document:
            return MICRO_HEAD, list(micro_rows(document))
    except ValueError:
        pass
    try:
        lines = [json.loads(line) for line in output.splitlines() if line.strip()]
        return (PIPELINE_HEAD, [pipeline_row(line) for line in lines]) if lines else None
    except (ValueError, KeyError, TypeError):
        return None


def print_rows(heading, rows, left):
    """Aligned columns, the first `left` and the last to the left."""
    table = [heading, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(heading))]
    print()
    for row in table:
        cells = [f'{cell:<{width}}' if column < left or column == len(row) - 1
                 else f'{cell:>{width}}'
                 for column, (cell, width) in enumerate(zip(row, widths))]
        print('  '.join(cells).rstrip())


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
    found, plain = {MICRO_HEAD: [], PIPELINE_HEAD: []}, []
    for test in tests:
        output = test.get('stdout') or ''
        known = rows_of(output)
        if known and test['result'] == 'OK':
            found[known[0]] += known[1]
        else:
            result = '' if test['result'] == 'OK' else f" ({test['result']})"
            plain.append(f"{test['name']}{result}:\n{output}")
    if found[MICRO_HEAD]:
        print_rows(MICRO_HEAD, found[MICRO_HEAD], 1)
    if found[PIPELINE_HEAD]:
        print('\nthe whole engine (weir bench); limit: bare look-ups; stages: CPU ns a packet',
              end='')
        print_rows(PIPELINE_HEAD, found[PIPELINE_HEAD], 0)
    for text in plain:
        print('\n' + text.rstrip())
    return 0 if plain or any(found.values()) else 1


if __name__ == '__main__':
    sys.exit(main())
