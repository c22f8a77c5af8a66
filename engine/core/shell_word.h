#pragma once

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string>

namespace weir {

/// `text` as one word of a POSIX shell's command line, quoted where it must be.
inline std::string shell_word(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::strchr("/._-+,:@%=", c) != nullptr;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace weir
