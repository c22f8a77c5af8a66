#include <lzma.h>

#include "backends/pcap_file/decompressor.h"

namespace weir::backends {
namespace {

constexpr uint8_t kFirstMagic = 0xfd;
/// The decoder's own tables beside the window.
constexpr uint64_t kMostBytes = Decompressor::kMostWindowBytes + (1 << 20);

class XzDecompressor final : public Decompressor {
 public:
  XzDecompressor() { start(); }
  ~XzDecompressor() override { lzma_end(&stream_); }

 private:
  /// Initialising again keeps the memory that the stream has.
  bool start() {
    usable_ = lzma_stream_decoder(&stream_, kMostBytes, 0) == LZMA_OK;
    return usable_;
  }
  bool restart() override { return start(); }
  bool may_start_with(uint8_t byte) const noexcept override { return byte == kFirstMagic; }

  Turn turn(std::span<const uint8_t> in, std::span<uint8_t> out) override {
    if (!usable_) return {.state = State::no_memory};
    stream_.next_in = in.data();
    stream_.avail_in = in.size();
    stream_.next_out = out.data();
    stream_.avail_out = out.size();
    const lzma_ret result = lzma_code(&stream_, LZMA_RUN);
    Turn turn{in.size() - stream_.avail_in, out.size() - stream_.avail_out,
              result == LZMA_STREAM_END};
    switch (result) {
      case LZMA_OK:
      case LZMA_STREAM_END:
      case LZMA_BUF_ERROR: break;
      case LZMA_MEM_ERROR: turn.state = State::no_memory; break;
      case LZMA_MEMLIMIT_ERROR: turn.state = State::too_large; break;
      default: turn.state = State::garbled;
    }
    return turn;
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool usable_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_xz_decompressor() {
  return std::make_unique<XzDecompressor>();
}

}  // namespace weir::backends
