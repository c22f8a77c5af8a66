#include "report/names/clean_text.h"

#include <algorithm>
#include <cstdint>

namespace weir::report {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A character of UTF-8 text.
struct Character {
  uint32_t code = 0;
  size_t bytes = 0;  ///< 0: not UTF-8 (RFC 3629)
};

Character first_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  uint32_t code = lead & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast[bytes] || code > 0x10FFFF || surrogate) return {};
  return {code, bytes};
}

/// Control characters, and those that are not seen or turn the reading direction.
bool is_treacherous(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0x061C ||
         (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
         (code >= 0xFFF0 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE0FFF);
}

}  // namespace

std::string clean_host_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kMaxHostNameBytes) return {};
  std::string out(name);
  bool like_an_address = true;
  for (char& c : out) {
    if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_' && c != '.') c = '?';
    like_an_address = like_an_address && (is_digit(c) || c == '.');
  }
  return like_an_address ? std::string() : out;
}

std::string clean_service_name(std::string_view name) {
  if (name.size() > kMaxServiceBytes || std::none_of(name.begin(), name.end(), is_letter)) {
    return {};
  }
  const bool clean = std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("-_+./").find(c) != std::string::npos;
  });
  return clean ? std::string(name) : std::string();
}

std::string clean_text(std::string_view text, size_t most_bytes) {
  std::string out;
  while (!text.empty()) {
    const Character next = first_character(text);
    const bool shown = next.bytes > 0 && !is_treacherous(next.code);
    const std::string_view piece = shown ? text.substr(0, next.bytes) : "?";
    if (out.size() + piece.size() > most_bytes) break;
    out += piece;
    text.remove_prefix(std::max<size_t>(next.bytes, 1));
  }
  return out;
}

}  // namespace weir::report
