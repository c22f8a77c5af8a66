#include "cli/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOML_ENABLE_FORMATTERS 0
// The library takes for granted that a key begins as one, and says what is wrong only after that:
// an assertion fails, or, with NDEBUG, what follows is undefined. Without both it is an error.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

#include <algorithm>
#include <exception>
#include <system_error>

#include <fmt/format.h>

namespace weir::cli {
namespace {

constexpr size_t kDeepest = 16;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Status> system_failure(const std::string& path) {
  const int error = errno;
  const Code code = error == EACCES || error == EPERM         ? Code::not_permitted
                    : error == ENOENT || error == ENOTDIR     ? Code::not_found
                    : error == ENAMETOOLONG || error == ELOOP ? Code::not_found
                                                              : Code::io;
  return fail({code, Recovery::give_up, error, path, std::generic_category().message(error)});
}

tl::unexpected<Status> refused(const std::string& where, const std::string& why) {
  return fail({Code::usage, Recovery::give_up, 0, where, why});
}

/// Follows quotes, comments and brackets just far enough to count how deep keys and values nest.
class DepthCheck {
 public:
  explicit DepthCheck(std::string_view text) : text_(text) {}

  /// Where it gets too deep, or npos.
  size_t too_deep() {
    for (size_t at = 0; at < text_.size();) {
      const char c = text_[at];
      if (c == '#') {
        at = std::min(text_.find('\n', at), text_.size());
      } else if (c == '"' || c == '\'') {
        at = behind_string(at);
      } else {
        count(c);
        if (dots_ > kDeepest || brackets_ > kDeepest) return at;
        ++at;
      }
    }
    return std::string_view::npos;
  }

 private:
  void count(char c) {
    if (c == '.') ++dots_;
    if (c == '\n' || c == '=' || c == ',' || c == '{' || c == '[') dots_ = 0;
    if (c == '[' || c == '{') ++brackets_;
    if ((c == ']' || c == '}') && brackets_ > 0) --brackets_;
  }

  /// A string that does not end is the library's to refuse: it ends with the text or the line.
  size_t behind_string(size_t at) const {
    const char quote = text_[at];
    const bool triple = text_.substr(at, 3) == std::string(3, quote);
    const size_t ends = triple ? 3 : 1;
    for (size_t i = at + ends; i < text_.size(); ++i) {
      if (quote == '"' && text_[i] == '\\') {
        ++i;
      } else if (!triple && text_[i] == '\n') {
        return i;
      } else if (text_[i] == quote && (!triple || text_.substr(i, 3) == std::string(3, quote))) {
        return i + ends;
      }
    }
    return text_.size();
  }

  std::string_view text_;
  size_t dots_ = 0;
  size_t brackets_ = 0;
};

FilePlace place_at(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, at);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n') + 1),
          static_cast<uint32_t>(at - line_start + 1)};
}

FilePlace place_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

ConfigValue value_of(const toml::node& node);

void add_members(const toml::table& table, ConfigValue& value) {
  for (const auto& [key, node] : table) {
    value.members.push_back({std::string(key.str()), place_of(key.source()), value_of(node)});
  }
  // The library has them in the order of the alphabet; the first mistake of a file is told.
  std::sort(value.members.begin(), value.members.end(), [](const auto& a, const auto& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
}

ConfigValue value_of(const toml::node& node) {
  using Kind = ConfigValue::Kind;
  ConfigValue value;
  value.place = place_of(node.source());
  if (const auto* table = node.as_table()) {
    add_members(*table, value);
  } else if (const auto* array = node.as_array()) {
    value.kind = Kind::array;
    for (const toml::node& item : *array) value.items.push_back(value_of(item));
  } else if (const auto* text = node.as_string()) {
    value.kind = Kind::text;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = Kind::integer;
    value.text = std::to_string(integer->get());
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = Kind::boolean;
    value.text = boolean->get() ? "true" : "false";
  } else if (const auto* decimal = node.as_floating_point()) {
    value.kind = Kind::decimal;
    value.text = fmt::format("{}", decimal->get());
  } else {
    value.kind = Kind::time;
    value.text = "a date or time";
  }
  return value;
}

/// The library's sentences name its own workings ("Error while parsing key-value pair: ...").
std::string plain(std::string_view description) {
  const size_t colon = description.find(": ");
  if (description.starts_with("Error while parsing ") && colon != std::string_view::npos) {
    description.remove_prefix(colon + 2);
  }
  std::string text(description);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

/// Bytes of the character that a text begins with, by RFC 3629; 0: none.
size_t utf8_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t size = first < 0x80                    ? 1
                      : first >= 0xC2 && first < 0xE0 ? 2
                      : first >= 0xE0 && first < 0xF0 ? 3
                      : first >= 0xF0 && first < 0xF5 ? 4
                                                      : 0;
  if (size == 0 || text.size() < size) return 0;
  uint32_t point = first & (0xFFU >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return 0;
    point = point << 6 | (byte & 0x3F);
  }
  const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point < 0xE000;
  return overlong || surrogate || point > 0x10FFFF ? 0 : size;
}

}  // namespace

Result<std::string> read_config_text(const std::string& path) {
  // Without O_NONBLOCK a FIFO would wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return system_failure(path);
  struct stat found{};
  if (::fstat(file.get(), &found) != 0) return system_failure(path);
  if (S_ISDIR(found.st_mode)) return refused(path, "is a directory, not a configuration file");
  if (!S_ISREG(found.st_mode)) return refused(path, "is not a regular file");
  std::string text;
  // Its size is not asked for: a file in /proc has none, and one may grow.
  while (text.size() <= kMostConfigBytes) {
    char part[16384];
    const ssize_t size = ::read(file.get(), part, sizeof part);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_failure(path);
    if (size == 0) return text;
    text.append(part, static_cast<size_t>(size));
  }
  return refused(
      path, fmt::format("is larger than {} KiB: not a configuration file", kMostConfigBytes >> 10));
}

Result<ConfigValue> parse_toml(std::string_view text, const std::string& path) {
  const size_t deep = DepthCheck(text).too_deep();
  if (deep != std::string_view::npos) {
    return refused(place_text(path, place_at(text, deep)),
                   fmt::format("nested more than {} levels deep", kDeepest));
  }
  try {
    return value_of(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return refused(place_text(path, place_of(error.source())), plain(error.description()));
  } catch (const std::exception& error) {
    return refused(path, error.what());
  }
}

std::string place_text(const std::string& path, FilePlace place) {
  if (place.line == 0) return path;
  return fmt::format("{}:{}:{}", path, place.line, place.column);
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) {
      const size_t size = utf8_size(text.substr(at));
      out += size == 0 ? "?" : text.substr(at, size);
      at += size == 0 ? 0 : size - 1;
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_key(std::string_view name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  return bare ? std::string(name) : toml_quoted(name);
}

}  // namespace weir::cli
