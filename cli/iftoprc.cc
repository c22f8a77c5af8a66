#include "cli/iftoprc.h"

#include <algorithm>
#include <array>
#include <optional>

#include "cli/config_file.h"
#include "report/format.h"

namespace weir::cli {
namespace {

struct Directive {
  std::string_view name;
  std::string_view key;
};

constexpr std::array<Directive, 22> kDirectives{{
    {"interface", "capture.interface"},
    {"dns-resolution", "display.names"},
    {"port-resolution", "display.services"},
    {"filter-code", "capture.filter"},
    {"show-bars", "display.bars"},
    {"promiscuous", "capture.promiscuous"},
    {"port-display", "display.ports"},
    {"link-local", "flows.link_local"},
    {"hide-source", "display.hide_source"},
    {"hide-destination", "display.hide_destination"},
    {"use-bytes", "display.bytes"},
    {"sort", "display.order"},
    {"line-display", "display.line_display"},
    {"show-totals", "display.totals"},
    {"log-scale", "display.log_scale"},
    {"max-bandwidth", "display.scale_max"},
    {"net-filter", "flows.networks"},
    {"net-filter6", "flows.networks"},
    {"screen-filter", "display.filter"},
    // Of no manual, but read by iftop: -t, -s and -L.
    {"no-curses", "display.text"},
    {"timed-output", "capture.duration"},
    {"num-lines", "display.lines"},
}};

constexpr std::string_view kBlanks = " \t\r";

/// A line without its comment, joined with those that a '\' at its end continues.
struct Line {
  std::string text;
  uint32_t number = 0;
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  bool continued = false;
  uint32_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line(text.substr(at, end - at));
    ++number;
    at = end + 1;
    if (line.ends_with('\r')) line.pop_back();
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.pop_back();
    if (continued) {
      lines.back().text += line;
    } else {
      lines.push_back({std::move(line), number});
    }
    continued = goes_on;
  }
  for (Line& line : lines) line.text.erase(std::min(line.text.find('#'), line.text.size()));
  return lines;
}

struct Parts {
  size_t name_at = 0;
  std::string name;
  size_t value_at = 0;
  std::string value;
};

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

std::optional<Parts> cut(const std::string& line) {
  Parts parts;
  parts.name_at = line.find_first_not_of(kBlanks);
  size_t at = parts.name_at;
  while (at < line.size() && is_name(line[at])) ++at;
  parts.name = line.substr(parts.name_at, at - parts.name_at);
  at = std::min(line.find_first_not_of(kBlanks, at), line.size());
  if (parts.name.empty() || at == line.size() || line[at] != ':') return std::nullopt;
  parts.value_at = std::min(line.find_first_not_of(kBlanks, at + 1), line.size());
  parts.value = line.substr(parts.value_at);
  parts.value.erase(parts.value.find_last_not_of(kBlanks) + 1);
  return parts;
}

bool is_blank(const std::string& line) {
  return line.find_first_not_of(kBlanks) == std::string::npos;
}

FilePlace place_of(const Line& line, size_t at) {
  return {line.number, static_cast<uint32_t>(at + 1)};
}

}  // namespace

bool looks_like_iftoprc(std::string_view text) {
  for (const Line& line : lines_of(text)) {
    if (!is_blank(line.text)) return cut(line.text).has_value();
  }
  return false;
}

std::vector<IftopDirective> parse_iftoprc(std::string_view text, const std::string& path,
                                          std::vector<std::string>& warnings) {
  std::vector<IftopDirective> found;
  const auto warn = [&](FilePlace place, const std::string& why) {
    warnings.push_back(place_text(path, place) + ": " + report::printable(why));
  };
  for (const Line& line : lines_of(text)) {
    if (is_blank(line.text)) continue;
    const std::optional<Parts> parts = cut(line.text);
    if (!parts) {
      const size_t at = line.text.find_first_not_of(kBlanks);
      warn(place_of(line, at), "expected a line such as \"interface: eth0\"; it is left out");
      continue;
    }
    const FilePlace name_place = place_of(line, parts->name_at);
    const auto* directive =
        std::find_if(kDirectives.begin(), kDirectives.end(),
                     [&](const Directive& known) { return known.name == parts->name; });
    if (directive == kDirectives.end()) {
      warn(name_place, parts->name + ": iftop has no such directive; it is left out");
      continue;
    }
    if (std::any_of(found.begin(), found.end(),
                    [&](const IftopDirective& old) { return old.name == parts->name; })) {
      warn(name_place, parts->name + ": is there twice; the first one counts");
      continue;
    }
    std::string value = parts->value;
    // A regular expression, which a display filter tells by its beginning.
    if (parts->name == "screen-filter" && !value.empty()) value.insert(0, "~");
    found.push_back({parts->name, std::string(directive->key), std::move(value), parts->value,
                     place_of(line, parts->value_at)});
  }
  return found;
}

}  // namespace weir::cli
