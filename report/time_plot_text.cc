#include "report/time_plot_text.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/clock.h"
#include "report/format.h"

namespace weir::report {
namespace {

constexpr uint32_t kMostSeconds = 41;  // as many as Snapshot::seconds reaches back
constexpr size_t kColumns = 60;
constexpr size_t kMostColumnsPerSecond = 10;
constexpr size_t kRows = 5;

// From nothing to a full cell.
constexpr std::array<std::string_view, 9> kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 4> kAscii{" ", ".", ":", "#"};

struct Series {
  std::string_view name;
  std::vector<uint64_t> bytes;  ///< by second
};

uint32_t second_of(uint64_t ns) noexcept {
  return static_cast<uint32_t>(ns / kNsPerSecond);
}

/// How many of the `steps` steps a second takes, all of them the busiest one.
uint64_t height(uint64_t bytes, uint64_t most, uint64_t steps) noexcept {
  if (bytes == 0 || most == 0) return 0;
  const double part = static_cast<double>(bytes) / static_cast<double>(most);
  return std::clamp<uint64_t>(static_cast<uint64_t>(part * static_cast<double>(steps) + 0.5), 1,
                              steps);
}

void append_series(fmt::memory_buffer& out, const Series& series, const TimePlotOptions& options) {
  const std::span<const std::string_view> marks =
      options.utf8 ? std::span<const std::string_view>(kBlocks) : kAscii;
  const uint64_t steps_a_row = marks.size() - 1;
  const uint64_t most = *std::max_element(series.bytes.begin(), series.bytes.end());
  const size_t width = std::min(kColumns / series.bytes.size(), kMostColumnsPerSecond);
  for (size_t row = 0; row < kRows; ++row) {
    const uint64_t below = (kRows - 1 - row) * steps_a_row;
    std::string line;
    for (const uint64_t bytes : series.bytes) {
      const uint64_t steps = height(bytes, most, kRows * steps_a_row);
      const uint64_t mark = std::clamp(steps, below, below + steps_a_row) - below;
      for (size_t i = 0; i < width; ++i) line += marks[mark];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    const std::string label = row == 0           ? rate_text(most * 8, options.in_bytes)
                              : row == kRows / 2 ? std::string(series.name)
                              : row == kRows - 1 ? "0"
                                                 : "";
    fmt::format_to(fmt::appender(out), "  {:>12} |{}\n", label, line);
  }
}

}  // namespace

uint32_t plotted_seconds(const Snapshot& snapshot) {
  const uint32_t last = second_of(snapshot.time_ns);
  const uint32_t first =
      second_of(snapshot.time_ns - std::min(snapshot.elapsed_ns, snapshot.time_ns));
  const uint32_t count = std::min(last - first + 1, kMostSeconds);
  const bool any =
      std::any_of(snapshot.seconds.begin(), snapshot.seconds.end(), [&](const SecondBytes& bytes) {
        return bytes.second <= last && last - bytes.second < count && bytes.sent + bytes.received;
      });
  return any && count > 1 ? count : 0;
}

void append_time_plot(fmt::memory_buffer& out, const Snapshot& snapshot,
                      const TimePlotOptions& options) {
  const uint32_t count = plotted_seconds(snapshot);
  if (count == 0) return;
  const uint32_t last = second_of(snapshot.time_ns);
  Series sent{"sent", std::vector<uint64_t>(count)};
  Series received{"received", std::vector<uint64_t>(count)};
  for (const SecondBytes& bytes : snapshot.seconds) {
    if (bytes.second > last || last - bytes.second >= count) continue;
    const uint32_t at = count - 1 - (last - bytes.second);
    sent.bytes[at] += bytes.sent;
    received.bytes[at] += bytes.received;
  }
  append_series(out, sent, options);
  out.push_back('\n');
  append_series(out, received, options);
}

}  // namespace weir::report
