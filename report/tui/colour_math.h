#pragma once

#include <bitset>
#include <cstdint>

#include "report/tui/theme.h"

/// What themes and terminals compute with colours of 24 bits. Pure functions, any thread.
namespace weir::tui {

constexpr Colour rgb(uint32_t hex) noexcept {
  return {Colour::Kind::rgb, static_cast<uint8_t>(hex >> 16), static_cast<uint8_t>(hex >> 8),
          static_cast<uint8_t>(hex)};
}

constexpr Colour ansi(uint8_t index) noexcept {
  return {Colour::Kind::ansi, index, 0, 0};
}

/// Relative luminance and contrast ratio of WCAG 2.1, 1 to 21.
double luminance(const Colour& colour) noexcept;
double contrast(const Colour& a, const Colour& b) noexcept;

/// From `a` (0) to `b` (1).
Colour mix(const Colour& a, const Colour& b, double share) noexcept;

/// A quiet background: about a quarter of the colour over the ground, more where that could not be
/// seen, less where text would be hard to read.
Colour quiet_tint(const Colour& ground, const Colour& colour) noexcept;

/// `ground` with so much of a colour that the contrast of the two is `ratio`, or half of each.
Colour tint(const Colour& ground, const Colour& colour, double ratio) noexcept;

/// Index of the nearest of xterm's 256 colours, beyond the 16 that users change, and not one of
/// `taken`; -1 when all are.
int nearest_of_256(const Colour& colour, const std::bitset<256>& taken = {}) noexcept;
/// The same for a background that must keep its hue. The 256 have few dark and pale colours, and
/// the nearest of a quiet green is mostly a grey, which says nothing of the direction.
int tint_of_256(const Colour& colour) noexcept;
/// Index of the nearest of the 16 as xterm shows them.
int nearest_of_16(const Colour& colour) noexcept;

/// As xterm shows one of the 16, of the 256.
Colour colour_of_16(int index) noexcept;
Colour colour_of_256(int index) noexcept;

}  // namespace weir::tui
