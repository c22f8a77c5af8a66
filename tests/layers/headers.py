"""Every header compiles alone: whoever includes it needs nothing before it."""

import concurrent.futures
import json
import os
import re
import shlex
import subprocess

from tree import Finding, files

OUTPUT_FLAGS_WITH_VALUE = {'-o', '-MF', '-MQ', '-MT', '-c'}
OUTPUT_FLAGS = {'-MD', '-MMD'}


def flags_by_folder(build_dir, root):
    """Folder of the tree to (compiler and flags, folder to run it in) of a source there."""
    with open(os.path.join(build_dir, 'compile_commands.json'), encoding='utf-8') as text:
        commands = json.load(text)
    flags = {}
    for command in commands:
        source = os.path.normpath(os.path.join(command['directory'], command['file']))
        folder = os.path.dirname(os.path.relpath(source, os.path.realpath(root)))
        words = shlex.split(command['command'])
        flags.setdefault(folder, (without_output(words), command['directory']))
    return flags


def without_output(words):
    """The compile command without its source and what it writes."""
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in OUTPUT_FLAGS_WITH_VALUE:
            skip = True
        elif word not in OUTPUT_FLAGS:
            kept.append(word)
    return kept


def flags_for(path, flags):
    """The flags of the header's folder, else of the nearest folder that has a source."""
    def shared(folder):
        return len(os.path.commonprefix([folder.split('/'), os.path.dirname(path).split('/')]))
    return flags[max(sorted(flags), key=shared)]


def compile_alone(root, path, command, directory):
    """A finding with the compiler's first error, or None."""
    # Through -include, because a header as the main file warns of its `#pragma once`.
    words = command + ['-I', root, '-fdiagnostics-color=never', '-fsyntax-only',
                       '-include', os.path.join(root, path), '-x', 'c++', '/dev/null']
    done = subprocess.run(words, cwd=directory, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, check=False)
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if 'error' in line] or ['status ' + str(
        done.returncode)]
    return Finding(path, 1, 'does not compile alone: ' + errors[0])


def check_headers(root, build_dir):
    """(findings, number of headers compiled)."""
    flags = flags_by_folder(build_dir, root)
    # Backends that this build does not hold: their vendor's headers may be missing.
    left_out = {os.path.dirname(path) for path in files(root)
                if re.match('backends/[^/]+/.*[.]cc$', path)} - set(flags)
    headers = [path for path in files(root)
               if path.endswith('.h') and os.path.dirname(path) not in left_out]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(
            lambda path: compile_alone(os.path.abspath(root), path, *flags_for(path, flags)),
            headers)
        return [finding for finding in results if finding], len(headers)
