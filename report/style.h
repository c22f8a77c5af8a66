#pragma once

#include <string_view>

namespace weir::report {

/// Terminal attributes (ECMA-48 SGR) of the readable reports, all empty when colours are off. Used
/// sparingly: headings, and what is wrong.
struct Style {
  std::string_view heading;
  std::string_view bad;
  std::string_view reset;

  static constexpr Style plain() noexcept { return {}; }
  static constexpr Style coloured() noexcept { return {"\x1b[1m", "\x1b[1;31m", "\x1b[0m"}; }
};

/// Colours only on a terminal, and neither with NO_COLOR set to anything (no-color.org) nor on a
/// terminal that says it is "dumb".
Style style_for(int fd);

/// True when the environment's locale (LC_ALL, LC_CTYPE, LANG) writes UTF-8. Leaves the process's
/// own locale as it is.
bool utf8_locale();

}  // namespace weir::report
