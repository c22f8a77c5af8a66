#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/tui/grid.h"
#include "report/tui/rect.h"

/// iftop's bars: how long a rate is, and the scale line that tells it. Pure functions.
namespace weir::tui {

/// What the right edge of the screen stands for, in bits per second (-m, or AutoMaximum), and how
/// lengths grow: by the logarithm from 1 bit/s on, as iftop does by default, or in proportion (L).
struct Scale {
  uint64_t maximum_bits = 1'000'000;
  bool logarithmic = true;
};

/// Where a rate is between 0 (none) and 1 (the maximum, and all that is more).
double scale_position(uint64_t bits_per_second, const Scale& scale) noexcept;

/// The same in cells of a bar of `columns`. A rate above 0 may round to no cell.
int bar_length(uint64_t bits_per_second, const Scale& scale, int columns) noexcept;

/// A rate on the scale line. `column` is where its tick is, `label_column` where its text starts.
struct ScaleMark {
  int column = 0;
  int label_column = 0;
  std::string label;
};

/// The marks of a scale of `columns`, from the left: the maximum, which ends at the right edge, and
/// as many round rates below it as have room for their labels. Labels are iftop's: "100Mb", by
/// 1000; "12.5MB" in bytes.
std::vector<ScaleMark> scale_marks(const Scale& scale, int columns, bool in_bytes);

/// The scale in two rows, labels and a line with ticks; in one row, the labels beside their ticks.
void draw_scale(Grid& grid, const Rect& place, const Scale& scale, bool in_bytes, Glyphs glyphs);

/// "1.00Mb": three significant digits by 1000 and iftop's unit letter, without a blank.
std::string scale_label(uint64_t bits_per_second, bool in_bytes);

/// The maximum of a scale that nobody set: the least of 10k, 100k, 1M ... 1T bit/s that holds what
/// was seen. It grows at once; it shrinks by one step a time, and only after the greatest rate was
/// below a tenth of it for `kShrinkAfterNs`, so that bars do not jump while somebody reads them.
class AutoMaximum {
 public:
  static constexpr uint64_t kLeast = 10'000;
  static constexpr uint64_t kGreatest = 1'000'000'000'000;
  static constexpr uint64_t kShrinkAfterNs = 30'000'000'000;

  /// The greatest rate that is shown now. `now_ns` is of any clock that does not go back.
  void update(uint64_t bits_per_second, uint64_t now_ns) noexcept;
  uint64_t value() const noexcept { return value_; }

 private:
  uint64_t value_ = kLeast;
  uint64_t busy_ns_ = 0;  ///< when the maximum was last needed
};

}  // namespace weir::tui
