#!/usr/bin/python3
"""docs/render_screen.py: what a terminal shows and what the picture has. TAP on stdout.

    render_screen_test.py RENDER_SCREEN
"""

import importlib.util
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'golden')
SCREEN = ('\x1b[1;7m weir \x1b[0m \x1b[38;5;208meth0\x1b[39m '
          '\x1b[48;2;10;60;90m10.0.0.1\x1b[49m <&> \x1b[4mline\x1b[0m\n'
          '┌───┤\x1b[31m███▌░▁\x1b[0m├─┐ ⣿⠁ 日本 \x1b[2mdim\x1b[22m \x1b[3mslanted\x1b[0m\n'
          '\x1b]0;title\x07\x1b[?25l\x1b(Bplain\x1b[K\n')

spec = importlib.util.spec_from_file_location('render_screen', sys.argv[1])
render_screen = importlib.util.module_from_spec(spec)
spec.loader.exec_module(render_screen)


def parsed(text):
    return render_screen.parse_screen(text)


def look_after(sequence):
    return parsed(sequence + 'x')[0][0][3]


def golden_picture():
    command = [sys.executable, sys.argv[1], '--title', 'weir -i eth0', '--columns', '60']
    svg = subprocess.run(command, input=SCREEN.encode(), capture_output=True,
                         check=True).stdout.decode()
    path = os.path.join(GOLDEN, 'render_screen.svg')
    if os.environ.get('WEIR_UPDATE_GOLDEN'):
        with open(path, 'w', encoding='utf-8') as file:
            file.write(svg)
    with open(path, encoding='utf-8') as file:
        assert svg == file.read(), 'another picture: WEIR_UPDATE_GOLDEN=1 writes it'


def every_kind_of_colour():
    assert look_after('\x1b[31m').foreground == render_screen.ANSI[1]
    assert look_after('\x1b[92m').foreground == render_screen.ANSI[10]
    assert look_after('\x1b[104m').background == render_screen.ANSI[12]
    assert look_after('\x1b[38;5;16m').foreground == '#000000'
    assert look_after('\x1b[38;5;208m').foreground == '#ff8700'
    assert look_after('\x1b[48;5;255m').background == '#eeeeee'
    assert look_after('\x1b[38;2;1;2;300m').foreground == '#0102ff'
    assert look_after('\x1b[38:2::1:2:3m').foreground == '#010203'
    assert look_after('\x1b[38:5:208;1m') == render_screen.Look(foreground='#ff8700', bold=True)
    assert look_after('\x1b[38;5;208;4;7m\x1b[39;24;27m') == render_screen.Look()
    assert look_after('\x1b[1;4;41m\x1b[m') == render_screen.Look()
    assert look_after('\x1b[7m').colours() == (render_screen.BACKGROUND, render_screen.FOREGROUND)


def damaged_sequences_are_harmless():
    for sequence in ('\x1b[38m', '\x1b[38;5m', '\x1b[38;5;999m', '\x1b[38;2;1m', '\x1b[;;;m',
                     '\x1b[:::m', '\x1b[4:0m', '\x1b[' + '9' * 10000 + 'm'):
        assert look_after(sequence) == render_screen.Look(), sequence[:20]
    assert [cell[2] for cell in parsed('\x1b[2Ja\x1b]52;c;AA\x1b\\b\x07\x9bc')[0]] == list('abc')


def columns_are_kept():
    assert [cell[:2] for cell in parsed('日e\u0301 x')[0]] == [(0, 2), (2, 1), (3, 1), (4, 1)]
    svg = render_screen.render('a' * 10 + '\n' + '日' * 7)
    assert f'width="{render_screen.number(24 + 14 * render_screen.CELL_WIDTH)}"' in svg


def text_is_escaped_and_the_picture_is_xml():
    svg = render_screen.render('<script>&"\x1b[31m</svg>', title='<b>&')
    root = ElementTree.fromstring(svg)
    text = ''.join(root.itertext())
    assert '<script>&"' in text and '</svg>' in text and '<b>&' in text, text
    assert {child.tag.rpartition('}')[2] for child in root.iter()} <= {'svg', 'rect', 'text',
                                                                      'circle', 'path'}
    assert 'http' not in svg.replace('http://www.w3.org/2000/svg', '')


def nothing_and_too_much():
    ElementTree.fromstring(render_screen.render(''))
    try:
        render_screen.render('x' * (render_screen.MAX_CELLS + 1))
    except ValueError:
        return
    raise AssertionError('a screen without an end was drawn')


def main():
    cases = [golden_picture, every_kind_of_colour, damaged_sequences_are_harmless,
             columns_are_kept, text_is_escaped_and_the_picture_is_xml, nothing_and_too_much]
    print(f'1..{len(cases)}')
    failed = False
    for number, case in enumerate(cases, 1):
        try:
            case()
            print(f'ok {number} - {case.__name__}')
        except Exception as error:  # pylint: disable=broad-except  # the next case shall run
            failed = True
            print(f'not ok {number} - {case.__name__}\n# {error!r}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
