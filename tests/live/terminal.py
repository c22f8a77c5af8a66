#!/usr/bin/python3
"""The terminal under a small program (terminal_demo.cc) in tmux. TAP on stdout.

    terminal.py DEMO

However the demo ends, stops or crashes, its terminal must be as it was: modes as stty shows them,
alternate screen, cursor and mouse as tmux knows them.
"""

import os
import signal
import subprocess
import sys
import time

from live import have, main, need, sanitized, wait_until
from terminal_pane import AT_REST, PROMPT, Pane

IN_USE = '1 1 0 0 0'  # alternate screen, mouse, no cursor
MARK = r'end\.$'

# What runs the tests may ignore it (nohup), and children would too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def open_demo(lab, *words, size=(80, 24), environment=None, term='xterm-256color', setup=''):
    need(have('tmux'), 'needs tmux')
    pane = Pane(lab.stack, size, environment, term)
    pane.run(lab.weir_path, *words, setup=setup)
    pane.until(MARK)
    return pane


def sizes_and_resizing(lab):
    for columns, rows in ((80, 24), (40, 10), (200, 60)):
        pane = open_demo(lab, size=(columns, rows))
        lines = pane.until(f'demo {columns}x{rows} utf8').splitlines()
        assert len(lines) == rows and len(lines[-1]) == columns, lines
        assert lines[-1].endswith(' end.'), lines
        assert '─┼│ █▄ ⣿ → é 中文|' in lines[1], lines
        pane.until_modes(IN_USE)
        pane.tmux('resize-window', '-x', '100', '-y', '30')
        lines = pane.until('demo 100x30').splitlines()
        assert lines[-1] == ' ' * 96 + 'end.', lines
        pane.until('^resize')
        pane.keys('q')
        assert pane.ended() == 0


KEYS = (
    ('Up', 'up'), ('Down', 'down'), ('Left', 'left'), ('Right', 'right'), ('Home', 'home'),
    ('End', 'end'), ('PPage', 'page_up'), ('NPage', 'page_down'), ('IC', 'insert'), ('DC', 'del'),
    ('Tab', 'tab'), ('BTab', 'back_tab'), ('Enter', 'enter'), ('Escape', 'escape'),
    ('BSpace', 'backspace'), ('M-x', 'character x alt'), ('C-d', 'character d control'),
    ('C-c', 'character c control'), ('C-\\', r'character \\ control'), ('C-Left', 'left control'),
    ('M-Up', 'up alt'), ('é', 'character é'), ('中', 'character 中'), ('😀', 'character 😀'),
    *((f'F{i}', f'f{i}') for i in range(1, 13)))


def every_key_arrives(lab):
    for term in ('xterm-256color', 'screen', 'linux'):
        pane = open_demo(lab, size=(80, 30), term=term)
        for name, expected in KEYS:
            pane.keys(name)
            pane.until(f'^key {expected}$')
        pane.keys('i')
        pane.until('^nothing in 250 ms$')
        pane.keys('u')
        pane.until('^key character u$')
        pane.keys('Escape')
        pane.until('^key escape\nkey character u$')
        pane.keys('q')
        assert pane.ended() == 0


def report(button, row, column, end='M'):
    return f'\x1b[<{button};{column + 1};{row + 1}{end}'.encode()


def mouse_actions_arrive(lab):
    pane = open_demo(lab, size=(400, 30))
    for button, name in ((0, 'press_left'), (1, 'press_middle'), (2, 'press_right'),
                         (64, 'wheel_up'), (65, 'wheel_down')):
        pane.bytes(report(button, 7, 300) + report(button, 7, 300, 'm'))
        pane.until(f'^mouse {name} 7,300$')
    pane.bytes(report(0, 3, 4) + report(0, 3, 4, 'm') + report(0, 3, 4))
    pane.until('^mouse double_left 3,4$\n^mouse press_left 3,4$')
    pane.bytes(report(35, 1, 1) + b'\x1b[?62;22c\x1b]11;rgb:0/0/0\x07\x1b[I' + b'k')
    screen = pane.until('^key character k$')
    assert '1,1' not in screen and 'rgb' not in screen, screen  # motion and answers are no input
    pane.keys('q')
    assert pane.ended() == 0


def a_paste_is_text_and_no_commands(lab):
    pane = open_demo(lab)
    pane.tmux('set-buffer', 'q\x1b[A\na')
    pane.tmux('paste-buffer', '-p')
    pane.keys('k')
    screen = pane.until('^key character k$')
    assert 'key character q' not in screen and 'key up' not in screen, screen
    pane.keys('p')
    pane.until_modes('1 1 1 0 0')
    pane.tmux('set-buffer', 'host 1\nx')
    pane.tmux('paste-buffer', '-p')
    pane.until('\n'.join(f'key character {each}'.rstrip() for each in 'x 1 tsoh'))
    pane.keys('Enter', 'q')
    assert pane.ended() == 0


def in_shell(lab, *words):
    """The demo as a job of bash itself."""
    need(have('tmux'), 'needs tmux')
    pane = Pane(lab.stack)
    pane.line('stty -a > before; clear; echo $$ > shell; ' + ' '.join([lab.weir_path, *words]))
    pane.until(MARK)
    pane.until_modes(IN_USE)
    return pane


def job_pid(pane):
    shell = pane.tmux('display-message', '-p', '#{pane_pid}').strip()
    done = subprocess.run(['ps', '--ppid', shell, '-o', 'pid='], capture_output=True, text=True,
                          check=True)
    return int(done.stdout.split()[0])


def state_of(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
        return file.read().rpartition(')')[2].split()[0]


def check_stopped(pane, pid):
    wait_until(lambda: state_of(pid) == 'T', 'the demo to stop')
    pane.until('Stopped')
    pane.until_modes(AT_REST)
    pane.line(f'stty -a > {pane.folder}/now; echo said $((40+2))')
    pane.until('said 42')


def stops_and_goes_on(lab):
    pane = in_shell(lab)
    pid = job_pid(pane)
    # Other keys each time: what was typed before is still on the screen.
    for stop, one, other in (('key', 'k', 'j'), (signal.SIGTSTP, 'm', 'l')):
        if stop == 'key':
            pane.keys('C-z')
        else:
            os.kill(pid, stop)
        check_stopped(pane, pid)
        pane.line('fg')
        pane.until(MARK)
        pane.until_modes(IN_USE)
        pane.keys(one)
        pane.until(f'^key character {one}\nresize$')
        pane.keys(other)
        pane.until(f'^key character {other}$')
    os.kill(pid, signal.SIGSTOP)  # cannot be seen; the terminal is put right when it goes on
    pane.tmux('send-keys', '-R')
    wait_until(lambda: state_of(pid) == 'T', 'the demo to stop')
    pane.line('fg')
    pane.until(MARK)
    pane.until_modes(IN_USE)
    pane.tmux('resize-window', '-x', '60', '-y', '20')
    pane.until('demo 60x20')
    pane.keys('C-z')
    check_stopped(pane, pid)
    pane.tmux('resize-window', '-x', '90', '-y', '25')
    pane.line('fg')
    pane.until('demo 90x25')
    pane.keys('q')
    pane.until_modes(AT_REST)


def a_script_around_it_stops_too(lab):
    pane = open_demo(lab)
    pid = pane.pid()
    pane.keys('C-z')
    check_stopped(pane, pid)
    pane.line('fg')
    pane.until(MARK)
    pane.until_modes(IN_USE)
    pane.keys('q')
    assert pane.ended() == 0


def what_ignores_stopping_is_not_stopped(lab):
    pane = open_demo(lab, setup="trap '' TSTP")
    pane.keys('C-z')
    pane.until('^key character z control$')
    assert pane.modes() == IN_USE, pane.modes()
    os.kill(pane.pid(), signal.SIGTSTP)
    pane.keys('q')
    assert pane.ended() == 0


ENDS = (
    ('key', 'q', 0), ('key', 'e', 7),
    ('signal', signal.SIGTERM, 0), ('signal', signal.SIGINT, 128 + signal.SIGINT),
    ('signal', signal.SIGQUIT, 128 + signal.SIGQUIT), ('signal', signal.SIGHUP, 0),
    ('signal', signal.SIGUSR1, 128 + signal.SIGUSR1),
    ('key', 's', 139), ('key', 'w', 139), ('key', 'o', 139), ('key', 'a', 134), ('key', 't', 134),
    *(('signal', number, 128 + number)
      for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT,
                     signal.SIGSYS, signal.SIGTRAP)))


def however_it_ends_the_terminal_is_as_before(lab):
    need(have('tmux'), 'needs tmux')
    pane = Pane(lab.stack)
    exact = not sanitized(lab.weir_path)  # a sanitizer has handlers, and statuses, of its own
    for kind, what, expected in ENDS:
        pane.run(lab.weir_path)
        pane.until(MARK)
        pane.until_modes(IN_USE)
        if kind == 'key':
            pane.keys(what)
        else:
            os.kill(pane.pid(), what)
        status = pane.ended()
        assert status == expected or not exact, (kind, what, status, expected)
        pane.line('echo plain $((40+2))')
        screen = pane.until('plain 42', flags=('-e',))
        after = screen[screen.rindex('plain 42'):]
        assert '\x1b[' not in after.replace('\x1b[0m', '').replace('\x1b[39m', ''), repr(after)


def each_kind_of_terminal(lab):
    for term in ('xterm', 'xterm-256color', 'screen', 'screen-256color', 'tmux-256color', 'linux',
                 'vt100'):
        pane = open_demo(lab, environment={'LANG': 'C', 'LC_ALL': 'C'}, term=term)
        lines = pane.until('demo 80x24 ascii default').splitlines()
        assert lines[1] == '-+| #- # > e ? ? |', lines
        screen = pane.screen('-e')
        assert ('\x1b[32m' in screen) == (term != 'vt100'), (term, screen)
        if term in ('linux', 'vt100'):
            assert pane.modes().split()[1] == '0', (term, pane.modes())
        for _ in range(3):
            pane.keys('n')
        pane.keys('C-z' if term == 'linux' else 'k')
        if term == 'linux':
            check_stopped(pane, pane.pid())
            pane.line('fg')
            pane.until(MARK)
        pane.keys('q')
        assert pane.ended() == 0, term
        pane.run(lab.weir_path)
        pane.until(MARK)
        pane.keys('a')
        pane.ended()


def what_cannot_be_used_is_refused(lab):
    need(have('tmux'), 'needs tmux')
    pane = Pane(lab.stack, size=(120, 24))
    pane.run(lab.weir_path, setup='export TERM=dumb')
    assert pane.ended() == 2
    pane.until('terminal: TERM=dumb cannot place the cursor')
    pane.line('clear')
    nowhere = ('export TERM=no-such TERMINFO=/nonexistent TERMINFO_DIRS=/nonexistent '
               'HOME=/nonexistent')
    pane.run(lab.weir_path, setup=nowhere)
    # This ncurses may look elsewhere too, or have some built in.
    screen = pane.until(f'{MARK}|terminfo does not know TERM=no-such, and has neither')
    refused = 'has neither' in screen
    if not refused:
        pane.keys('q')
    assert pane.ended() == (2 if refused else 0), screen
    pane.line('clear')
    done = subprocess.run([lab.weir_path], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and done.stdout == '', done
    assert done.stderr == 'terminal_demo: terminal: standard output is no terminal\n', done


def a_term_that_nobody_knows_is_taken_for_xterm(lab):
    need(have('tmux'), 'needs tmux')
    for setup in ('export TERM=no-such', 'unset TERM', 'export TERM=',
                  f'export TERM={"x" * 5000}', 'export TERM=../../etc/passwd'):
        pane = Pane(lab.stack, size=(120, 24))
        pane.run(lab.weir_path, setup=setup)
        pane.until(MARK)
        pane.keys('q')
        assert pane.ended() == 0, setup
        pane.until_modes(AT_REST)


def keys_come_from_the_terminal_though_input_is_a_pipe(lab):
    need(have('tmux'), 'needs tmux')
    pane = Pane(lab.stack)
    pane.line(f'clear; echo typed by nobody | {lab.weir_path}')
    pane.until(MARK)
    pane.keys('k')
    screen = pane.until('^key character k$')
    assert 'character t' not in screen, screen
    pane.keys('q')
    pane.until('demo ended: quit')
    pane.until_modes(AT_REST)


def without_colours_there_are_attributes(lab):
    pane = open_demo(lab, '--theme', 'nord', environment={'NO_COLOR': '1'})
    screen = pane.screen('-e')
    for code in ('[3', '[4m', '[48', ';3', '[9'):
        assert '\x1b' + code not in screen.replace('\x1b[4m', '').replace('\x1b[39m', ''), screen
    assert '\x1b[4m' in screen and '\x1b[1m' in screen, screen  # bars, headings
    pane.keys('q')
    assert pane.ended() == 0


def colours_are_as_exact_as_they_can_be(lab):
    for environment, exact in (({}, False), ({'COLORTERM': 'truecolor'}, True)):
        need(have('tmux'), 'needs tmux')
        pane = Pane(lab.stack, environment=environment)
        pane.record()
        pane.run(lab.weir_path, '--theme', 'nord')
        pane.until(MARK)
        assert '\x1b[48;5;' in pane.screen('-e'), pane.screen('-e')
        pane.keys('q')
        assert pane.ended() == 0
        wait_until(lambda p=pane: b'demo ended' in p.written(), 'the last output')
        written = pane.written()
        # Nord's ground, given to its nearest number, and all given back.
        assert (b';rgb:2E/34/40' in written.upper().replace(b'RGB', b'rgb')) == exact, written[:900]
        assert not exact or written.rindex(b'\x1b]104') > written.rindex(b'\x1b]4;'), written


def only_what_changed_is_sent(lab):
    pane = open_demo(lab, size=(200, 60))
    pane.record()
    pane.keys('k')
    pane.until('^key character k$')
    wait_until(lambda: b'key character k' in pane.written(), 'the new line')
    written = pane.written()
    assert len(written) < 200 and b'remote_side' not in written, written
    pane.keys('y')
    wait_until(lambda: b'\x1b]52;c;Y29waWVkIMOp\x07' in pane.written(), 'OSC 52')
    assert pane.tmux('show-buffer') == 'copied é', pane.tmux('show-buffer')
    pane.keys('q')
    assert pane.ended() == 0


def a_shell_command_has_the_terminal(lab):
    pane = open_demo(lab)
    pane.keys('!')
    screen = pane.until('press a key to go back')
    assert 'from the shell\n icanon\n' in screen and 'exit status 3' in screen, screen
    pane.until_modes(AT_REST)
    pane.keys('x')
    pane.until(MARK)
    pane.until_modes(IN_USE)
    pane.keys('k')
    screen = pane.until('^key character k$')
    assert 'character x' not in screen, screen
    pane.keys('q')
    assert pane.ended() == 0


def a_lost_terminal_ends_it(lab):
    # A leak check at the end stops the program's threads to look at them, and waits for ever when
    # the signals of the hang-up come in between.
    no_leak_check = 'export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0\n'
    for setup in ('', "trap '' HUP"):
        pane = open_demo(lab, setup=no_leak_check + setup)
        pid = pane.pid()
        start = time.monotonic()
        pane.tmux('kill-server')
        wait_until(lambda pid=pid: not os.path.exists(f'/proc/{pid}'), 'the demo to end', 10)
        assert time.monotonic() - start < 5
        assert pane.file('end') == 'lost', pane.file('end')


CASES = (sizes_and_resizing, every_key_arrives, mouse_actions_arrive,
         a_paste_is_text_and_no_commands, stops_and_goes_on, a_script_around_it_stops_too,
         what_ignores_stopping_is_not_stopped, however_it_ends_the_terminal_is_as_before,
         each_kind_of_terminal, what_cannot_be_used_is_refused,
         a_term_that_nobody_knows_is_taken_for_xterm,
         keys_come_from_the_terminal_though_input_is_a_pipe, without_colours_there_are_attributes,
         colours_are_as_exact_as_they_can_be, only_what_changed_is_sent,
         a_shell_command_has_the_terminal, a_lost_terminal_ends_it)

if __name__ == '__main__':
    sys.argv[1] = os.path.abspath(sys.argv[1])  # the shells of the panes are elsewhere
    sys.exit(main(CASES))
