#include <zlib.h>

#include <algorithm>
#include <limits>

#include "backends/pcap_file/decompressor.h"

namespace weir::backends {
namespace {

constexpr uint8_t kFirstMagic = 0x1f;
constexpr int kGzipOnly = 16;  ///< added to the window bits: a gzip header and no other

uInt clamp(size_t bytes) noexcept {
  return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<uInt>::max()));
}

class GzipDecompressor final : public Decompressor {
 public:
  GzipDecompressor() : usable_(inflateInit2(&stream_, MAX_WBITS + kGzipOnly) == Z_OK) {}
  ~GzipDecompressor() override {
    if (usable_) inflateEnd(&stream_);
  }

 private:
  bool restart() override { return usable_ && inflateReset(&stream_) == Z_OK; }
  bool may_start_with(uint8_t byte) const noexcept override { return byte == kFirstMagic; }

  Turn turn(std::span<const uint8_t> in, std::span<uint8_t> out) override {
    if (!usable_) return {.state = State::no_memory};
    stream_.next_in = const_cast<uint8_t*>(in.data());
    stream_.avail_in = clamp(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = clamp(out.size());
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    Turn turn{static_cast<size_t>(stream_.next_in - in.data()),
              static_cast<size_t>(stream_.next_out - out.data())};
    turn.member_ended = result == Z_STREAM_END;
    if (result == Z_MEM_ERROR) {
      turn.state = State::no_memory;
    } else if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) {
      turn.state = State::garbled;
    }
    return turn;
  }

  z_stream stream_{};
  bool usable_;
};

}  // namespace

std::unique_ptr<Decompressor> make_gzip_decompressor() {
  return std::make_unique<GzipDecompressor>();
}

}  // namespace weir::backends
