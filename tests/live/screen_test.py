#!/usr/bin/python3
"""screen.py itself, driving a small program of Python's curses. TAP on stdout.

    screen_test.py PYTHON
"""

import contextlib
import os
import re
import signal
import sys
import tempfile

from live import have, main, need, wait_until
from screen import LEFT, RIGHT, WHEEL_DOWN, Screen, compare_golden, masked, running

PROGRAM = '''
import curses, sys
def run(screen):
    curses.use_default_colors()
    curses.init_pair(1, curses.COLOR_RED, -1)
    curses.mousemask(curses.ALL_MOUSE_EVENTS)
    curses.mouseinterval(0)
    said = 'ready \\u250c\\u00e9'
    while True:
        screen.erase()
        rows, columns = screen.getmaxyx()
        screen.addstr(0, 0, f'{columns}x{rows}', curses.color_pair(1) | curses.A_BOLD)
        screen.addstr(1, 0, said)
        screen.refresh()
        key = screen.get_wch()
        if key == 'q':
            return
        if key == curses.KEY_MOUSE:
            try:
                _, column, row, _, what = curses.getmouse()
                said = f'mouse {row},{column} {what:x}'
            except curses.error:  # a release that the press took with it
                pass
        elif key != curses.KEY_RESIZE:
            said = 'key ' + (curses.keyname(key).decode() if isinstance(key, int) else repr(key))
curses.wrapper(run)
sys.exit(7)
'''


def program(lab, **options):
    screen = Screen(lab.stack, [sys.argv[1], '-c', PROGRAM], columns=40, rows=10, **options)
    screen.wait_for('ready ┌é')
    return screen


def keys_text_and_resizing(lab):
    screen = program(lab)
    assert screen.text() == '40x10\nready ┌é\n', screen.text()
    screen.press('PageUp', 'KEY_PPAGE')
    screen.press('C-d', r"'\x04'")
    screen.type('ü')
    screen.wait_for("key 'ü'")
    screen.raw('\x1b[A')
    screen.wait_for(re.compile('KEY_UP|u001b|x1b|key .A'))
    screen.resize(61, 17)
    screen.wait_for('61x17')
    screen.alive()


def mouse_as_the_program_asked_for_it(lab):
    for term, sgr in (('tmux-256color', '0'), ('xterm-256color', '1')):
        screen = program(lab, term=term)
        assert screen.ask('mouse_sgr_flag') == sgr, screen.modes()
        screen.mouse(LEFT, 3, 12, release=False)
        screen.wait_for('mouse 3,12 2')
        screen.mouse(RIGHT, 4, 13)
        screen.wait_for('mouse 4,13')
        screen.mouse(WHEEL_DOWN, 5, 14)
        screen.wait_for('mouse 5,14 200000')
        screen.click_on('mouse 5')
        screen.wait_for('mouse 1,0')


def colours_are_captured(lab):
    coloured = program(lab).coloured()
    assert re.search('\x1b\\[[0-9;]*1[0-9;]*m', coloured) and '\x1b[31m' in coloured or \
        re.search('\x1b\\[[0-9;]*31[;m]', coloured), repr(coloured)


def modes_and_line_discipline_come_back(lab):
    screen = Screen(lab.stack, ['sh', '-i'], columns=40, rows=10, PS1='$ ', ENV=None)
    screen.wait_for('$')
    before = (screen.modes(), screen.line_discipline())
    screen.type(f"{sys.argv[1]} -c 'import curses; s=curses.initscr(); curses.raw(); "
                "s.getch(); curses.endwin()'\n")
    wait_until(lambda: screen.modes()['alternate_on'] == '1', 'the other screen')
    assert screen.line_discipline() != before[1]
    screen.press('x', re.compile(r'\$ *$'))
    assert (screen.modes(), screen.line_discipline()) == before


def how_a_program_ends(lab):
    screen = program(lab)
    screen.keys('q')
    assert screen.wait_end() == ('7', '')
    screen = program(lab)
    screen.signal(signal.SIGKILL)
    assert screen.wait_end() == ('', '9')
    try:
        screen.alive()
    except AssertionError:
        return
    raise AssertionError('a dead program is alive')


def waiting_in_vain_shows_the_screen(lab):
    screen = program(lab)
    for wait in (lambda: screen.wait_for('never', limit_s=0.2),
                 lambda: screen.wait_gone('ready', limit_s=0.2)):
        try:
            wait()
        except AssertionError as error:
            assert 'ready' in str(error)
        else:
            raise AssertionError('waited for nothing')


def nothing_is_left(lab):
    del lab
    with contextlib.ExitStack() as stack:
        screen = Screen(stack, ['sleep', '1000'])
        pids = [screen.pid(), int(screen.ask('pid'))]
        folder = screen.folder
    for pid in pids:
        wait_until(lambda pid=pid: not running(pid), f'the end of {pid}')
    assert not os.path.exists(folder)


def masks_keep_the_width(lab):
    del lab
    assert masked('eth0  12.5 Mbit/s\n', [(r' *([\d.]+) Mbit', '#')]) == 'eth0  #### Mbit/s\n'
    assert masked('a 1 b 22', [(r'\d+', '#'), str.upper]) == 'A # B ##'


def golden_screens_compare(lab):
    del lab
    with tempfile.TemporaryDirectory() as folder:
        kept = os.environ.pop('WEIR_UPDATE_GOLDEN', None)
        try:
            for wanted in ('run with WEIR_UPDATE_GOLDEN', '+two'):
                try:
                    compare_golden('x', 'one\ntwo\n', folder)
                except AssertionError as error:
                    assert wanted in str(error), error
                else:
                    raise AssertionError('another text was taken for the same')
                os.environ['WEIR_UPDATE_GOLDEN'] = '1'
                compare_golden('x', 'one\n', folder)
                del os.environ['WEIR_UPDATE_GOLDEN']
                compare_golden('x', 'one\n', folder)
        finally:
            if kept is not None:
                os.environ['WEIR_UPDATE_GOLDEN'] = kept


def a_curses_program_of_others(lab):
    need(have('less'), 'needs less')
    path = os.path.join(lab.temporary_folder(), 'lines')
    with open(path, 'w', encoding='ascii') as file:
        file.writelines(f'line {number}\n' for number in range(1, 200))
    screen = Screen(lab.stack, ['less', path], columns=30, rows=6)
    screen.wait_for('line 5')
    screen.press('G', 'line 199')
    screen.press('g', lambda text: text.startswith('line 1\n'), 'the first line')
    screen.keys('q')
    assert screen.wait_end()[0] == '0'


if __name__ == '__main__':
    sys.exit(main([keys_text_and_resizing, mouse_as_the_program_asked_for_it, colours_are_captured,
                   modes_and_line_discipline_come_back, how_a_program_ends,
                   waiting_in_vain_shows_the_screen, nothing_is_left, masks_keep_the_width,
                   golden_screens_compare, a_curses_program_of_others]))
