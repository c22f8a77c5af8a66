#include "report/tui/osc52.h"

#include <cstdint>

namespace weir::tui {
namespace {

constexpr size_t kMostBytes = 64UL << 10;

std::string base64(std::string_view text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((text.size() + 2) / 3 * 4);
  for (size_t i = 0; i < text.size(); i += 3) {
    const auto byte = [&](size_t j) -> uint32_t {
      return i + j < text.size() ? static_cast<uint8_t>(text[i + j]) : 0U;
    };
    const uint32_t group = byte(0) << 16 | byte(1) << 8 | byte(2);
    out += kDigits[group >> 18];
    out += kDigits[group >> 12 & 63];
    out += i + 1 < text.size() ? kDigits[group >> 6 & 63] : '=';
    out += i + 2 < text.size() ? kDigits[group & 63] : '=';
  }
  return out;
}

}  // namespace

std::string clipboard_sequence(std::string_view text) {
  size_t size = text.size();
  if (size > kMostBytes) {
    size = kMostBytes;
    while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80) --size;
  }
  return "\x1b]52;c;" + base64(text.substr(0, size)) + "\a";
}

}  // namespace weir::tui
