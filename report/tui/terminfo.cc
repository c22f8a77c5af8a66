// A file of its own: <term.h> makes macros of columns, lines and bell.
#include "report/tui/terminfo.h"

#include <curses.h>
#include <term.h>

#include "report/format.h"

namespace weir::tui {
namespace {

constexpr size_t kMostShown = 40;

/// A string of the description, without its delays: the terminals that needed them are gone.
std::string capability(const char* name) {
  const char* const text = ::tigetstr(name);
  // -1 where the name is no string, which ours are.
  if (text == nullptr || reinterpret_cast<intptr_t>(text) == -1) return "";
  std::string out(text);
  for (size_t start = 0; (start = out.find("$<", start)) != std::string::npos;) {
    const size_t end = out.find('>', start);
    if (end == std::string::npos) break;
    out.erase(start, end - start + 1);
  }
  return out;
}

}  // namespace

Result<TerminalDescription> describe_terminal(const std::string& term, int fd) {
  const auto refuse = [](std::string message) {
    return fail({.code = Code::usage, .where = "terminal", .message = std::move(message)});
  };
  if (term.empty()) return refuse("TERM is not set");
  const std::string shown = report::printable(std::string_view(term).substr(0, kMostShown));
  int error = 0;
  if (::setupterm(term.c_str(), fd, &error) != OK) {
    return refuse("terminfo does not know TERM=" + shown);
  }
  TerminalDescription description;
  const bool usable = !capability("cup").empty() && !capability("clear").empty();
  description.reports = !capability("kmous").empty() && !term.starts_with("linux");
  const std::string palette_back = capability("oc");
  description.gives_colours_back = !palette_back.empty();
  if (description.reports) description.leave = kReportsOff;
  const std::string leave = capability("rmcup");
  description.leave += palette_back + capability("op") + capability("sgr0") +
                       (leave.empty() ? "\r\n" : leave) + capability("cnorm");
  ::del_curterm(::cur_term);
  if (!usable) return refuse("TERM=" + shown + " cannot place the cursor");
  return description;
}

}  // namespace weir::tui
