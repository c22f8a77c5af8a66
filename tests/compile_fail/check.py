"""Misuse that must not compile: check.py SOURCE-ROOT SCRATCH-FOLDER COMPILER...

Each file in cases/ is compiled twice. As it stands it has to compile, or what fails with -DMISUSE
might fail for any reason; with -DMISUSE the compiler has to refuse it, with an error (not in what
it quotes of the source) that matches the file's first line, `// expect: REGEX`.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

EXPECT = re.compile(r'^// expect: (.+)$')
ERROR = re.compile(r'^.*(?:error|note): (.*)$', re.MULTILINE)


def compile_case(compiler, root, path, *flags):
    command = [*compiler, '-std=c++20', '-fsyntax-only', '-fno-color-diagnostics', '-I', str(root),
               *flags, str(path)]
    if not is_clang(compiler):
        command.remove('-fno-color-diagnostics')
    return subprocess.run(command, capture_output=True, text=True, check=False,
                          env={'PATH': '/usr/local/bin:/usr/bin:/bin', 'LC_ALL': 'C'})


def is_clang(compiler):
    return any('clang' in pathlib.Path(word).name for word in compiler)


def judge(compiler, root, path):
    """None, or why the case fails."""
    first = path.read_text(encoding='utf-8').split('\n', 1)[0]
    expect = EXPECT.match(first)
    if not expect:
        return 'its first line is not `// expect: REGEX`'
    control = compile_case(compiler, root, path)
    if control.returncode != 0:
        return 'the right use does not compile:\n' + control.stderr
    misuse = compile_case(compiler, root, path, '-DMISUSE')
    if misuse.returncode == 0:
        return 'the misuse compiles'
    said = [error.group(1) for error in ERROR.finditer(misuse.stderr)]
    if not any(re.search(expect.group(1), line) for line in said):
        return f'refused, but not for {expect.group(1)}:\n' + misuse.stderr
    return None


def self_test(compiler, root, scratch):
    """Whether a case that should fail does, for each way in which one can."""
    wrong = {
        'a misuse that compiles': '// expect: x\nint f();\n',
        'a control that does not': '// expect: x\nint f() { return y; }\n',
        'another reason': '// expect: deleted\n#ifdef MISUSE\nint f() { return y; }\n#endif\n',
        'no expectation': 'int f();\n',
    }
    path = pathlib.Path(scratch) / 'compile_fail_self_test.cc'
    for name, text in wrong.items():
        path.write_text(text, encoding='utf-8')
        yield f'self-test: {name} is seen', (
            None if judge(compiler, root, path) else 'the check passes it')


def main():
    root = pathlib.Path(sys.argv[1])
    scratch = sys.argv[2]
    compiler = sys.argv[3:]
    cases = sorted((root / 'tests/compile_fail/cases').glob('*.cc'))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(lambda path: judge(compiler, root, path), cases))
    results = [(path.stem.replace('_', ' '), why) for path, why in zip(cases, verdicts)]
    results += list(self_test(compiler, root, scratch))
    print(f'1..{len(results)}')
    for number, (name, why) in enumerate(results, 1):
        print(f'{"not ok" if why else "ok"} {number} - {name}')
        for line in (why or '').splitlines():
            print(f'# {line}')
    if not cases:
        print('Bail out! there are no cases')


main()
