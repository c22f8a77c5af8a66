#include "report/progress_line.h"

#include <string_view>

#include "report/format.h"

namespace weir::report {
namespace {

// Back to the first column, then ECMA-48 EL: erase to the end of the line.
constexpr std::string_view kStartOver = "\r\x1b[K";

}  // namespace

std::string progress_text(const Progress& progress) {
  std::string text = count_text(progress.packets) + " packets, " + bytes_text(progress.done_bytes);
  if (progress.total_bytes > 0) {
    text += " of " + bytes_text(progress.total_bytes) + ", " +
            share_text(progress.done_bytes, progress.total_bytes);
  }
  return text;
}

void ProgressLine::progress(const Progress& progress) {
  terminal_.buffer().append(kStartOver);
  terminal_.buffer().append(progress_text(progress));
  shown_ = terminal_.flush().has_value();
}

Result<void> ProgressLine::wipe() {
  if (shown_) {
    terminal_.buffer().append(kStartOver);
    shown_ = false;
    static_cast<void>(terminal_.flush());
  }
  return {};
}

}  // namespace weir::report
