#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir {

static_assert(std::endian::native == std::endian::little,
              "load_le* and load_be* are written for little-endian hosts");

// Unaligned loads. The caller has checked that the bytes are there: these are the only functions
// that read packet memory, and Cursor below is the usual way to check.

inline uint16_t load_be16(const uint8_t* p) noexcept {
  uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap16(v);
}
inline uint32_t load_be32(const uint8_t* p) noexcept {
  uint32_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap32(v);
}
inline uint64_t load_be64(const uint8_t* p) noexcept {
  uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap64(v);
}
inline uint16_t load_le16(const uint8_t* p) noexcept {
  uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline uint32_t load_le32(const uint8_t* p) noexcept {
  uint32_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline uint64_t load_le64(const uint8_t* p) noexcept {
  uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

/// A position in captured bytes that cannot run past their end: every step is checked with has().
/// It does not own the bytes and lives no longer than the batch they belong to.
class Cursor {
 public:
  Cursor(const uint8_t* data, size_t size) noexcept : at_(data), left_(size) {}

  bool has(size_t bytes) const noexcept { return bytes <= left_; }
  size_t left() const noexcept { return left_; }
  const uint8_t* at() const noexcept { return at_; }

  /// Moves on by `bytes`, which has() has promised to be there.
  void skip(size_t bytes) noexcept {
    at_ += bytes;
    left_ -= bytes;
  }

 private:
  const uint8_t* at_;
  size_t left_;
};

}  // namespace weir
