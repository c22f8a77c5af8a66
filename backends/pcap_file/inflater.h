#pragma once

#include <zlib.h>

#include <cstdint>
#include <span>

namespace weir::backends {

/// gzip members one after the other (RFC 1952 section 2.2) to bytes. Zero bytes after a member are
/// padding, as tapes and gzip(1) have it; anything else there is garbled.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  enum class State : uint8_t { more, garbled, no_memory };
  struct Step {
    size_t taken = 0;
    size_t made = 0;
    State state = State::more;
  };
  /// Decompresses until `in` is used up or `out` is full. With an empty `in`, what zlib still holds
  /// back for want of room.
  Step step(std::span<const uint8_t> in, std::span<uint8_t> out);

  /// The input must not end now.
  bool inside_member() const noexcept { return inside_member_; }

 private:
  z_stream stream_{};
  bool usable_ = false;
  bool inside_member_ = true;
};

}  // namespace weir::backends
