#!/usr/bin/python3
"""Runs the commands of README.md and docs/, in TAP.

    docs_test.py WEIR SOURCE-ROOT

Each fenced block says what it is. In a `sh` block every line is a command and is run as it stands,
in a `console` block the lines after `$ ` are; `text`, `toml` and the like are not commands. A block
whose commands cannot be run here has a comment above it, invisible in rendered Markdown:

    <!-- not run: hardware: needs a card that DPDK drives -->

The first word after `not run:` is one of REASONS. Commands within a sentence are not run, because
most are cut short there; their files, sub-commands and options have to exist.
"""

import gzip
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile

REASONS = ('hardware', 'machine', 'long', 'suite', 'terminal')  # see docs/testing.md
LANGUAGES = ('sh', 'console', 'text', 'toml', 'ini', 'json', 'c++')
CAPTURE = re.compile(r'[\w./-]+\.pcap(?:ng)?(?:\.gz)?\b')
LIMIT_S = 4  # a live command runs until it is ended
IN_NAMESPACE = 'ip link add eth0 type veth peer name eth0peer && ip link set lo up && ' \
               'ip link set eth0 up && ip link set eth0peer up && '


def blocks(text):
    """(line number, language, reason not to run or None, lines) of each fenced block."""
    language, reason, start, lines = None, None, 0, []
    for number, line in enumerate(text.splitlines(), 1):
        fence = re.match(r'\s*```(\S*)\s*$', line)
        if language is None and fence:
            language, start, lines = fence.group(1), number, []
        elif fence:
            yield start, language, reason, lines
            language, reason = None, None
        elif language is not None:
            lines.append(line)
        elif line.strip():
            mark = re.match(r'<!-- not run: (.*) -->$', line.strip())
            reason = mark.group(1) if mark else None


def commands(language, lines):
    if language == 'console':
        return [line[2:] for line in lines if line.startswith('$ ')]
    return [line for line in lines if line.strip() and not line.strip().startswith('#')]


def frame():
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 32, 0, 0, 64, 17, 0, bytes([10, 0, 0, 1]),
                     bytes([10, 0, 0, 2]))
    return bytes(12) + b'\x08\x00' + ip + struct.pack('!HHHH4s', 1000, 53, 12, 0, b'weir')


def capture(path):
    """A small capture of the kind that its name says."""
    data = frame()
    if '.pcapng' in path:
        padded = data + bytes(-len(data) % 4)
        total = 32 + len(padded)
        content = (struct.pack('<IIIHHqI', 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28) +
                   struct.pack('<IIHHII', 1, 20, 1, 0, 65535, 20) +
                   struct.pack('<IIIIIII', 6, total, 0, 0, 1000, len(data), len(data)) + padded +
                   struct.pack('<I', total))
    else:
        content = struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
        content += struct.pack('<IIII', 1, 0, len(data), len(data)) + data
    return gzip.compress(content) if path.endswith('.gz') else content


def run(command, weir, root):
    """What went wrong, or nothing."""
    with tempfile.TemporaryDirectory(prefix='weir-docs-') as folder:
        os.mkdir(os.path.join(folder, 'bin'))
        os.symlink(weir, os.path.join(folder, 'bin', 'weir'))
        os.symlink(os.path.dirname(weir), os.path.join(folder, 'build'))
        for name in os.listdir(root):
            if not os.path.lexists(os.path.join(folder, name)):
                os.symlink(os.path.join(root, name), os.path.join(folder, name))
        for name in CAPTURE.findall(command):
            with open(os.path.join(folder, name), 'wb') as out:
                out.write(capture(name))
        path = f"{folder}/bin:{os.environ['PATH']}:/usr/sbin:/sbin"
        environment = {'PATH': path, 'HOME': folder, 'LC_ALL': 'C.UTF-8', 'TERM': 'xterm-256color'}
        namespace = ['unshare', '--net'] if os.geteuid() == 0 else []
        script = (IN_NAMESPACE if namespace else '') + command
        with subprocess.Popen([*namespace, 'sh', '-c', script], cwd=folder, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, start_new_session=True) as child:
            ended = False
            try:
                output, _ = child.communicate(timeout=LIMIT_S)
            except subprocess.TimeoutExpired:
                ended = True
                os.killpg(child.pid, signal.SIGINT)
                try:
                    output, _ = child.communicate(timeout=60)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    return 'it goes on after SIGINT'
            status = child.returncode
        if status == 0 or (ended and status in (-signal.SIGINT, 128 + signal.SIGINT)):
            return ''
        return f"status {status}: {output.decode(errors='replace')[-600:]}"


def in_sentences(text):
    """(line number, code) of the code in running text."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r'\s*```', line):
            fenced = not fenced
        elif not fenced:
            for code in re.findall(r'`([^`]+)`', line):
                yield number, code


def known_words(weir, root):
    """Options and sub-commands of weir, commands of dev, as their help names them."""
    helps = ''
    for sub in ([], ['devices'], ['doctor'], ['dissect'], ['bench']):
        helps += subprocess.run([weir, *sub, '--help'], capture_output=True, text=True,
                                check=False).stdout
    dev = subprocess.run([os.path.join(root, 'dev'), 'help'], capture_output=True, text=True,
                         check=False).stdout
    options = set(re.findall(r'(?<![\w-])--?[A-Za-z0-9][\w-]*', helps))
    return options, set(re.findall(r'^  ([a-z]+)\b', dev, re.M))


def wrong_in_sentence(code, options, dev_commands, root):
    """What is wrong with a command in running text, or nothing."""
    words = code.split()
    while words and (words[0] == 'sudo' or re.match(r'[A-Z_]+=\S*$', words[0])):
        words = words[1:]
    if not words:
        return ''
    if words[0] == './dev' and len(words) > 1 and words[1] not in dev_commands:
        return f'./dev has no command {words[1]}'
    if re.match(r'(bench|tests|docs|tools)/[\w./-]+\.(py|sh)$', words[0]):
        path = os.path.join(root, words[0])
        if not os.path.exists(path):
            return f'there is no {words[0]}'
        if len(words) > 1 and not os.access(path, os.X_OK):
            return f'{words[0]} has no run bit: chmod +x'
    if words[0] in ('weir', 'build/weir'):
        for word in words[1:]:
            option = re.match(r'--?[a-zA-Z][\w-]*', word)
            if option and option.group() not in options and not (
                    word[1] != '-' and all(f'-{letter}' in options for letter in word[1:])):
                return f'weir has no option {option.group()}'
    return ''


def cases(weir, root):
    """(name, function that returns what is wrong) of each command in each file."""
    paths = ['README.md'] + [os.path.relpath(os.path.join(folder, name), root)
                             for folder, _, names in os.walk(os.path.join(root, 'docs'))
                             for name in names if name.endswith('.md')]
    options, dev_commands = known_words(weir, root)
    for path in sorted(paths):
        with open(os.path.join(root, path), encoding='utf-8') as file:
            text = file.read()
        for start, language, reason, lines in blocks(text):
            where = f'{path}:{start}'
            if language not in LANGUAGES:
                yield where, (f'the block begins with ```{language}: say what it is, ```sh (each '
                              'line is run), ```console (lines after "$ "), ```text or ```toml')
            elif reason is not None:
                if reason.split(':')[0] not in REASONS:
                    yield where, f'<!-- not run: REASON: why -->, REASON one of {REASONS}'
            elif language in ('sh', 'console'):
                for command in commands(language, lines):
                    yield f'{where} {command.split(" #")[0].strip()}', command
        wrong = [f'line {number}: `{code}`: {error}' for number, code in in_sentences(text)
                 if (error := wrong_in_sentence(code, options, dev_commands, root))]
        yield f'{path} commands in sentences', '\n'.join(wrong) if wrong else None


def main():
    weir, root = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    number = failed = 0
    for name, what in cases(weir, root):
        number += 1
        name = name.replace('#', '')
        wrong = ''
        is_command = what is not None and name.endswith(what.split(' #')[0].strip())
        if is_command and re.search(r' -i\b', what) and os.geteuid() != 0:
            print(f'ok {number} - {name} # SKIP needs root', flush=True)
            continue
        if is_command:
            wrong = run(what, weir, root)
            if wrong:
                wrong += '\nmend the command, or write above its block '
                wrong += '<!-- not run: REASON: why -->,'
                wrong += f' REASON one of {", ".join(REASONS)}'
        elif what is not None:
            wrong = what
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        print(''.join(f'# {line}\n' for line in wrong.splitlines()), end='', flush=True)
    print(f'1..{number}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
