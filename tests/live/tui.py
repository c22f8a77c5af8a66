#!/usr/bin/python3
"""The screen of weir on its synthetic link, driven in tmux as a user would. TAP on stdout.

    tui.py WEIR
"""

import os
import re
import signal
import sys
import time

from live import main, sanitized, wait_until
from screen import LEFT, MIDDLE, RIGHT, WHEEL_DOWN, WHEEL_UP, Screen, running
from weir_screen import BOTTOM, LISTED, SYNTHETIC, TABS, child_of, in_shell, shows_view, start

SIZES = ((40, 10), (80, 24), (132, 43), (400, 100), (20, 5), (1, 1), (100, 30))


def every_view_by_tab_number_and_click(lab):
    screen = start(lab, *SYNTHETIC)
    for name in TABS[1:] + TABS[:1]:
        screen.keys('Tab')
        screen.wait_for(shows_view(name), f'the view {name} after Tab')
    for number in (9, 8, 5, 1):
        screen.keys(f'F{number}')
        screen.wait_for(shows_view(TABS[number - 1]), f'{TABS[number - 1]} after F{number}')
    screen.keys('BTab')
    screen.wait_for(shows_view('History'), 'History before Flows')
    for name in ('Workers', 'Hosts', 'Networks', 'Flows'):
        screen.click_on(f' {name} ')
        screen.wait_for(shows_view(name), f'{name} after a click')


KEYS = (
    ('N', 'Service names on'), ('N', 'Service names off'), ('s', 'Hide source host'),
    ('s', 'Show source host'), ('d', 'Hide destination host'), ('d', 'Show destination host'),
    ('S', 'Source ports off'), ('S', 'Source ports on'), ('D', 'Destination ports off'),
    ('D', 'Destination ports on'), ('p', 'Ports off'), ('p', 'Ports on'),
    ('t', 'One line a flow'), ('t', 'Sent traffic only'), ('t', 'Received traffic only'),
    ('t', 'Two lines a flow'), ('T', 'Cumulative totals on'), ('U', 'Cumulative totals off'),
    ('b', 'Bars off'), ('b', 'Bars on'), ('B', 'Bars show 40 s'), ('B', 'Bars show 2 s'),
    ('L', 'Logarithmic scale'), ('L', 'Linear scale'), ('u', 'Rates in bytes'),
    ('u', 'Rates in bits'), ('x', 'Frame off'), ('x', 'Frame on'), ('g', 'Column titles off'),
    ('g', 'Column titles on'), ('1', 'Sorted by 2 s'), ('3', 'Sorted by 40 s'),
    ('4', 'Sorted by bytes'), ('5', 'Sorted by packets'), ('6', 'Sorted by peak'),
    ('7', 'Sorted by duration'), ('8', 'Sorted by bytes sent'), ('9', 'Sorted by bytes received'),
    ('#', 'Sorted by flows'), ('Left', 'Sorted by'), ('Right', 'Sorted by'),
    ('<', 'Sorted by source'), ('>', 'Sorted by destination'),
    ('2', 'Sorted by 10 s'), ('r', 'Order reversed'), ('r', 'Order as usual'),
    ('o', 'Order frozen'), ('o', 'Order unfrozen'), ('R', 'Refresh every 2 s'),
    ('R', 'Refresh every 5 s'), ('F', 'Select a row'), ('y', 'Select a row'), ('0', 'No filter'),
    ('%', 'for help'))


def every_key_does_what_it_says(lab):
    screen = start(lab, *SYNTHETIC)
    for key, said in KEYS:
        screen.press(key, said)
    screen.alive()


def keys_change_the_list(lab):
    screen = start(lab, *SYNTHETIC, columns=120)
    screen.wait_for(' => ')
    screen.keys('p')
    screen.wait_for(lambda text: not re.search(r'\.\d+:\d+ +=>', text), 'no ports')
    screen.keys('p')
    screen.wait_for(re.compile(r'\.\d+:\d+ +=>'), 'ports')
    screen.keys('t')
    screen.wait_for(lambda text: '<=>' in text and not re.search('<= ', text), 'one line')
    screen.keys('t', 't', 't', 'g')
    screen.wait_gone(re.compile('^source +dest', re.M))
    screen.keys('g', 'u')
    screen.wait_for(re.compile(r'\d[KM]?B\n'), 'bytes')
    screen.keys('u', 'x')
    screen.wait_gone(' Networks ')


def first_listed(text):
    return int(re.search(r'(\d+)-\d+ of [\d,]+$', text, re.M).group(1))


def rows_are_reached_by_keys_and_wheel(lab):
    screen = start(lab, *SYNTHETIC, columns=80, rows=24)
    screen.wait_for(re.compile(r'^.*1-\d+ of 60$', re.M), '60 flows')
    screen.keys('o')  # rows stay where they are
    last = screen.press('G', re.compile(r'-60 of 60$', re.M))
    assert first_listed(last) > 40
    screen.press('Home', re.compile(r' 1-\d+ of 60$', re.M))
    for key, back in (('PageDown', 'PageUp'), ('C-d', 'C-u'), ('C-f', 'C-b')):
        screen.keys(key, key)
        screen.wait_for(lambda text: first_listed(text) > 1, f'further down after {key}')
        screen.keys(back, back, back)
        screen.wait_for(lambda text: first_listed(text) == 1, f'the top after {back}')
    for down, up in (('j', 'k'), ('Down', 'Up')):
        screen.keys(*[down] * 12)
        screen.wait_for(lambda text: first_listed(text) > 1, f'further down after {down}')
        screen.keys(*[up] * 14)
        screen.wait_for(lambda text: first_listed(text) == 1, f'the top after {up}')
    screen.mouse(WHEEL_DOWN, 10, 10)
    screen.wait_for(lambda text: first_listed(text) == 4, 'three rows further')
    screen.mouse(WHEEL_UP, 10, 10)
    screen.wait_for(lambda text: first_listed(text) == 1, 'three rows back')


def row_of(screen, text):
    for row, line in enumerate(screen.lines()):
        if text in line:
            return row
    raise AssertionError(f'no {text!r} on\n{screen.text()}')


def mouse_sorts_selects_and_opens(lab):
    screen = start(lab, *SYNTHETIC)
    titles = row_of(screen, 'destination')
    at = screen.lines()[titles].index('40 s')
    screen.click(titles, at)
    screen.wait_for('Sorted by 40 s')
    screen.click(titles, at + 1)
    screen.wait_for('Order reversed')
    row = row_of(screen, ' => ')
    screen.click(row, 5, RIGHT)
    screen.wait_for('─ Flow ─')
    screen.wait_for('wire bytes')
    screen.keys('Escape')
    screen.wait_gone('─ Flow ─')
    screen.mouse(LEFT, row, 5)
    screen.mouse(LEFT, row, 5)
    screen.wait_for('─ Flow ─')
    screen.keys('Escape')
    screen.wait_gone('─ Flow ─')
    screen.click(row, 5, MIDDLE)
    screen.keys('Escape')
    screen.alive()


def any_column_is_sorted_by_keys(lab):
    screen = start(lab, *SYNTHETIC, '-s', '100', columns=120)
    screen.press('F2', shows_view('Hosts'))
    for key, said in (('8', 'Sorted by bytes sent'), ('9', 'Sorted by bytes received'),
                      ('#', 'Sorted by flows'), ('<', 'Sorted by source')):
        screen.press(key, said)
    screen.press('Right', 'Sorted by flows')
    screen.press('Right', 'Sorted by 10 s rate sent')
    screen.press('Right', 'Sorted by 10 s rate received')
    screen.press('Left', 'Sorted by 10 s rate sent')


MOVED = 35


def a_mouse_that_rests_is_explained(lab):
    screen = start(lab, *SYNTHETIC, '-s', '100')
    assert screen.ask('mouse_all_flag') == '1', screen.modes()
    text = 'dropped by the network card'
    column = screen.lines()[0].index('missed')
    screen.mouse(MOVED, 0, column, release=False)
    screen.wait_for(text, 'an explanation')
    screen.mouse(MOVED, 12, 90, release=False)
    screen.wait_gone(text)
    screen.mouse(RIGHT, 0, column)
    screen.wait_for(text, 'an explanation after a right click')
    screen.press('Escape', lambda shown: text not in shown)
    screen.press('M', 'Explanations on right click only')
    assert screen.ask('mouse_all_flag', 'mouse_standard_flag') == ['0', '1'], screen.modes()
    screen.mouse(RIGHT, 0, column)
    screen.wait_for(text, 'an explanation after a right click')
    screen.press('M', 'Explanations where the mouse rests')
    assert screen.ask('mouse_all_flag') == '1', screen.modes()


def over_ssh_the_mouse_is_quiet(lab):
    screen = start(lab, *SYNTHETIC, '-s', '100', SSH_CONNECTION='10.0.0.1 1 10.0.0.2 22')
    assert screen.ask('mouse_all_flag', 'mouse_standard_flag') == ['0', '1'], screen.modes()


def a_theme_is_edited_and_saved(lab):
    screen = start(lab, *SYNTHETIC, '-s', '100', '--theme', 'nord', rows=40)
    screen.press('C', 'Theme from nord')
    screen.keys('f', 'C-u')
    screen.type('nocolour')
    screen.press('Enter', 'is no colour')
    screen.keys('C-u')
    screen.type('#ffaf00')
    screen.keys('Enter')
    screen.wait_for(re.compile('text +#ffaf00'))
    screen.press('s', 'theme my-nord saved to')
    path = os.path.join(screen.folder, '.config', 'weir', 'weir.toml')
    with open(path, encoding='utf-8') as file:
        saved = file.read()
    for line in ('theme = "my-nord"', '[themes.my-nord]', 'base = "nord"',
                 'text = { fg = "#ffaf00", bg = "#2e3440", bold = false }'):
        assert line in saved, saved
    again = start(lab, *SYNTHETIC, '-s', '100', rows=40, HOME=screen.folder)
    again.press('C', 'Theme from my-nord')
    again.wait_for(re.compile('text +#ffaf00'))
    again.press('B', re.compile('text +#ffaf00 +#2e3440 +bold'))
    again.press('s', 'theme my-nord saved to')
    with open(path, encoding='utf-8') as file:
        saved = file.read()
    assert 'bold = true' in saved and saved.count('[themes.my-nord]') == 1, saved


def details_of_a_flow_by_enter(lab):
    screen = start(lab, *SYNTHETIC)
    screen.keys('j')
    screen.press('Enter', '─ Flow ─')
    for text in ('local', 'remote', 'protocol', 'duration', 'packets', 'IP bytes', 'last 40 s',
                 'peak'):
        assert text in screen.text(), text
    screen.keys('q')
    screen.wait_gone('─ Flow ─')
    screen.alive()


def filters_and_what_is_wrong_with_them(lab):
    screen = start(lab, *SYNTHETIC, columns=120)
    screen.keys('/')
    screen.type('udp')
    screen.wait_for('filter: udp', 'a filter while it is typed')
    screen.keys('Enter')
    screen.wait_for('Filter: udp')
    screen.wait_for(lambda text: ' udp ' in text and ' tcp ' not in text, 'udp alone')
    screen.press('0', 'No filter')
    screen.wait_for(' tcp ')
    screen.keys('/')
    screen.type('port 99999')
    screen.keys('Enter')
    screen.wait_for(re.compile('port 99999 +.*\\w'), 'what is wrong')
    screen.keys('Escape')
    screen.wait_gone('99999')
    screen.keys('l')
    screen.type('(')
    screen.wait_for(re.compile(r'\( .*\w'), 'what is wrong')
    screen.keys('Escape')
    screen.wait_for(BOTTOM)
    screen.alive()


def drilling_down_and_back(lab):
    screen = start(lab, *SYNTHETIC)
    for view, then in (('F2', 'Flows'), ('F5', 'Hosts'), ('F4', 'Flows')):
        name = TABS[int(view[1]) - 1]
        screen.keys(view)
        screen.wait_for(shows_view(name), name)
        screen.wait_for(LISTED)
        screen.keys('Home', 'Enter')
        screen.wait_for(re.compile(rf'^{name} .* > {then}', re.M), f'{then} of one of {name}')
        screen.wait_for(LISTED)
        screen.keys('Escape')
        screen.wait_gone(re.compile(rf'^{name} .* > ', re.M))
        screen.wait_for(shows_view(name), name)


def themes_are_shown_while_one_chooses(lab):
    screen = start(lab, *SYNTHETIC)
    before = set(re.findall('\x1b\\[[0-9;]*m', screen.coloured()))
    screen.press('c', '─ Theme ─')
    screen.keys('Down', 'Down')
    wait_until(lambda: set(re.findall('\x1b\\[[0-9;]*m', screen.coloured())) - before,
               'other colours')
    screen.keys('Escape')
    screen.wait_gone('─ Theme ─')
    wait_until(lambda: set(re.findall('\x1b\\[[0-9;]*m', screen.coloured())) == before,
               'the old colours')
    screen.keys('c')
    screen.wait_for('─ Theme ─')
    screen.type('nord')
    screen.keys('Enter')
    screen.wait_for('Theme nord')


def what_is_saved_is_there_again(lab):
    screen = start(lab, *SYNTHETIC)
    screen.press('u', 'Rates in bytes')
    screen.keys('W')
    path = os.path.join(screen.folder, '.config', 'weir', 'weir.toml')
    wait_until(lambda: os.path.exists(path), 'a saved configuration')
    again = start(lab, *SYNTHETIC, HOME=screen.folder)
    again.press('u', 'Rates in bits')


def export_and_clipboard(lab):
    screen = start(lab, *SYNTHETIC)
    screen.wait_for(' of 60', 'all flows')
    screen.keys('e')
    said = screen.wait_for(re.compile(r'weir-\d+-\d+\.txt'), 'the name of a file')
    name = re.search(r'weir-\d+-\d+\.txt', said).group()
    with open(os.path.join(screen.folder, name), encoding='utf-8') as file:
        text = file.read()
    assert text.count(' => ') == 60 and 'missed' in text, text[:500]
    screen.keys('Home')
    screen.press('y', 'Copied')
    copied = wait_until(lambda: screen.tmux('show-buffer', check=False), 'the clipboard')
    assert re.search(r'\d+\.\d+\.\d+\.\d+.* sent .* received ', copied), copied


def a_shell_command_has_the_terminal(lab):
    screen = start(lab, *SYNTHETIC)
    screen.keys('!')
    screen.type('echo shell-$((6*7))\n')
    screen.wait_for('shell-42')
    screen.wait_for('press a key')
    screen.keys('Enter')
    screen.wait_for(LISTED)
    screen.alive()
    screen.keys('!')  # the next one's output has lines of its own
    screen.type('echo next-$((6*7))\n')
    screen.wait_for(re.compile('^next-42$', re.M))
    screen.keys('Enter')
    screen.wait_for(LISTED)


def pause_keeps_the_list(lab):
    screen = start(lab, *SYNTHETIC)
    screen.press('P', 'PAUSED')
    screen.wait_for(BOTTOM, 'the end of the message')

    def rows():
        return [line for line in screen.lines()[1:] if '=>' in line or '<=' in line]
    before = rows()
    time.sleep(2.2)  # two snapshots, which must not be seen
    assert rows() == before
    screen.keys('P')
    screen.wait_gone('PAUSED')
    wait_until(lambda: rows() != before, 'a list that goes on')


def help_is_on_one_screen(lab):
    screen = start(lab, *SYNTHETIC, columns=80, rows=24)
    for key in ('h', '?'):
        text = screen.press(key, 'Keys of weir')
        assert 'more' not in text and 'quit' in text and 'wheel' in text, text
        screen.keys('Escape')
        screen.wait_gone('Keys of weir')


def any_size_will_do(lab):
    screen = start(lab, *SYNTHETIC)
    for columns, rows in SIZES:
        screen.resize(columns, rows)
        if columns >= 40:
            screen.wait_for(lambda text, rows=rows: len(text.splitlines()) == rows
                            and LISTED.search(text.splitlines()[-1]), f'{columns}x{rows}')
        for key in ('Tab', 'h', 'x', 'c', 'Escape', 'BTab', 'j', 'Enter', 'Escape', 'g', 'g'):
            screen.keys(key)
            if key == 'Escape':  # and a key at once after it would be Alt and that key
                time.sleep(0.2)
        screen.alive()
    screen.keys('F1')
    screen.wait_for(shows_view('Flows'), 'a view at the end')


def ascii_and_no_colour(lab):
    screen = start(lab, *SYNTHETIC, '--ascii', NO_COLOR='1')
    for name in TABS:
        text = screen.wait_for(shows_view(name), name)
        assert text.isascii(), text
        assert not re.search('\x1b\\[[0-9;]*(?:3[0-7]|4[0-7]|38|48|9[0-7])[;m]', screen.coloured())
        screen.keys('Tab')
    plain = start(lab, *SYNTHETIC, LANG='C', LC_ALL='C')
    assert plain.text().isascii(), plain.text()


def suspended_and_resumed(lab):
    screen, before = in_shell(lab, *SYNTHETIC)
    for _ in range(2):
        screen.keys('C-z')
        screen.wait_for(re.compile(r'ready\$ *$'), 'the prompt')
        assert (screen.modes(), screen.line_discipline()) == before
        screen.type('fg\n')
        screen.wait_for(LISTED, 'the list again')
    screen.press('u', 'Rates in bytes')
    screen.keys('q')
    screen.wait_for(re.compile(r'ready\$ *$'), 'the prompt')


def every_end_leaves_a_clean_terminal(lab):
    ends = [('q', None), ('C-c', None), (None, signal.SIGTERM), (None, signal.SIGINT)]
    if not sanitized(lab.weir_path):
        ends += [(None, signal.SIGSEGV), (None, signal.SIGABRT)]
    screen, before = in_shell(lab, *SYNTHETIC)
    shell = screen.pid()
    for number, (key, sent) in enumerate(ends):
        if number > 0:
            screen.type(' '.join([lab.weir_path, *SYNTHETIC]) + '\n')
            screen.wait_for(LISTED, 'a list')
        if key:
            screen.keys(key)
        else:
            os.kill(child_of(shell), sent)
        screen.wait_for(re.compile(r'ready\$ *$'), f'the prompt after {key or sent}')
        assert (screen.modes(), screen.line_discipline()) == before, (key, sent, screen.modes())
        screen.type('clear\n')
        screen.wait_for(lambda text: text.strip() == 'ready$', 'a clear screen')


def a_lost_terminal_ends_it(lab):
    screen = start(lab, *SYNTHETIC)
    pid = screen.pid()
    screen.hang_up()
    wait_until(lambda: not running(pid), 'the end of the program')


def no_screen_without_a_terminal(lab):
    ran = Screen(lab.stack, ['sh', '-c', f'{lab.weir_path} {" ".join(SYNTHETIC)} --count 100 '
                             '| cat; sleep 1000'])
    ran.wait_for('packets')
    assert ran.modes()['alternate_on'] == '0'


def no_such_theme(lab):
    screen = Screen(lab.stack, [lab.weir_path, *SYNTHETIC, '--theme', 'nosuch'])
    assert screen.wait_end() == ('2', '')
    assert "'nosuch'" in screen.text(), screen.text()


if __name__ == '__main__':
    sys.argv[1] = os.path.abspath(sys.argv[1])
    sys.exit(main([
        every_view_by_tab_number_and_click, every_key_does_what_it_says, keys_change_the_list,
        rows_are_reached_by_keys_and_wheel, mouse_sorts_selects_and_opens,
        any_column_is_sorted_by_keys, a_mouse_that_rests_is_explained,
        over_ssh_the_mouse_is_quiet, a_theme_is_edited_and_saved,
        details_of_a_flow_by_enter, filters_and_what_is_wrong_with_them, drilling_down_and_back,
        themes_are_shown_while_one_chooses, what_is_saved_is_there_again, export_and_clipboard,
        a_shell_command_has_the_terminal, pause_keeps_the_list, help_is_on_one_screen,
        any_size_will_do, ascii_and_no_colour, suspended_and_resumed,
        every_end_leaves_a_clean_terminal, a_lost_terminal_ends_it, no_screen_without_a_terminal,
        no_such_theme]))
