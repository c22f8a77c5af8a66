"""The files of a source tree that the checks look at, and how a finding is written down."""

import os
from typing import NamedTuple

SKIPPED_FOLDERS = {'.git', '.cache', '__pycache__', 'subprojects'}


class Finding(NamedTuple):
    """One broken rule at one place."""

    path: str
    line: int
    message: str

    def __str__(self):
        return f'{self.path}:{self.line}: {self.message}'


def files(root):
    """Paths of all files below `root`, relative to it, without build folders."""
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [s for s in subfolders
                         if s not in SKIPPED_FOLDERS and not is_build_folder(root, folder, s)]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def is_build_folder(root, folder, name):
    return os.path.samefile(root, folder) and name.startswith('build')


def is_cpp(path):
    return path.endswith(('.h', '.cc'))


def lines_of(root, path):
    """(number, text) of each line, from 1."""
    with open(os.path.join(root, path), encoding='utf-8', errors='replace') as text:
        return list(enumerate(text.read().splitlines(), 1))
