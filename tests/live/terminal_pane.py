"""A terminal to test in: tmux on a server of its own, with a shell in its only pane.

tmux is the other side: what it shows, and which modes it thinks are on, is what a program did to
its terminal. Nothing of the user's tmux is seen or touched.
"""

import os
import re
import shlex
import subprocess
import tempfile

from live import LIMIT_S, wait_until

WAIT_S = 20
PROMPT = 'ready$'
# What a terminal is in when nobody uses it: alternate screen, mouse, visible cursor, its keys.
AT_REST = '0 0 1 0 0'
MODES = '#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{keypad_flag} #{keypad_cursor_flag}'


class Pane:
    """A shell in a pane. `environment` is that of the shell; TERM is what tmux offers."""

    number = 0

    def __init__(self, stack, size=(80, 24), environment=None, term='xterm-256color'):
        Pane.number += 1
        self.socket = f'weir-{os.getpid()}-{Pane.number}'
        self.folder = tempfile.mkdtemp(prefix=f'{self.socket}-')
        stack.callback(subprocess.run, ['rm', '-r', self.folder], check=False)
        stack.callback(self.tmux, 'kill-server', check=False)
        clean = {key: value for key, value in os.environ.items()
                 if not key.startswith(('LC_', 'TMUX')) and key not in ('NO_COLOR', 'COLORTERM')}
        clean |= {'LANG': 'C.UTF-8', 'DEMO_END': f'{self.folder}/end'}
        self.environment = clean | (environment or {})
        config = f'{self.folder}/tmux.conf'
        with open(config, 'w', encoding='ascii') as file:
            file.write(f'set -g default-terminal {term}\nset -g status off\n'
                       'set -g escape-time 0\nset -g set-clipboard on\n')
        self.tmux('-f', config, '-u', 'new-session', '-d', '-x', str(size[0]), '-y', str(size[1]),
                  f"exec env 'PS1={PROMPT} ' bash --norc --noprofile -i")
        self.until(PROMPT)

    def tmux(self, *words, check=True):
        done = subprocess.run(['tmux', '-L', self.socket, *words], capture_output=True, text=True,
                              env=self.environment, check=False, timeout=LIMIT_S)
        assert done.returncode == 0 or not check, (words, done.stderr)
        return done.stdout

    def screen(self, *flags):
        return self.tmux('capture-pane', '-p', *flags)

    def modes(self):
        return self.tmux('display-message', '-p', MODES).strip()

    def until(self, pattern, flags=()):
        """Waits until the screen has a text that the pattern fits; the whole screen then."""
        expression = re.compile(pattern if PROMPT not in pattern else re.escape(PROMPT), re.M)

        def found():
            screen = self.screen(*flags)
            return screen if expression.search(screen) else None
        return wait_until(found, lambda: f'{pattern!r} on:\n{self.screen().rstrip()}', WAIT_S)

    def until_modes(self, modes):
        wait_until(lambda: self.modes() == modes,
                   lambda: f'{modes}, modes are {self.modes()}', WAIT_S)

    def keys(self, *names):
        self.tmux('send-keys', *names)

    def text(self, text):
        self.tmux('send-keys', '-l', text)

    def bytes(self, data):
        self.tmux('send-keys', '-H', *[f'{byte:02x}' for byte in data])

    def line(self, command):
        self.text(command)
        self.keys('Enter')

    def file(self, name):
        """The content of a file in the folder, None before it is there and whole."""
        try:
            with open(f'{self.folder}/{name}', encoding='utf-8', errors='replace') as file:
                return file.read() or None
        except FileNotFoundError:
            return None

    def wait_file(self, name):
        return wait_until(lambda: self.file(name), f'{name}; {self.folder}')

    def run(self, program, *words, setup=''):
        """Runs a program below a shell without job control, which does not repair the terminal as
        bash does. Leaves its process id, its exit status and the modes before and after."""
        for name in ('pid', 'status', 'after', 'before', 'end'):
            if self.file(name) is not None:
                os.unlink(f'{self.folder}/{name}')
        script = f'{self.folder}/run'
        with open(script, 'w', encoding='utf-8') as file:
            file.write(f'ulimit -c 0\ncd {self.folder}\nstty -a > before\n{setup}\n'
                       f"sh -c 'echo $$ > pid; exec \"$@\"' run {shlex.join([program, *words])}\n"
                       'status=$?\nstty -a > after\necho $status > status\n')
        self.line(f'clear; sh {script}')

    def pid(self):
        return int(self.wait_file('pid'))

    def ended(self):
        """The exit status, after the terminal was found as it had been."""
        status = int(self.wait_file('status'))
        before, after = (re.sub(r'(rows|columns) \d+', r'\1', self.file(name))
                         for name in ('before', 'after'))
        assert before == after, (before, after)
        self.until_modes(AT_REST)
        return status

    def record(self):
        """From now on what the program writes is in the file `written`."""
        self.tmux('pipe-pane', '-O', f'cat > {self.folder}/written')

    def written(self):
        try:
            with open(f'{self.folder}/written', 'rb') as file:
                return file.read()
        except FileNotFoundError:
            return b''
