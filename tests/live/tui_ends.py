#!/usr/bin/python3
"""How the screen of weir ends where something is in its way. TAP on stdout.

    tui_ends.py WEIR
"""

import ctypes
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time

from live import main, need, sanitized, wait_until
from screen import running
from terminal_pane import AT_REST, Pane
from weir_screen import LISTED, SYNTHETIC

SHOWN = LISTED.pattern
END_S = 10

# What runs the tests may ignore it (nohup), and children would too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Terminal:
    """A program on a terminal that is read only when the test wants to."""

    def __init__(self, lab, *args, term='xterm-256color'):
        self.master, slave = pty.openpty()
        lab.stack.callback(os.close, self.master)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))
        self.slave = slave
        lab.stack.callback(os.close, slave)
        self.before = termios.tcgetattr(slave)
        self.program = subprocess.Popen(
            [lab.weir_path, *SYNTHETIC, *args], stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, env={**os.environ, 'TERM': term, 'LC_ALL': 'C.UTF-8'},
            preexec_fn=self.become_its_session)
        lab.stack.callback(self.end)
        self.output = b''
        self.pid = self.program.pid

    @staticmethod
    def become_its_session():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        for number in (signal.SIGINT, signal.SIGQUIT):  # a shell's background job ignores them
            signal.signal(number, signal.SIG_DFL)

    def end(self):
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait()

    def read(self, seconds=0.1):
        """What comes within that time."""
        os.set_blocking(self.master, False)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.output += os.read(self.master, 65536)
            except BlockingIOError:
                time.sleep(0.01)
        return self.output

    def read_until(self, part):
        wait_until(lambda: part in self.read(0.05), lambda: f'{part} in {self.output[-2000:]}')

    def type(self, text):
        os.write(self.master, text.encode())

    def fill(self):
        """Makes the program write until nothing more is taken: nobody reads."""
        for _ in range(400):
            try:
                os.set_blocking(self.master, False)
                os.write(self.master, b'\x0c')  # Ctrl-L sends the screen anew
            except BlockingIOError:
                break
            time.sleep(0.01)
        wait_until(lambda: waits_to_write(self.pid), 'a thread that waits to write')


def threads(pid):
    return os.listdir(f'/proc/{pid}/task')


def thread_file(pid, thread, name):
    try:
        with open(f'/proc/{pid}/task/{thread}/{name}', encoding='ascii') as file:
            return file.read().strip()
    except FileNotFoundError:  # ended meanwhile
        return ''


def waits_to_write(pid):
    """A thread is in write(2), which is call 1, to descriptor 1."""
    return any(thread_file(pid, thread, 'syscall').startswith('1 0x1 ') for thread in threads(pid))


def worker_ns(pid):
    return sum(int(thread_file(pid, thread, 'schedstat').split()[0]) for thread in threads(pid)
               if thread_file(pid, thread, 'comm').startswith('weir-w'))


def children_of(pid):
    found = []
    for thread in threads(pid):
        found += thread_file(pid, thread, 'children').split()
    return found


def filled(lab):
    terminal = Terminal(lab)
    terminal.read_until(b'h help')
    terminal.fill()
    return terminal


def a_terminal_that_takes_nothing_holds_up_neither_capture_nor_end(lab):
    for number in (signal.SIGTERM, signal.SIGINT):
        terminal = filled(lab)
        before = worker_ns(terminal.pid)
        wait_until(lambda t=terminal, b=before: worker_ns(t.pid) > b, 'capture to go on')
        os.kill(terminal.pid, number)
        assert terminal.program.wait(END_S) == 0
        assert termios.tcgetattr(terminal.slave) == terminal.before


def a_terminal_that_terminfo_does_not_know_has_the_screen_and_a_note(lab):
    for term, note in (('no-such', b'does not know TERM=no-such'), ('', b'TERM is not set')):
        terminal = Terminal(lab, term=term)
        terminal.read_until(note)
        assert b'taken for xterm-256color' in terminal.read(), terminal.output[-2000:]
        terminal.type('q')
        assert terminal.program.wait(END_S) == 0


def a_dumb_terminal_gets_text(lab):
    terminal = Terminal(lab, '-s', '1', term='dumb')
    assert terminal.program.wait(30) == 0
    output = terminal.read()
    assert b'\x1b[?1049h' not in output and b'\x1b[H' not in output, output
    assert b'cannot place its cursor' in output and b'packets' in output, output


def a_hang_up_prints_the_summary_as_sigterm_does(lab):
    terminal = Terminal(lab)
    terminal.read_until(b'h help')
    os.kill(terminal.pid, signal.SIGHUP)
    os.kill(terminal.pid, signal.SIGHUP)  # a shell sends it again
    assert terminal.program.wait(END_S) == 0
    assert termios.tcgetattr(terminal.slave) == terminal.before
    assert b'packets' in terminal.read().rsplit(b'\x1b[?1049l', 1)[-1], terminal.output[-2000:]
    terminal = filled(lab)
    os.kill(terminal.pid, signal.SIGHUP)
    assert terminal.program.wait(END_S) == 0


def a_second_signal_gives_the_terminal_back_too(lab):
    terminal = filled(lab)
    os.kill(terminal.pid, signal.SIGTERM)
    wait_until(lambda: not any(thread_file(terminal.pid, thread, 'comm').startswith('weir-w')
                               for thread in threads(terminal.pid)), 'the end of the capture')
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.program.wait(END_S) == -signal.SIGTERM
    assert termios.tcgetattr(terminal.slave) == terminal.before


def a_shell_command_does_not_hold_up_the_end(lab):
    for command, ready in (('sleep 1000', lambda t: children_of(t.pid)),
                           ('true', lambda t: b'press a key' in t.read(0.05))):
        terminal = Terminal(lab)
        terminal.read_until(b'h help')
        terminal.type(f'!{command}\r')
        wait_until(lambda t=terminal, r=ready: r(t), 'the command')
        children = children_of(terminal.pid)
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.program.wait(END_S) == 0, command
        assert termios.tcgetattr(terminal.slave) == terminal.before
        assert not any(running(int(child)) for child in children)
        assert b'packets' in terminal.read()[-4000:], terminal.output[-4000:]


def standard_error_of(pid):
    """A copy of its descriptor, as a library in it would have it."""
    pidfd = os.pidfd_open(pid)
    copy = ctypes.CDLL(None, use_errno=True).syscall(438, pidfd, 2, 0)  # pidfd_getfd
    os.close(pidfd)
    need(copy >= 0, 'needs pidfd_getfd(2)')
    return copy


def what_libraries_say_is_told_when_the_screen_is_gone(lab):
    ends = (signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1)
    if not sanitized(lab.weir_path):
        ends += (signal.SIGSEGV, signal.SIGABRT)
    for number in ends:
        terminal = Terminal(lab)
        terminal.read_until(b'h help')
        error = standard_error_of(terminal.pid)
        os.write(error, b'a library said so\n')
        assert b'said so' not in terminal.read(0.3)
        os.kill(terminal.pid, number)
        status = terminal.program.wait(END_S)
        assert status == (0 if number == signal.SIGTERM else -number), (number, status)
        output = terminal.read()
        assert output.find(b'a library said so') > output.rfind(b'\x1b[?1049l') > 0, output[-900:]
        try:
            for _ in range(1000):
                os.write(error, b'x' * 1000)
            raise AssertionError('what is held has no bound')
        except OSError:
            pass
        os.close(error)


def in_bash(lab):
    pane = Pane(lab.stack, size=(100, 30), environment={'HOME': '/nonexistent'})
    pane.line(f'cd {pane.folder}; stty -a > before; clear')
    return pane


def is_as_before(pane):
    pane.until_modes(AT_REST)
    pane.line('stty -a > after; cmp before after && echo same $((40+2))')
    pane.until('same 42')


def stopping_a_shell_command_stops_the_program_as_well(lab):
    pane = in_bash(lab)
    pane.line(' '.join([lab.weir_path, *SYNTHETIC]))
    pane.until(SHOWN)
    pane.keys('!')
    pane.text('echo now $((40+3)); exec sleep 1000')
    pane.keys('Enter')
    pane.until('now 43')
    pane.keys('C-z')
    pane.until('Stopped')
    pane.line('clear; echo said $((40+2))')
    pane.until('said 42')
    pane.line('fg')
    time.sleep(0.3)
    pane.keys('C-c')
    pane.until('press a key')
    pane.keys('x')
    pane.until(SHOWN)
    pane.keys('q')
    is_as_before(pane)


def started_in_the_background_it_waits_for_the_terminal(lab):
    pane = in_bash(lab)
    pane.line(' '.join([lab.weir_path, *SYNTHETIC]) + ' &')
    time.sleep(1)
    pane.line('clear; echo said $((40+2))')
    pane.until('Stopped')
    pane.until_modes(AT_REST)
    pane.line('fg')
    pane.until(SHOWN)
    pane.keys('q')
    is_as_before(pane)


CASES = (a_terminal_that_takes_nothing_holds_up_neither_capture_nor_end,
         a_terminal_that_terminfo_does_not_know_has_the_screen_and_a_note,
         a_dumb_terminal_gets_text, a_hang_up_prints_the_summary_as_sigterm_does,
         a_second_signal_gives_the_terminal_back_too,
         a_shell_command_does_not_hold_up_the_end,
         what_libraries_say_is_told_when_the_screen_is_gone,
         stopping_a_shell_command_stops_the_program_as_well,
         started_in_the_background_it_waits_for_the_terminal)

if __name__ == '__main__':
    sys.argv[1] = os.path.abspath(sys.argv[1])
    sys.exit(main(CASES))
