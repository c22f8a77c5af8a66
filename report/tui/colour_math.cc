#include "report/tui/colour_math.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace weir::tui {
namespace {

constexpr std::array<uint32_t, 16> kXterm16 = {
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
constexpr std::array<uint32_t, 6> kCubeSteps = {0, 95, 135, 175, 215, 255};

/// The light of an sRGB channel (IEC 61966-2-1), from a table: 49 themes ask 200,000 times.
double linear(uint8_t channel) noexcept {
  static const std::array<double, 256> table = [] {
    std::array<double, 256> light{};
    for (size_t i = 0; i < light.size(); ++i) {
      const double value = static_cast<double>(i) / 255.0;
      light[i] = value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    }
    return light;
  }();
  return table[channel];
}

/// Squared distance, weighted by what the eye tells apart ("redmean").
int distance(const Colour& a, const Colour& b) noexcept {
  const int red_mean = (a.red + b.red) / 2;
  const int red = a.red - b.red;
  const int green = a.green - b.green;
  const int blue = a.blue - b.blue;
  return ((512 + red_mean) * red * red >> 8) + 4 * green * green +
         ((767 - red_mean) * blue * blue >> 8);
}

int spread(const Colour& colour) noexcept {
  return std::max({colour.red, colour.green, colour.blue}) -
         std::min({colour.red, colour.green, colour.blue});
}

/// Of HSV, in degrees; of a colour that is no grey.
double hue(const Colour& colour) noexcept {
  const int greatest = std::max({colour.red, colour.green, colour.blue});
  const double range = spread(colour);
  double sixths = 0;
  if (greatest == colour.red) {
    sixths = (colour.green - colour.blue) / range;
  } else if (greatest == colour.green) {
    sixths = 2 + (colour.blue - colour.red) / range;
  } else {
    sixths = 4 + (colour.red - colour.green) / range;
  }
  return sixths < 0 ? (sixths + 6) * 60 : sixths * 60;
}

}  // namespace

double luminance(const Colour& colour) noexcept {
  return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
}

double contrast(const Colour& a, const Colour& b) noexcept {
  const double first = luminance(a) + 0.05;
  const double second = luminance(b) + 0.05;
  return std::max(first, second) / std::min(first, second);
}

Colour mix(const Colour& a, const Colour& b, double share) noexcept {
  const auto between = [share](uint8_t from, uint8_t to) {
    return static_cast<uint8_t>(std::lround(from + (to - from) * std::clamp(share, 0.0, 1.0)));
  };
  return {Colour::Kind::rgb, between(a.red, b.red), between(a.green, b.green),
          between(a.blue, b.blue)};
}

Colour tint(const Colour& ground, const Colour& colour, double ratio) noexcept {
  Colour tinted = ground;
  for (int percent = 2; percent <= 50 && contrast(tinted, ground) < ratio; percent += 2) {
    tinted = mix(ground, colour, percent / 100.0);
  }
  return tinted;
}

Colour quiet_tint(const Colour& ground, const Colour& colour) noexcept {
  constexpr double kSeen = 1.3;
  constexpr double kQuiet = 1.45;
  Colour tinted = mix(ground, colour, 0.25);
  // On a ground that is not quite dark a quarter of a bright colour leaves no room for the text's.
  for (int percent = 23; percent >= 15 && contrast(tinted, ground) > kQuiet; percent -= 2) {
    tinted = mix(ground, colour, percent / 100.0);
  }
  for (int percent = 27; percent <= 50 && contrast(tinted, ground) < kSeen; percent += 2) {
    tinted = mix(ground, colour, percent / 100.0);
  }
  return tinted;
}

int tint_of_256(const Colour& colour) noexcept {
  constexpr int kGrey = 8;         // a spread of the channels that has no hue
  constexpr double kApart = 40;    // degrees of hue
  constexpr double kDarker = 0.6;  // of luminance + 0.05, as contrast() takes it
  constexpr double kLighter = 2.2;
  if (spread(colour) < kGrey) return nearest_of_256(colour);
  int best = -1;
  int least = std::numeric_limits<int>::max();
  for (int i = 16; i < 232; ++i) {
    const Colour candidate = colour_of_256(i);
    if (spread(candidate) < kGrey) continue;
    const double turn = std::abs(hue(candidate) - hue(colour));
    const double ratio = (luminance(candidate) + 0.05) / (luminance(colour) + 0.05);
    if (std::min(turn, 360 - turn) > kApart || ratio < kDarker || ratio > kLighter) continue;
    const int away = distance(colour, candidate);
    if (away >= least) continue;
    least = away;
    best = i;
  }
  return best < 0 ? nearest_of_256(colour) : best;
}

int nearest_of_256(const Colour& colour, const std::bitset<256>& taken) noexcept {
  int best = -1;
  int least = std::numeric_limits<int>::max();
  for (int i = 16; i < 256; ++i) {
    const int away = distance(colour, colour_of_256(i));
    if (away >= least || taken[static_cast<size_t>(i)]) continue;
    least = away;
    best = i;
  }
  return best;
}

int nearest_of_16(const Colour& colour) noexcept {
  int best = 0;
  int least = std::numeric_limits<int>::max();
  for (int i = 0; i < 16; ++i) {
    const int away = distance(colour, colour_of_16(i));
    if (away < least) {
      least = away;
      best = i;
    }
  }
  return best;
}

Colour colour_of_16(int index) noexcept {
  return rgb(kXterm16[static_cast<size_t>(std::clamp(index, 0, 15))]);
}

Colour colour_of_256(int index) noexcept {
  if (index < 16) return colour_of_16(index);
  const auto step = static_cast<uint32_t>(std::min(index, 255));
  if (step >= 232) return rgb((8 + 10 * (step - 232)) * 0x010101U);
  const uint32_t cube = step - 16;
  return rgb(kCubeSteps[cube / 36] << 16 | kCubeSteps[cube / 6 % 6] << 8 | kCubeSteps[cube % 6]);
}

}  // namespace weir::tui
