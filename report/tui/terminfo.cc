// A file of its own: <term.h> makes macros of columns, lines and bell.
#include "report/tui/terminfo.h"

#include <curses.h>
#include <limits.h>
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

enum class Known : uint8_t { no, dumb, yes };

Known look_up(const std::string& term, int fd, TerminalDescription& description) {
  // Whatever is longer than a file may be named is in no terminfo.
  int error = 0;
  if (term.empty() || term.size() > NAME_MAX || ::setupterm(term.c_str(), fd, &error) != OK) {
    return Known::no;
  }
  const bool usable = !capability("cup").empty() && !capability("clear").empty();
  description.name = term;
  description.reports = !capability("kmous").empty() && !term.starts_with("linux");
  const std::string palette_back = capability("oc");
  description.gives_colours_back = !palette_back.empty();
  if (description.reports) description.leave = kReportsOff;
  const std::string leave = capability("rmcup");
  description.leave += palette_back + capability("op") + capability("sgr0") +
                       (leave.empty() ? "\r\n" : leave) + capability("cnorm");
  ::del_curterm(::cur_term);
  return usable ? Known::yes : Known::dumb;
}

}  // namespace

bool is_dumb_terminal(const std::string& term, int fd) {
  TerminalDescription description;
  return look_up(term, fd, description) == Known::dumb;
}

Result<TerminalDescription> describe_terminal(const std::string& term, int fd) {
  const auto refuse = [](std::string message) {
    return fail({.code = Code::usage, .where = "terminal", .message = std::move(message)});
  };
  const std::string shown = report::printable(std::string_view(term).substr(0, kMostShown));
  TerminalDescription description;
  const Known known = look_up(term, fd, description);
  if (known == Known::yes) return description;
  if (known == Known::dumb) return refuse("TERM=" + shown + " cannot place the cursor");
  const std::string why = term.empty() ? "TERM is not set" : "terminfo does not know TERM=" + shown;
  for (const char* other : {"xterm-256color", "vt100"}) {
    description = {};
    if (look_up(other, fd, description) != Known::yes) continue;
    description.note = why + "; the terminal is taken for " + other;
    return description;
  }
  return refuse(why + ", and has neither xterm-256color nor vt100 (package ncurses-base)");
}

}  // namespace weir::tui
