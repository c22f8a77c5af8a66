#include <algorithm>
#include <charconv>

#include "backends/host/source.h"
#include "engine/core/cpu.h"

namespace weir::host {

std::optional<uint64_t> to_number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

Answer<uint64_t> read_number(const Source& source, const std::string& path) {
  const Answer<std::string> text = source.file(path);
  if (!text) return unknown(text.error().why);
  if (const auto number = to_number(*text)) return *number;
  if (text->starts_with('-') && to_number(std::string_view(*text).substr(1))) {
    return unknown(path + ": the kernel does not know");
  }
  return unknown(path + ": not a number");
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (size_t at = text.find_first_not_of(separators); at != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(separators, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(separators, end);
  }
  return parts;
}

Answer<std::vector<int>> read_cpus(const Source& source, const std::string& path) {
  const Answer<std::string> text = source.file(path);
  if (!text) return unknown(text.error().why);
  if (text->empty()) return std::vector<int>{};
  const Result<std::vector<int>> cpus = parse_cpu_list(*text);
  if (!cpus) return unknown(path + ": not a list of CPUs");
  return *cpus;
}

std::string cpus_text(std::vector<int> cpus) {
  if (cpus.empty()) return "none";
  std::sort(cpus.begin(), cpus.end());
  std::string text;
  for (size_t first = 0; first < cpus.size();) {
    size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus[first]);
    if (last > first) text += (last == first + 1 ? ',' : '-') + std::to_string(cpus[last]);
    first = last + 1;
  }
  return text;
}

}  // namespace weir::host
