#include "report/tui/ascii.h"

#include <bit>
#include <cstdint>
#include <string_view>

namespace weir::tui {
namespace {

char box(char32_t character) noexcept {
  switch (character) {
    case 0x2500:
    case 0x2501:
    case 0x2504:
    case 0x2505:
    case 0x2508:
    case 0x2509:
    case 0x254c:
    case 0x254d:
    case 0x2574:
    case 0x2576:
    case 0x2578:
    case 0x257a:
    case 0x257c:
    case 0x257e: return '-';
    case 0x2502:
    case 0x2503:
    case 0x2506:
    case 0x2507:
    case 0x250a:
    case 0x250b:
    case 0x254e:
    case 0x254f:
    case 0x2551:
    case 0x2575:
    case 0x2577:
    case 0x2579:
    case 0x257b:
    case 0x257d:
    case 0x257f: return '|';
    case 0x2550: return '=';
    case 0x2571: return '/';
    case 0x2572: return '\\';
    case 0x2573: return 'X';
    default: return '+';
  }
}

/// Blocks by how much of the cell they fill.
char block(char32_t character) noexcept {
  if (character == 0x2591) return '.';
  if (character == 0x2592) return ':';
  if (character == 0x2594) return '-';
  if (character == 0x2595) return '|';
  if (character >= 0x2581 && character <= 0x2588) return "_.,-=+*#"[character - 0x2581];
  if (character >= 0x2589 && character <= 0x258f) return "#*+=|||"[character - 0x2589];
  return '#';
}

char braille(char32_t character) noexcept {
  return " .:-=+*##"[std::popcount(static_cast<uint32_t>(character - 0x2800))];
}

char arrow(char32_t character) noexcept {
  switch (character) {
    case 0x2190:
    case 0x21d0: return '<';
    case 0x2191:
    case 0x21d1: return '^';
    case 0x2192:
    case 0x21d2: return '>';
    case 0x2193:
    case 0x21d3: return 'v';
    case 0x2194:
    case 0x21d4: return '-';
    case 0x2195:
    case 0x21d5: return '|';
    default: return '?';
  }
}

/// U+00A0 to U+00FF.
constexpr std::string_view kLatin1 =
    " !cL*Y|S\"ca<--R-o+23'uP.,1o>????"
    "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTs"
    "aaaaaaaceeeeiiiidnooooo/ouuuuyty";
static_assert(kLatin1.size() == 96);

char shape(char32_t character) noexcept {
  switch (character) {
    case 0x25b2:
    case 0x25b4: return '^';
    case 0x25b6:
    case 0x25b8:
    case 0x25ba:
    case 0x203a: return '>';
    case 0x25bc:
    case 0x25be: return 'v';
    case 0x25c0:
    case 0x25c2:
    case 0x25c4:
    case 0x2039: return '<';
    case 0x25cf:
    case 0x2022:
    case 0x25c6:
    case 0x2605:
    case 0x25aa:
    case 0x2a2f: return '*';
    case 0x25cb:
    case 0x25c7:
    case 0x25ef: return 'o';
    case 0x2013:
    case 0x2014:
    case 0x2010:
    case 0x2011:
    case 0x2212: return '-';
    case 0x2018:
    case 0x2019: return '\'';
    case 0x201c:
    case 0x201d: return '"';
    case 0x2026:
    case 0x2219:
    case 0x22c5: return '.';
    case 0x2713:
    case 0x2714: return '+';
    case 0x2717:
    case 0x2718: return 'x';
    case 0x26a0: return '!';
    case 0x03bc: return 'u';
    default: return '?';
  }
}

}  // namespace

char ascii_of(char32_t character) noexcept {
  if (character < 0x7f) return character < 0x20 ? ' ' : static_cast<char>(character);
  if (character >= 0xa0 && character <= 0xff) return kLatin1[character - 0xa0];
  if (character >= 0x2190 && character <= 0x21ff) return arrow(character);
  if (character >= 0x2500 && character <= 0x257f) return box(character);
  if (character >= 0x2580 && character <= 0x259f) return block(character);
  if (character >= 0x2800 && character <= 0x28ff) return braille(character);
  return shape(character);
}

}  // namespace weir::tui
