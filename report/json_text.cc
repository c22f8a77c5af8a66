#include "report/json_text.h"

#include <fmt/compile.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace weir::report {
namespace {

void append(fmt::memory_buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

void append_ascii(fmt::memory_buffer& out, unsigned char byte) {
  switch (byte) {
    case '"': return append(out, "\\\"");
    case '\\': return append(out, "\\\\");
    case '\n': return append(out, "\\n");
    case '\r': return append(out, "\\r");
    case '\t': return append(out, "\\t");
    default: break;
  }
  if (byte < 0x20 || byte == 0x7F) {
    fmt::format_to(fmt::appender(out), FMT_COMPILE("\\u{:04x}"), static_cast<unsigned>(byte));
  } else {
    out.push_back(static_cast<char>(byte));
  }
}

/// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none. Overlong
/// forms, surrogates and values above U+10FFFF are not well-formed (RFC 3629 section 4).
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : length;
}

}  // namespace

void append_json_string(fmt::memory_buffer& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x80) {
      append_ascii(out, byte);
      text.remove_prefix(1);
      continue;
    }
    const size_t length = utf8_length(text);
    append(out, length == 0 ? std::string_view("\\ufffd") : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.push_back('"');
}

}  // namespace weir::report
