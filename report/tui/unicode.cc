#include "report/tui/unicode.h"

#include <cstdint>

namespace weir::tui {
namespace {

/// What a first byte promises (RFC 3629 section 4): bytes that follow, and the limits of the first
/// of them, which rule out overlong forms, surrogates and what lies beyond U+10FFFF.
struct Lead {
  int more;
  uint8_t least;
  uint8_t most;
  uint8_t bits;
};

Lead lead_of(uint8_t byte) noexcept {
  if (byte >= 0xc2 && byte <= 0xdf) return {1, 0x80, 0xbf, static_cast<uint8_t>(byte & 0x1f)};
  if (byte >= 0xe0 && byte <= 0xef) {
    return {2, static_cast<uint8_t>(byte == 0xe0 ? 0xa0 : 0x80),
            static_cast<uint8_t>(byte == 0xed ? 0x9f : 0xbf), static_cast<uint8_t>(byte & 0x0f)};
  }
  if (byte >= 0xf0 && byte <= 0xf4) {
    return {3, static_cast<uint8_t>(byte == 0xf0 ? 0x90 : 0x80),
            static_cast<uint8_t>(byte == 0xf4 ? 0x8f : 0xbf), static_cast<uint8_t>(byte & 0x07)};
  }
  return {-1, 0, 0, 0};
}

}  // namespace

char32_t take_code_point(std::string_view& text) noexcept {
  const auto first = static_cast<uint8_t>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  const Lead lead = lead_of(first);
  if (lead.more < 0) return kNotUtf8;
  char32_t character = lead.bits;
  for (int i = 0; i < lead.more; ++i) {
    if (text.empty()) return kNotUtf8;
    const auto byte = static_cast<uint8_t>(text.front());
    if (byte < (i == 0 ? lead.least : 0x80) || byte > (i == 0 ? lead.most : 0xbf)) return kNotUtf8;
    character = character << 6 | (byte & 0x3f);
    text.remove_prefix(1);
  }
  return character;
}

void append_utf8(std::string& out, char32_t character) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  const auto follow = [&put, character](int shift) { put(0x80 | (character >> shift & 0x3f)); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xc0 | character >> 6);
    follow(0);
  } else if (character < 0x10000) {
    if (character >= 0xd800 && character <= 0xdfff) return;
    put(0xe0 | character >> 12);
    follow(6);
    follow(0);
  } else if (character < 0x110000) {
    put(0xf0 | character >> 18);
    follow(12);
    follow(6);
    follow(0);
  }
}

char32_t shown_as(char32_t character) noexcept {
  const bool control = character < 0x20 || (character >= 0x7f && character < 0xa0);
  const bool turns = character == 0x61c || character == 0x200e || character == 0x200f ||
                     (character >= 0x2028 && character <= 0x202e) ||
                     (character >= 0x2066 && character <= 0x2069);
  const bool nothing = (character >= 0xd800 && character <= 0xdfff) ||
                       (character >= 0xfdd0 && character <= 0xfdef) ||
                       (character & 0xfffe) == 0xfffe || character > 0x10ffff;
  return control || turns || nothing ? U'?' : character;
}

}  // namespace weir::tui
