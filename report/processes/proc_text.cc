#include "report/processes/proc_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace weir::processes {
namespace {

constexpr std::string_view kBlanks = " \t\n";

/// The next word, taken off the front; empty at the end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const size_t length = std::min(text.find_first_of(kBlanks), text.size());
  const auto word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

std::string_view take_line(std::string_view& text) {
  const size_t length = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return line;
}

template <class Number>
bool to_number(std::string_view text, Number& number, int base = 10) {
  const char* start = text.data();
  const char* end = start + text.size();
  const auto [at, error] = std::from_chars(start, end, number, base);
  return error == std::errc{} && at == end && !text.empty();
}

/// Length of the character at the front, 0 when it is not UTF-8 (RFC 3629).
size_t utf8_length(std::string_view text, uint32_t& code) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  code = byte(0);
  if (code < 0x80) return 1;
  const size_t length = code >= 0xF0 ? 4 : code >= 0xE0 ? 3 : 2;
  if (code < 0xC2 || code > 0xF4 || text.size() < length) return 0;
  code &= 0x7FU >> length;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::array<uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kLeast[length] || surrogate || code > 0x10FFFF ? 0 : length;
}

bool drives_terminal(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

/// "0100007F:07E8", or with 32 digits: words of four bytes, each in the host's order.
bool parse_endpoint(std::string_view text, uint8_t ip_version, IpBytes& address, uint16_t& port) {
  const size_t digits = ip_version == 4 ? 8 : 32;
  if (text.size() < digits + 2 || text[digits] != ':') return false;
  for (size_t i = 0; i < digits; i += 8) {
    uint32_t word = 0;
    if (!to_number(text.substr(i, 8), word, 16)) return false;
    std::memcpy(address.data() + i / 2, &word, sizeof word);
  }
  return to_number(text.substr(digits + 1), port, 16);
}

bool parse_socket_line(std::string_view line, SocketRecord& record) {
  take_word(line);  // number
  SocketKey& key = record.key;
  if (!parse_endpoint(take_word(line), key.ip_version, key.local, key.local_port)) return false;
  if (!parse_endpoint(take_word(line), key.ip_version, key.peer, key.peer_port)) return false;
  for (int skipped = 0; skipped < 6; ++skipped) take_word(line);
  return to_number(take_word(line), record.inode);
}

}  // namespace

std::string clean(std::string_view text) {
  return printable_text(text, kMaxTextBytes);
}

std::string command_line_text(std::string_view arguments) {
  std::string line;
  while (!arguments.empty() && line.size() < kMaxCommandLineBytes) {
    const size_t length = std::min(arguments.find('\0'), arguments.size());
    const std::string_view argument = arguments.substr(0, length);
    arguments.remove_prefix(std::min(length + 1, arguments.size()));
    // What overwrites its arguments (setproctitle) leaves zeros behind its text.
    if (argument.empty() && arguments.find_first_not_of('\0') == std::string_view::npos) break;
    if (!line.empty()) line += ' ';
    const bool quoted = argument.empty() || argument.find_first_of(" '\"\t\n") != argument.npos;
    line += quoted ? "'" + std::string(argument) + "'" : std::string(argument);
  }
  return printable_text(line, kMaxCommandLineBytes);
}

std::string printable_text(std::string_view text, size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    uint32_t code = 0;
    const size_t length = utf8_length(text, code);
    const size_t taken = std::max<size_t>(length, 1);
    const bool bad = length == 0 || drives_terminal(code);
    if (out.size() + (bad ? 1 : length) > max_bytes) break;
    if (bad) {
      out += '?';
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(taken);
  }
  return out;
}

std::optional<ProcStat> parse_stat(std::string_view text) {
  // "pid (comm) state ppid ..."; comm may hold anything, ')' and newlines included, but nothing
  // behind it has a ')'.
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  ProcStat stat;
  stat.command = text.substr(open + 1, std::min(close - open - 1, kMaxTextBytes));
  text.remove_prefix(close + 1);
  for (int skipped = 0; skipped < 19; ++skipped) take_word(text);
  if (!to_number(take_word(text), stat.start_time)) return std::nullopt;
  return stat;
}

std::optional<uint32_t> parse_uid(std::string_view text) {
  while (!text.empty()) {
    auto line = take_line(text);
    if (take_word(line) != "Uid:") continue;
    take_word(line);  // real
    uint32_t uid = 0;
    if (to_number(take_word(line), uid)) return uid;
    return std::nullopt;
  }
  return std::nullopt;
}

uint64_t inode_of_link(std::string_view link, std::string_view kind) {
  if (!link.starts_with(kind)) return 0;
  link.remove_prefix(kind.size());
  if (!link.starts_with(":[") || !link.ends_with("]")) return 0;
  uint64_t inode = 0;
  return to_number(link.substr(2, link.size() - 3), inode) ? inode : 0;
}

size_t parse_proc_net(std::string_view text, uint8_t ip_version, uint8_t proto, bool v6_only,
                      std::vector<SocketRecord>& out) {
  take_line(text);  // heading
  size_t damaged = 0;
  while (!text.empty()) {
    SocketRecord record;
    record.key.ip_version = ip_version;
    record.key.proto = proto;
    if (parse_socket_line(take_line(text), record)) {
      out.push_back(canonical(record, v6_only));
    } else {
      ++damaged;
    }
  }
  return damaged;
}

bool lists_protocol(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    auto line = take_line(text);
    if (take_word(line) == name) return true;
  }
  return false;
}

}  // namespace weir::processes
