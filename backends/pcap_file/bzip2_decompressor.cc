#include <bzlib.h>

#include <algorithm>
#include <limits>

#include "backends/pcap_file/decompressor.h"

namespace weir::backends {
namespace {

constexpr uint8_t kFirstMagic = 'B';

unsigned clamp(size_t bytes) noexcept {
  return static_cast<unsigned>(std::min<size_t>(bytes, std::numeric_limits<unsigned>::max()));
}

/// A block is 900 KB at most, for which the library takes 4 MB, so its memory needs no limit.
class Bzip2Decompressor final : public Decompressor {
 public:
  Bzip2Decompressor() { start(); }
  ~Bzip2Decompressor() override { end(); }

 private:
  bool start() {
    stream_ = {};
    usable_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
    return usable_;
  }
  void end() {
    if (usable_) BZ2_bzDecompressEnd(&stream_);
  }
  bool restart() override {
    end();
    return start();
  }
  bool may_start_with(uint8_t byte) const noexcept override { return byte == kFirstMagic; }

  Turn turn(std::span<const uint8_t> in, std::span<uint8_t> out) override {
    if (!usable_) return {.state = State::no_memory};
    const unsigned given = clamp(in.size());
    const unsigned room = clamp(out.size());
    stream_.next_in = reinterpret_cast<char*>(const_cast<uint8_t*>(in.data()));
    stream_.avail_in = given;
    stream_.next_out = reinterpret_cast<char*>(out.data());
    stream_.avail_out = room;
    const int result = BZ2_bzDecompress(&stream_);
    Turn turn{given - stream_.avail_in, room - stream_.avail_out, result == BZ_STREAM_END};
    if (result == BZ_MEM_ERROR) {
      turn.state = State::no_memory;
    } else if (result != BZ_OK && result != BZ_STREAM_END) {
      turn.state = State::garbled;
    }
    return turn;
  }

  bz_stream stream_{};
  bool usable_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_bzip2_decompressor() {
  return std::make_unique<Bzip2Decompressor>();
}

}  // namespace weir::backends
