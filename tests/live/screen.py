"""A terminal for tests: a program in tmux, keys and mouse in, screens out.

Each Screen has a tmux server of its own (tmux -L weir-PID-N, socket and options in its folder), so
tests run side by side and a user's tmux is neither seen nor touched; the server is ended by its own
kill-server. As with everything live, tests wait for what the screen shows and never for time.
"""

import difflib
import os
import re
import signal
import subprocess
import tempfile
import time

from live import LIMIT_S, have, need

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'golden')
OPTIONS = """set -g status off
set -g default-terminal {term}
set -s escape-time 0
set -s set-clipboard on
set -g remain-on-exit on
set -g remain-on-exit-format ""
"""
# tmux's own buttons; see modes() for how the program asked to be told.
LEFT, MIDDLE, RIGHT, WHEEL_UP, WHEEL_DOWN = 0, 1, 2, 64, 65

# What runs the tests may ignore it (nohup), and children would too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def masked(text, masks):
    """The screen with what changes from run to run replaced by as many of one character.

    A mask is a function of the text, or (pattern, character): the pattern's first group, or all of
    it, is replaced. A pattern that begins with ' *' keeps right-aligned numbers of any length.
    """
    for mask in masks:
        if callable(mask):
            text = mask(text)
            continue
        pattern, character = mask

        def hide(match, character=character):
            group = 1 if match.re.groups else 0
            start, end = match.start(group) - match.start(), match.end(group) - match.start()
            return match.group()[:start] + character * (end - start) + match.group()[end:]
        text = re.sub(pattern, hide, text, flags=re.MULTILINE)
    return text


def compare_golden(name, text, folder=GOLDEN):
    """Fails with a diff when golden/NAME.txt is another text; WEIR_UPDATE_GOLDEN=1 writes it."""
    path = os.path.join(folder, f'{name}.txt')
    if os.environ.get('WEIR_UPDATE_GOLDEN'):
        os.makedirs(folder, exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
    assert os.path.exists(path), f'no {path}: run with WEIR_UPDATE_GOLDEN=1'
    with open(path, encoding='utf-8') as file:
        wanted = file.read()
    if text != wanted:
        diff = difflib.unified_diff(wanted.splitlines(), text.splitlines(), f'golden/{name}.txt',
                                    'screen', lineterm='', n=24)
        raise AssertionError('\n'.join(diff))


def running(pid):
    """Neither gone nor waiting to be reaped, which some containers' init is slow at."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as file:
            return file.read().rpartition(')')[2].split()[0] not in 'ZX'
    except (FileNotFoundError, ProcessLookupError):
        return False


class Screen:
    """A program in a terminal of its own; ended with `stack`, a contextlib.ExitStack."""

    number = 0

    def __init__(self, stack, command, columns=80, rows=24, term='tmux-256color', **environment):
        """`command` is a list. Of the environment the program has PATH and HOME (a folder of its
        own), TERM, a UTF-8 locale and what is given; None takes one away."""
        need(have('tmux'), 'needs tmux')
        Screen.number += 1
        self.name = f'weir-{os.getpid()}-{Screen.number}'
        self.folder = stack.enter_context(tempfile.TemporaryDirectory(prefix='weir-screen-'))
        given = {'PATH': os.environ['PATH'], 'HOME': self.folder, 'LANG': 'C.UTF-8',
                 'LC_ALL': 'C.UTF-8', 'SHELL': '/bin/sh', **environment}
        self.environment = {name: value for name, value in given.items() if value is not None}
        stack.callback(self.close)
        self.options = os.path.join(self.folder, 'tmux.conf')
        with open(self.options, 'w', encoding='ascii') as file:
            file.write(OPTIONS.format(term=term))
        self.tmux('new-session', '-d', '-s', 'main', '-x', str(columns), '-y', str(rows),
                  '-c', self.folder, *command)

    def tmux(self, *args, check=True):
        """tmux with this server's socket; what it printed."""
        ran = subprocess.run(['tmux', '-u', '-L', self.name, '-f', self.options, *args],
                             capture_output=True, text=True, encoding='utf-8', errors='replace',
                             check=False, timeout=LIMIT_S, stdin=subprocess.DEVNULL,
                             env={**self.environment, 'TMUX_TMPDIR': self.folder})
        assert not check or ran.returncode == 0, f'tmux {args[0]}: {ran.stderr.strip()}'
        return ran.stdout

    def close(self):
        """Ends the server and with it the program (SIGHUP)."""
        server = self.tmux('display-message', '-p', '#{pid}', check=False).strip()
        self.tmux('kill-server', check=False)
        if not server:
            return
        end = time.monotonic() + LIMIT_S
        while running(int(server)) and time.monotonic() < end:
            time.sleep(0.01)

    # What is on the screen.

    def text(self):
        """The screen; blanks at the ends of lines and empty lines at the end are left out."""
        lines = [line.rstrip() for line in self.tmux('capture-pane', '-p', '-t', 'main')
                 .split('\n')]
        while lines and not lines[-1]:
            lines.pop()
        return '\n'.join(lines) + '\n'

    def lines(self):
        return self.text().split('\n')[:-1]

    def coloured(self):
        """The screen with SGR sequences; docs/render_screen.py makes a picture of it."""
        return self.tmux('capture-pane', '-e', '-p', '-t', 'main')

    def ask(self, *names):
        """Values of tmux's formats: ask('cursor_y', 'alternate_on')."""
        line = self.tmux('display-message', '-p', '-t', 'main',
                         '\t'.join(f'#{{{name}}}' for name in names)).rstrip('\n')
        values = line.split('\t')
        return values[0] if len(names) == 1 else values

    def modes(self):
        """What the program asked of the terminal: all of it is to be undone at its end."""
        names = ('alternate_on', 'cursor_flag', 'keypad_cursor_flag', 'keypad_flag',
                 'mouse_any_flag', 'mouse_button_flag', 'mouse_standard_flag', 'mouse_sgr_flag')
        return dict(zip(names, self.ask(*names)))

    def line_discipline(self):
        """stty -g: what the kernel does with what is typed."""
        return subprocess.run(['stty', '-g', '-F', self.ask('pane_tty')], capture_output=True,
                              text=True, check=True, timeout=LIMIT_S).stdout.strip()

    # Waiting. `what` is a text, a compiled pattern or a function of the text.

    @staticmethod
    def shows(text, what):
        if callable(what):
            return what(text)
        return what in text if isinstance(what, str) else what.search(text)

    def wait_for(self, what, why=None, limit_s=LIMIT_S):
        """The first screen that shows it; fails with the last one."""
        return self._wait(lambda text: self.shows(text, what), why or what, limit_s)

    def wait_gone(self, what, limit_s=LIMIT_S):
        return self._wait(lambda text: not self.shows(text, what), f'the end of {what}', limit_s)

    def _wait(self, condition, why, limit_s):
        end = time.monotonic() + limit_s
        while True:
            text = self.text()
            if condition(text):
                return text
            assert time.monotonic() < end, f'waited {limit_s} s for {why} on\n{text}'
            if self.ask('pane_dead') == '1' and text == self.text():
                self.alive()
            time.sleep(0.03)

    def wait_end(self, limit_s=LIMIT_S):
        """(exit status, signal) of the program, '' for the one that it does not have."""
        end = time.monotonic() + limit_s
        # tmux may see the terminal closed before it has waited for the process.
        while not any(ended := tuple(self.ask('pane_dead_status', 'pane_dead_signal'))):
            assert time.monotonic() < end, f'still running after {limit_s} s:\n{self.text()}'
            # A tmux that was just started misses the end of a program that is that quick; any
            # SIGCHLD makes it look.
            dead, server = self.ask('pane_dead', 'pid')
            if dead == '1':
                os.kill(int(server), signal.SIGCHLD)
            time.sleep(0.03)
        return ended

    # What the user does.

    def keys(self, *names):
        """Keys by tmux's names: 'n', 'Enter', 'Escape', 'C-d', 'PageUp', 'BTab', 'F1'."""
        self.tmux('send-keys', '-t', 'main', *names)

    def type(self, text):
        """Text, letter by letter."""
        self.tmux('send-keys', '-t', 'main', '-l', text)

    def raw(self, text):
        """Bytes as a terminal would send them."""
        self.tmux('send-keys', '-t', 'main', '-H', *(f'{byte:x}' for byte in text.encode()))

    def press(self, key, what, why=None, limit_s=LIMIT_S):
        """A key, and then the screen that it shall lead to."""
        self.keys(key)
        return self.wait_for(what, why or f'{what} after {key}', limit_s)

    def mouse(self, button, row, column, release=True):
        """A button at a cell, both from 0, told as the program asked for it (SGR or X10)."""
        sgr = self.ask('mouse_sgr_flag') == '1'
        if sgr:
            self.raw(f'\x1b[<{button};{column + 1};{row + 1}M')
        else:
            self._x10(button, row, column)
        if release and button < WHEEL_UP:
            if sgr:
                self.raw(f'\x1b[<{button};{column + 1};{row + 1}m')
            else:
                self._x10(3, row, column)

    def _x10(self, button, row, column):
        places = (32 + button, 33 + column, 33 + row)
        assert max(places) < 256, 'the old protocol reaches 222 columns and rows'
        self.tmux('send-keys', '-t', 'main', '-H', '1b', '5b', '4d',
                  *(f'{byte:x}' for byte in places))

    def click(self, row, column, button=LEFT):
        self.mouse(button, row, column)

    def click_on(self, text, button=LEFT):
        """Clicks the first letter of a text that the screen shows."""
        for row, line in enumerate(self.lines()):
            if text in line:
                self.click(row, line.index(text), button)
                return
        raise AssertionError(f'no {text!r} to click on\n{self.text()}')

    def resize(self, columns, rows):
        self.tmux('resize-window', '-t', 'main', '-x', str(columns), '-y', str(rows))

    # The program.

    def pid(self):
        return int(self.ask('pane_pid'))

    def signal(self, number):
        os.kill(self.pid(), number)

    def hang_up(self):
        """The terminal goes away, as when its window is closed: what is left of the program may
        look at `pid()` taken before."""
        self.tmux('kill-server', check=False)

    def alive(self):
        """Fails when the program ended."""
        if self.ask('pane_dead') != '1':
            return
        status, number = self.wait_end()
        ended = f'status {status}' if status else signal.Signals(int(number)).name
        raise AssertionError(f'it ended with {ended}:\n{self.text()}')

    # Golden screens.

    def golden(self, name, masks=(), text=None):
        """Compares the screen, or `text`, with golden/NAME.txt, numbers that change masked."""
        compare_golden(name, masked(self.text() if text is None else text, masks))
