#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace weir::backends {

/// Turns compressed members, one after the other, into the bytes they hold. All five formats allow
/// that (`cat a.gz b.gz`), and parallel compressors write nothing else. Zero bytes after a member
/// are padding, as tapes and gzip(1) have it; anything else there is garbled.
///
/// Memory is bounded whatever the input says: see kMostWindowBytes. Data that expand without end
/// are no danger either, because step() makes no more than its caller has room for.
class Decompressor {
 public:
  /// What a member may ask for to look back: all that `xz -9` (64 MiB), `zstd -22 --ultra` and
  /// `zstd --long` (128 MiB) write. It is also zstd's own limit.
  static constexpr uint64_t kMostWindowBytes = 128 << 20;

  enum class State : uint8_t {
    more,       ///< wants input, or room
    garbled,    ///< these bytes are not of the format, or a checksum is wrong
    no_memory,  ///< the operating system refuses memory
    too_large,  ///< wants more memory than kMostWindowBytes
  };
  struct Step {
    size_t taken = 0;
    size_t made = 0;
    State state = State::more;
  };

  virtual ~Decompressor() = default;
  Decompressor() = default;
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  /// Decompresses until `in` is used up or `out` is full. With an empty `in`, what is still held
  /// back for want of room. A failure comes with the last bytes before it, and again from then on.
  Step step(std::span<const uint8_t> in, std::span<uint8_t> out);

  /// The input must not end now.
  bool inside_member() const noexcept { return inside_member_; }

 protected:
  struct Turn {
    size_t taken = 0;
    size_t made = 0;
    bool member_ended = false;
    State state = State::more;
  };
  /// One call of the library.
  virtual Turn turn(std::span<const uint8_t> in, std::span<uint8_t> out) = 0;
  /// Gets ready for the next member; false when there is no memory for it.
  virtual bool restart() = 0;
  /// Whether a member may start with this byte. What follows is for turn() to judge.
  virtual bool may_start_with(uint8_t byte) const noexcept = 0;

 private:
  Step run(std::span<const uint8_t> in, std::span<uint8_t> out);

  bool inside_member_ = true;
  State failed_ = State::more;
};

/// Enough bytes of a file to tell whether it is compressed.
inline constexpr size_t kCompressionMagicBytes = 6;

/// For a file that starts with these bytes, by its magic number and never by its name; null when it
/// is not compressed in one of the formats below.
std::unique_ptr<Decompressor> make_decompressor(std::span<const uint8_t> head);

// One file each, so that a library's header is included in one place.
std::unique_ptr<Decompressor> make_gzip_decompressor();   // RFC 1952, zlib
std::unique_ptr<Decompressor> make_zstd_decompressor();   // RFC 8878, libzstd
std::unique_ptr<Decompressor> make_lz4_decompressor();    // LZ4 frame format, liblz4
std::unique_ptr<Decompressor> make_bzip2_decompressor();  // libbz2
std::unique_ptr<Decompressor> make_xz_decompressor();     // .xz file format, liblzma

}  // namespace weir::backends
