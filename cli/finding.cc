#include "cli/finding.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "report/format.h"
#include "report/json_text.h"

namespace weir::cli {
namespace {

constexpr size_t kWidth = 79;
constexpr size_t kIndent = 9;  // "problem" and two blanks

/// Words of `text` after what is already on the line, on as many lines as they need.
void append_wrapped(fmt::memory_buffer& out, std::string_view text, size_t column) {
  bool first = true;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (!first && column + 1 + word.size() > kWidth) {
      fmt::format_to(fmt::appender(out), "\n{:{}}", "", kIndent + 2);
      column = kIndent + 2;
    } else if (!first) {
      out.push_back(' ');
      ++column;
    }
    out.append(word);
    column += word.size();
    first = false;
    at = end + 1;
  }
  out.push_back('\n');
}

void append_member(fmt::memory_buffer& out, std::string_view name, std::string_view text) {
  fmt::format_to(fmt::appender(out), R"(,"{}":)", name);
  if (text.empty()) {
    out.append(std::string_view("null"));
  } else {
    report::append_json_string(out, text);
  }
}

void append_finding(fmt::memory_buffer& out, const Finding& finding) {
  const std::string head = fmt::format("{:<{}}{} {}: ", to_text(finding.severity), kIndent,
                                       report::printable(finding.scope), finding.check);
  out.append(head);
  append_wrapped(out, report::printable(finding.what), head.size());
  if (!finding.cost.empty()) {
    fmt::format_to(fmt::appender(out), "{:{}}costs: ", "", kIndent);
    append_wrapped(out, finding.cost, kIndent + 7);
  }
  if (!finding.fix.empty()) {
    fmt::format_to(fmt::appender(out), "{:{}}fix: {}\n", "", kIndent,
                   report::printable(finding.fix));
  }
  if (!finding.permanent.empty()) {
    fmt::format_to(fmt::appender(out), "{:{}}to keep it: {}\n", "", kIndent,
                   report::printable(finding.permanent));
  }
}

/// "2 problems, 1 piece of advice, ..." would be longer and say no more.
void append_total(fmt::memory_buffer& out, std::span<const Finding> findings, bool all) {
  std::array<size_t, 4> counts{};
  for (const Finding& finding : findings) ++counts[static_cast<size_t>(finding.severity)];
  const bool none = counts[0] + counts[1] == 0;
  fmt::format_to(fmt::appender(out), "{}problem {}, advice {}, unknown {}, ok {}{}\n",
                 none && !all ? "nothing to mend: " : "\n", counts[0], counts[1], counts[2],
                 counts[3], all ? "" : " (--all lists these too)");
}

}  // namespace

void Findings::add(Severity severity, std::string_view check, std::string what, Cure cure) {
  all_.push_back({severity, scope_, std::string(check), std::move(what), std::move(cure.cost),
                  std::move(cure.fix), std::move(cure.permanent)});
}

std::string_view to_text(Severity severity) {
  switch (severity) {
    case Severity::problem: return "problem";
    case Severity::advice: return "advice";
    case Severity::unknown: return "unknown";
    case Severity::ok: break;
  }
  return "ok";
}

void append_findings_text(fmt::memory_buffer& out, std::span<const Finding> findings, bool all) {
  for (size_t i = findings.size(); i-- > 0;) {
    const Finding& finding = findings[i];
    if (all || finding.severity <= Severity::advice) append_finding(out, finding);
  }
  append_total(out, findings, all);
}

void append_findings_json(fmt::memory_buffer& out, std::span<const Finding> findings) {
  for (const Finding& finding : findings) {
    fmt::format_to(fmt::appender(out), R"({{"type":"finding","severity":"{}")",
                   to_text(finding.severity));
    append_member(out, "scope", finding.scope);
    append_member(out, "check", finding.check);
    append_member(out, "what", finding.what);
    append_member(out, "cost", finding.cost);
    append_member(out, "fix", finding.fix);
    append_member(out, "permanent", finding.permanent);
    out.append(std::string_view("}\n"));
  }
}

void sort_findings(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
}

}  // namespace weir::cli
