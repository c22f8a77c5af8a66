#include "report/style.h"

#include <stdlib.h>
#include <unistd.h>

namespace weir::report {

// getenv is called at start, before there are threads, and nothing here sets the environment.
// NOLINTBEGIN(concurrency-mt-unsafe)
Style style_for(int fd) {
  const char* no_color = ::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return Style::plain();
  const char* term = ::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  return !dumb && ::isatty(fd) == 1 ? Style::coloured() : Style::plain();
}
// NOLINTEND(concurrency-mt-unsafe)

}  // namespace weir::report
