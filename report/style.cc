#include "report/style.h"

#include <langinfo.h>
#include <locale.h>
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

bool utf8_locale() {
  const locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return false;
  const bool utf8 = std::string_view(::nl_langinfo_l(CODESET, locale)) == "UTF-8";
  ::freelocale(locale);
  return utf8;
}

}  // namespace weir::report
