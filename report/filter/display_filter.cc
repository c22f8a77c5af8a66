#include "report/filter/display_filter.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "report/filter/filter_parser.h"
#include "report/filter/filter_terms.h"
#include "report/filter/remembering_filter.h"
#include "report/filter/row_text.h"

namespace weir::report {
namespace {

// Of a compiled expression and its automata; one that needs more is refused, or runs slower.
constexpr int64_t kPatternMemory = 2 << 20;

using Filter = std::shared_ptr<const FlowFilter>;

RE2::Options pattern_options(bool literal) {
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_literal(literal);
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  options.set_never_capture(true);
  return options;
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

bool finds(const RE2& pattern, std::string_view text) {
  return pattern.Match(piece(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

/// Plain text and regular expressions.
class RowFilter final : public FlowFilter {
 public:
  RowFilter(std::unique_ptr<RE2> pattern, NameSource* names)
      : pattern_(std::move(pattern)), names_(names) {}

  bool shows(const FlowKey& key, bool shown_high) const override {
    RowText numbers;
    append_number_line(numbers, key, shown_high);
    if (finds(*pattern_, numbers.view())) return true;
    if (names_ == nullptr) return false;
    RowText text;
    append_name_line(text, key, shown_high, *names_);
    return finds(*pattern_, text.view());
  }

 private:
  std::unique_ptr<RE2> pattern_;
  NameSource* names_;
};

class ScreenFilter final : public FlowFilter {
 public:
  ScreenFilter(std::unique_ptr<RE2> pattern, NameSource* names)
      : pattern_(std::move(pattern)), names_(names) {}

  bool shows(const FlowKey& key, bool /*shown_high*/) const override {
    return shows_host(key.ip_version, key.low_addr) || shows_host(key.ip_version, key.high_addr);
  }

 private:
  bool shows_host(uint8_t ip_version, const IpBytes& address) const {
    if (names_ != nullptr) return finds(*pattern_, names_->host(ip_version, address));
    RowText text;
    text.append_host(ip_version, address);
    return finds(*pattern_, text.view());
  }

  std::unique_ptr<RE2> pattern_;
  NameSource* names_;
};

/// Numbers are worked out faster than they are looked up.
Filter remembered(Filter filter, bool asks_for_names) {
  return asks_for_names ? std::make_shared<RememberingFilter>(std::move(filter)) : filter;
}

/// The bytes of the well-formed UTF-8 sequence (RFC 3629) that `text` begins with; 0: none.
size_t utf8_size(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  // Too long forms, surrogates, and what is above U+10FFFF.
  const bool wrong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
                     (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F);
  return wrong ? 0 : size;
}

/// What no filter may be, whatever its form.
Result<void> check_text(std::string_view text) {
  if (text.size() > kMaxFilterBytes) {
    return fail(filter_error(
        text, 0,
        fmt::format("a filter has at most {} bytes, not {}", kMaxFilterBytes, text.size())));
  }
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7F) {
      return fail(filter_error(text, at, "a control character"));
    }
    const size_t size = utf8_size(text.substr(at));
    if (size == 0) return fail(filter_error(text, at, "a byte that is not UTF-8"));
    at += size;
  }
  return {};
}

/// The pattern is at `at` of the filter.
Result<std::unique_ptr<RE2>> compile(std::string_view text, size_t at, std::string_view pattern,
                                     bool literal) {
  if (pattern.size() > kMaxPatternBytes) {
    return fail(filter_error(text, at,
                             fmt::format("a text or regular expression has at most {} "
                                         "bytes, not {}",
                                         kMaxPatternBytes, pattern.size())));
  }
  auto compiled = std::make_unique<RE2>(piece(pattern), pattern_options(literal));
  if (compiled->ok()) return compiled;
  const std::string& part = compiled->error_arg();
  const size_t found = part.empty() ? std::string_view::npos : pattern.find(part);
  std::string what = "the regular expression is not one: " + compiled->error();
  return fail(filter_error(text, at + (found == std::string_view::npos ? 0 : found), what));
}

Result<Filter> row_filter(std::string_view text, size_t at, std::string_view pattern, bool literal,
                          NameSource* names) {
  Result<std::unique_ptr<RE2>> compiled = compile(text, at, pattern, literal);
  if (!compiled) return fail(compiled.error());
  return remembered(std::make_shared<RowFilter>(std::move(*compiled), names), names != nullptr);
}

/// Without blanks at its ends; what is left out at the front is added to `at`.
std::string_view trimmed(std::string_view text, size_t& at) {
  const size_t first = std::min(text.find_first_not_of(' '), text.size());
  at += first;
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

Result<Filter> parse_display_filter(std::string_view text, NameSource* names) {
  if (const Result<void> checked = check_text(text); !checked) return fail(checked.error());
  size_t at = 0;
  const std::string_view filter = trimmed(text, at);
  if (filter.empty()) return Filter();
  const char first = filter.front();
  if (first == '~') {
    size_t from = at + 1;
    const std::string_view pattern = trimmed(filter.substr(1), from);
    return pattern.empty() ? Filter() : row_filter(text, from, pattern, false, names);
  }
  // A '/' alone may be the begin of an expression that is being typed.
  if (first == '/' || first == '"') {
    const bool closed = filter.size() > 1 && filter.back() == first;
    const std::string_view pattern = filter.substr(1, filter.size() - (closed ? 2 : 1));
    return pattern.empty() ? Filter() : row_filter(text, at + 1, pattern, first == '"', names);
  }
  if (begins_like_terms(filter)) {
    const Result<FilterNode> root = parse_terms(text);
    if (!root) return fail(root.error());
    auto terms = std::make_shared<TermFilter>(*root, names);
    const bool asks_for_names = terms->asks_for_names();
    return remembered(std::move(terms), asks_for_names);
  }
  return row_filter(text, at, filter, true, names);
}

Result<Filter> parse_screen_filter(std::string_view regex, NameSource* names) {
  if (const Result<void> checked = check_text(regex); !checked) return fail(checked.error());
  if (regex.find_first_not_of(' ') == std::string_view::npos) return Filter();
  Result<std::unique_ptr<RE2>> compiled = compile(regex, 0, regex, false);
  if (!compiled) return fail(compiled.error());
  return remembered(std::make_shared<ScreenFilter>(std::move(*compiled), names), names != nullptr);
}

}  // namespace weir::report
