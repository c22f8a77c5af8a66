#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir {

/// Some of the numbers below `end`: a bit each, and how many there are before each 64 of them.
class NumberSet {
 public:
  NumberSet(std::span<const uint32_t> numbers, uint32_t end) : bits_(end / 64 + 1) {
    for (const uint32_t number : numbers) bits_[number / 64] |= uint64_t{1} << number % 64;
    before_.reserve(bits_.size());
    uint32_t count = 0;
    for (const uint64_t bits : bits_) {
      before_.push_back(count);
      count += static_cast<uint32_t>(std::popcount(bits));
    }
  }

  bool holds(uint32_t number) const noexcept {
    return (bits_[number / 64] >> number % 64 & 1) != 0;
  }
  /// How many of the set are less than `number`.
  size_t rank(uint32_t number) const noexcept {
    const uint64_t below = bits_[number / 64] & ((uint64_t{1} << number % 64) - 1);
    return before_[number / 64] + static_cast<size_t>(std::popcount(below));
  }

 private:
  std::vector<uint64_t> bits_;
  std::vector<uint32_t> before_;
};

}  // namespace weir
