#include "backends/pcap_file/inflater.h"

#include <algorithm>
#include <limits>

namespace weir::backends {
namespace {

constexpr uint8_t kFirstMagic = 0x1f;
constexpr int kGzipOnly = 16;  ///< added to the window bits: a gzip header and no other

uInt clamp(size_t bytes) noexcept {
  return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<uInt>::max()));
}

}  // namespace

Inflater::Inflater() : usable_(inflateInit2(&stream_, MAX_WBITS + kGzipOnly) == Z_OK) {}

Inflater::~Inflater() {
  if (usable_) inflateEnd(&stream_);
}

Inflater::Step Inflater::step(std::span<const uint8_t> in, std::span<uint8_t> out) {
  Step step;
  if (!usable_) return {0, 0, State::no_memory};
  bool flushed = false;
  while (step.made < out.size() && !flushed) {
    if (!inside_member_) {
      if (step.taken == in.size()) break;
      const uint8_t next = in[step.taken];
      if (next != 0 && next != kFirstMagic) return {step.taken, step.made, State::garbled};
      if (next == 0) {
        ++step.taken;
        continue;
      }
      inflateReset(&stream_);
      inside_member_ = true;
    }
    const auto left = in.subspan(step.taken);
    const auto room = out.subspan(step.made);
    stream_.next_in = const_cast<uint8_t*>(left.data());
    stream_.avail_in = clamp(left.size());
    stream_.next_out = room.data();
    stream_.avail_out = clamp(room.size());
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    step.taken += static_cast<size_t>(stream_.next_in - left.data());
    step.made += static_cast<size_t>(stream_.next_out - room.data());
    flushed = step.taken == in.size() && step.made < out.size();
    if (result == Z_STREAM_END) {
      inside_member_ = false;
    } else if (result == Z_MEM_ERROR) {
      return {step.taken, step.made, State::no_memory};
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return {step.taken, step.made, State::garbled};
    }
  }
  return step;
}

}  // namespace weir::backends
