#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/pipeline/snapshot.h"
#include "report/tui/grid.h"
#include "report/tui/rect.h"

/// Rates over time in characters. Pure functions.
namespace weir::tui {

struct PlotOptions {
  enum class Shape : uint8_t {
    mirrored,  ///< sent upwards, received downwards, from a line in the middle
    lines      ///< total, sent and received, from the bottom
  };
  Shape shape = Shape::mirrored;
  uint32_t seconds = 300;     ///< that are seen at least: a column is a whole number of them
  uint64_t maximum_bits = 0;  ///< top of the scale; 0: a round number that holds what is shown
  bool in_bytes = false;
  Glyphs glyphs = Glyphs::utf8;
};

/// Draws the seconds (oldest first, without gaps: all that History::last() has; the last one is at
/// the right edge, and the first at the left one while they are few) with axes: rates at the left,
/// "-5m ... now" below, what is which above. A column that stands for several seconds shows their
/// mean, so an area is a number of bytes; it is the same seconds from one drawing to the next, so
/// that nothing dances. Braille points, or in ASCII 'o' for sent, 'x' for received, '*' for both.
/// Below 12 columns or 4 rows nothing is drawn.
void draw_plot(Grid& grid, const Rect& place, std::span<const SecondBytes> seconds,
               const PlotOptions& options);

/// The least of 1, 2, 5 times a power of ten, from 1000 on, that is not less.
uint64_t round_up_rate(uint64_t bits_per_second) noexcept;

/// The last values as a line of `width` columns, the newest at the right, each as high as it is to
/// the greatest. Blank is 0 or before the first one, a dot History::kUnknown; a value above 0 is
/// never blank. Where there are more values than columns, each column has the greatest of its
/// share.
std::string sparkline(std::span<const uint64_t> values, int width, Glyphs glyphs);

}  // namespace weir::tui
