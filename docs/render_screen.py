#!/usr/bin/python3
"""Makes a picture of a terminal: `tmux capture-pane -e -p` in, a self-contained SVG out.

    tmux capture-pane -e -p | docs/render_screen.py --title 'weir -i eth0' > screen.svg

Text is text, in whatever monospace font the viewer has; lines, blocks and Braille points are drawn,
because fonts differ in them. Sequences other than SGR are left out.
"""

import argparse
import re
import sys
import unicodedata
from html import escape
from typing import NamedTuple

CELL_WIDTH = 8.4
CELL_HEIGHT = 18
FONT_SIZE = 14
BASELINE = 13.5
MARGIN = 12
TITLE_HEIGHT = 30
MAX_CELLS = 200_000
FOREGROUND, BACKGROUND = '#d4d4d4', '#14161b'
ANSI = ('#2e3440', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#c8ccd4',
        '#5c6370', '#ff7b86', '#b5e890', '#ffd88a', '#7cc4ff', '#e394f5', '#6fd6e0', '#ffffff')
# SGR, other CSI and OSC sequences, character sets, control characters.
SEQUENCE = re.compile('\x1b\\[([0-9;:]{0,200})m|\x1b\\[[0-?]*[ -/]*[@-~]'
                      '|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|\x1b[()][0-9A-Za-z]'
                      '|[\x00-\x08\x0b-\x1f\x7f-\x9f]')
LEVELS = (0, 95, 135, 175, 215, 255)


class Look(NamedTuple):
    """How cells look; colours are '#rrggbb' or None for the terminal's own."""
    foreground: str = None
    background: str = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False

    def colours(self):
        """(of the character, of the cell or None)"""
        front, back = self.foreground or FOREGROUND, self.background
        if self.reverse:
            front, back = back or BACKGROUND, front
        return front, back


def colour_256(number):
    if number < 16:
        return ANSI[number]
    if number < 232:
        number -= 16
        red, green, blue = LEVELS[number // 36], LEVELS[number // 6 % 6], LEVELS[number % 6]
        return f'#{red:02x}{green:02x}{blue:02x}'
    grey = 8 + 10 * (number - 232)
    return f'#{grey:02x}{grey:02x}{grey:02x}'


def extended_colour(rest):
    """The colour after a 38 or 48, taken from the front of `rest`; None when it is none."""
    kind = rest.pop(0) if rest else None
    if kind == 5 and rest:
        number = rest.pop(0)
        return colour_256(number) if number < 256 else None
    if kind == 2 and len(rest) >= 3:
        parts = [min(rest.pop(0), 255) for _ in range(3)]
        return '#{:02x}{:02x}{:02x}'.format(*parts)
    rest.clear()  # what follows cannot be told from the colour's parts
    return None


FLAGS = {1: {'bold': True}, 2: {'dim': True}, 3: {'italic': True}, 4: {'underline': True},
         7: {'reverse': True}, 22: {'bold': False, 'dim': False}, 23: {'italic': False},
         24: {'underline': False}, 27: {'reverse': False}, 39: {'foreground': None},
         49: {'background': None}}


def numbers_of(parameters):
    """38:2::1:2:3 and 38:2:1:2:3 as 38;2;1;2;3, and 4:3 (a curly line) as 4."""
    numbers = []
    for parameter in parameters.split(';'):
        parts = parameter.split(':')
        if len(parts) > 1 and parts[0] in ('38', '48'):
            if parts[1] == '2' and len(parts) >= 6:
                del parts[2]
            numbers += [int(part or 0) for part in parts]
        elif len(parts) > 1 and parts[0] == '4' and parts[1] == '0':
            numbers.append(24)
        else:
            numbers.append(int(parts[0] or 0))
    return numbers


def apply_sgr(look, parameters):
    rest = numbers_of(parameters)
    while rest:
        code = rest.pop(0)
        if code == 0:
            look = Look()
        elif code in FLAGS:
            look = look._replace(**FLAGS[code])
        elif code in (38, 48):
            colour = extended_colour(rest)
            look = look._replace(**{'foreground' if code == 38 else 'background': colour})
        else:
            for base, name, first in ((30, 'foreground', 0), (40, 'background', 0),
                                      (90, 'foreground', 8), (100, 'background', 8)):
                if base <= code < base + 8:
                    look = look._replace(**{name: ANSI[first + code - base]})
    return look


def width_of(character):
    if unicodedata.combining(character) or unicodedata.category(character) in ('Mn', 'Me', 'Cf'):
        return 0
    return 2 if unicodedata.east_asian_width(character) in 'WF' else 1


def parse_screen(text):
    """Rows of (column, width, character, look), without blanks that nothing shows of."""
    rows, look, count = [], Look(), 0
    for line in text.removesuffix('\n').split('\n'):
        cells, column, at = [], 0, 0
        while at < len(line):
            match = SEQUENCE.match(line, at)
            if match:
                if match.group(1) is not None:
                    look = apply_sgr(look, match.group(1))
                at = match.end()
                continue
            character = line[at]
            at += 1
            width = width_of(character)
            if width == 0 and cells:
                cells[-1] = cells[-1][:2] + (cells[-1][2] + character, cells[-1][3])
            elif width > 0:
                cells.append((column, width, character, look))
                column += width
            count += 1
            if count > MAX_CELLS:
                raise ValueError(f'more than {MAX_CELLS} characters: this is no screen')
        rows.append(cells)
    return rows


def number(value):
    return f'{value:.2f}'.rstrip('0').rstrip('.')


def rectangle(x, y, width, height, colour, opacity=1):
    more = '' if opacity == 1 else f' opacity="{number(opacity)}"'
    return (f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" '
            f'height="{number(height)}" fill="{colour}"{more}/>')


# Which of left, right, up and down a line character has.
LINES = {'─': 'lr', '│': 'ud', '┌': 'rd', '┐': 'ld', '└': 'ru', '┘': 'lu', '├': 'udr', '┤': 'udl',
         '┬': 'lrd', '┴': 'lru', '┼': 'lrud', '━': 'lr', '┃': 'ud', '═': 'lr', '║': 'ud',
         '╭': 'rd', '╮': 'ld', '╰': 'ru', '╯': 'lu', '╴': 'l', '╵': 'u', '╶': 'r', '╷': 'd'}


# One shape for any number of them side by side.
LONG = '─━═▀▁▂▃▄▅▆▇█░▒▓'


def line_shape(character, x, y, width, colour):
    middle, half = x + CELL_WIDTH / 2, y + CELL_HEIGHT / 2
    ends = {'l': (x, half), 'r': (x + width, half), 'u': (middle, y),
            'd': (middle, y + CELL_HEIGHT)}
    path = ''.join(f'M{number(middle)} {number(half)}L{number(ends[arm][0])} '
                   f'{number(ends[arm][1])}' for arm in LINES[character])
    thick = 2 if character in '━┃' else 1
    return f'<path d="{path}" stroke="{colour}" stroke-width="{thick}" fill="none"/>'


def block_shape(character, x, y, width, colour):
    """U+2580 to U+2593."""
    code = ord(character)
    if code == 0x2580:
        return rectangle(x, y, width, CELL_HEIGHT / 2, colour)
    if 0x2581 <= code <= 0x2588:
        height = CELL_HEIGHT * (code - 0x2580) / 8
        return rectangle(x, y + CELL_HEIGHT - height, width, height, colour)
    if 0x2589 <= code <= 0x258f:
        return rectangle(x, y, CELL_WIDTH * (0x2590 - code) / 8, CELL_HEIGHT, colour)
    if code == 0x2590:
        return rectangle(x + CELL_WIDTH / 2, y, CELL_WIDTH / 2, CELL_HEIGHT, colour)
    return rectangle(x, y, width, CELL_HEIGHT, colour, (code - 0x2590) / 4)


def braille_shape(character, x, y, colour):
    dots = ord(character) - 0x2800
    places = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
    radius = 1.25
    path = ''
    for bit, (across, down) in enumerate(places):
        if dots >> bit & 1:
            left = x + CELL_WIDTH * (across + 0.5) / 2 - radius
            middle = y + CELL_HEIGHT * (down + 0.5) / 4
            path += (f'M{number(left)} {number(middle)}a{radius} {radius} 0 1 0 {2 * radius} 0'
                     f'a{radius} {radius} 0 1 0 {-2 * radius} 0')
    return f'<path d="{path}" fill="{colour}" shape-rendering="auto"/>' if path else ''


def is_shape(character):
    """It is drawn and not written."""
    return character in LINES or '\u2580' <= character <= '\u2593' \
        or '\u2800' <= character <= '\u28ff'


def shape_of(character, x, y, width, colour):
    if character in LINES:
        return line_shape(character, x, y, width, colour)
    if character <= '\u2593':
        return block_shape(character, x, y, width, colour)
    return braille_shape(character, x, y, colour)


def runs_of(cells, key):
    """Neighbours with the same key, as lists."""
    runs = []
    for cell in cells:
        if runs and key(runs[-1][-1]) == key(cell) and \
                runs[-1][-1][0] + runs[-1][-1][1] == cell[0]:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return runs


def text_of(run, x, y):
    look = run[0][3]
    text = ''.join(cell[2] for cell in run)
    if not text.strip() and not look.underline:
        return ''
    width = sum(cell[1] for cell in run) * CELL_WIDTH
    style = f' fill="{look.colours()[0]}"'
    for given, attribute in ((look.bold, 'font-weight="bold"'), (look.dim, 'opacity="0.6"'),
                             (look.italic, 'font-style="italic"'),
                             (look.underline, 'text-decoration="underline"')):
        style += f' {attribute}' if given else ''
    return (f'<text x="{number(x)}" y="{number(y + BASELINE)}" textLength="{number(width)}"'
            f' lengthAdjust="spacingAndGlyphs"{style}>{escape(text)}</text>')


def row_parts(cells, left, y):
    parts = []
    for run in runs_of(cells, lambda cell: cell[3].colours()[1]):
        colour = run[0][3].colours()[1]
        if colour:
            width = sum(cell[1] for cell in run) * CELL_WIDTH
            parts.append(rectangle(left + run[0][0] * CELL_WIDTH, y, width, CELL_HEIGHT, colour))

    def alike(cell):
        """The same for neighbours that are drawn as one."""
        character = cell[2][0]
        return cell[3].colours()[0], character, None if character in LONG else cell[0]

    for run in runs_of([cell for cell in cells if is_shape(cell[2][0])], alike):
        parts.append(shape_of(run[0][2][0], left + run[0][0] * CELL_WIDTH, y,
                              len(run) * CELL_WIDTH, run[0][3].colours()[0]))
    written = [cell for cell in cells if not is_shape(cell[2][0])]
    # A run of text ends at blanks too, so that a font of another width shifts no column.
    for run in runs_of(written, lambda cell: (cell[3], cell[2] == ' ')):
        parts.append(text_of(run, left + run[0][0] * CELL_WIDTH, y))
    return [part for part in parts if part]


def render(text, title='', columns=0):
    rows = parse_screen(text)
    widest = max([columns, *(row[-1][0] + row[-1][1] for row in rows if row)])
    top = MARGIN + (TITLE_HEIGHT if title else 0)
    width, height = 2 * MARGIN + widest * CELL_WIDTH, top + MARGIN + len(rows) * CELL_HEIGHT
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} '
           f'{number(height)}" width="{number(width)}" height="{number(height)}" '
           f'font-family="ui-monospace,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" '
           f'font-size="{FONT_SIZE}" shape-rendering="crispEdges" xml:space="preserve">',
           f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>']
    if title:
        for index, colour in enumerate(('#ff5f57', '#febc2e', '#28c840')):
            out.append(f'<circle cx="{20 + 18 * index}" cy="20" r="6" fill="{colour}" '
                       f'shape-rendering="auto"/>')
        out.append(f'<text x="{number(width / 2)}" y="25" text-anchor="middle" fill="#9aa0aa">'
                   f'{escape(title)}</text>')
    for index, cells in enumerate(rows):
        out += row_parts(cells, MARGIN, top + index * CELL_HEIGHT)
    return '\n'.join([*out, '</svg>', ''])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--title', default='', help='shown above the screen, with a window frame')
    parser.add_argument('--columns', type=int, default=0, help='of the screen, if it is wider')
    options = parser.parse_args()
    text = sys.stdin.buffer.read().decode('utf-8', 'replace')
    sys.stdout.write(render(text, options.title, options.columns))


if __name__ == '__main__':
    main()
