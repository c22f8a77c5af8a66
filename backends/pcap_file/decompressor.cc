#include "backends/pcap_file/decompressor.h"

#include <algorithm>
#include <array>

#include "engine/core/bytes.h"

namespace weir::backends {
namespace {

// Magic numbers, the 32-bit ones read as little-endian.
constexpr std::array<uint8_t, 2> kGzip = {0x1f, 0x8b};
constexpr std::array<uint8_t, 3> kBzip2 = {'B', 'Z', 'h'};
constexpr std::array<uint8_t, 6> kXz = {0xfd, '7', 'z', 'X', 'Z', 0};
constexpr uint32_t kZstd = 0xfd2fb528;
constexpr uint32_t kLz4 = 0x184d2204;
// Both zstd and LZ4 have frames that hold no data, RFC 8878 section 3.1.2.
constexpr uint32_t kSkippable = 0x184d2a50;
constexpr uint32_t kSkippableMask = 0xfffffff0;
constexpr size_t kSkippableHeaderBytes = 8;

template <size_t kSize>
bool starts_with(std::span<const uint8_t> head, const std::array<uint8_t, kSize>& magic) {
  return head.size() >= kSize && std::equal(magic.begin(), magic.end(), head.begin());
}

/// The first frame that holds data tells; where it is out of sight, it is zstd: `pzstd` writes a
/// skippable frame first, and nothing that writes LZ4 is known to.
bool is_lz4_behind_skippable_frames(std::span<const uint8_t> head) {
  while (head.size() >= kSkippableHeaderBytes) {
    const uint32_t magic = load_le32(head.data());
    if ((magic & kSkippableMask) != kSkippable) return magic == kLz4;
    const size_t length = kSkippableHeaderBytes + size_t{load_le32(head.data() + 4)};
    if (head.size() < length + 4) return false;
    head = head.subspan(length);
    if (head.size() < kSkippableHeaderBytes) return load_le32(head.data()) == kLz4;
  }
  return false;
}

}  // namespace

std::unique_ptr<Decompressor> make_decompressor(std::span<const uint8_t> head) {
  if (starts_with(head, kGzip)) return make_gzip_decompressor();
  if (starts_with(head, kXz)) return make_xz_decompressor();
  // Behind "BZh" comes the block size, '1' to '9'.
  if (starts_with(head, kBzip2) && head.size() > 3 && head[3] >= '1' && head[3] <= '9') {
    return make_bzip2_decompressor();
  }
  if (head.size() < sizeof(uint32_t)) return nullptr;
  const uint32_t magic = load_le32(head.data());
  if (magic == kZstd) return make_zstd_decompressor();
  if (magic == kLz4) return make_lz4_decompressor();
  if ((magic & kSkippableMask) != kSkippable) return nullptr;
  if (is_lz4_behind_skippable_frames(head)) return make_lz4_decompressor();
  return make_zstd_decompressor();
}

Decompressor::Step Decompressor::step(std::span<const uint8_t> in, std::span<uint8_t> out) {
  if (failed_ != State::more) return {0, 0, failed_};
  const Step step = run(in, out);
  failed_ = step.state;
  return step;
}

Decompressor::Step Decompressor::run(std::span<const uint8_t> in, std::span<uint8_t> out) {
  Step step;
  bool flushed = false;
  while (step.made < out.size() && !flushed) {
    if (!inside_member_) {
      const auto padding_end = std::find_if(in.begin() + static_cast<std::ptrdiff_t>(step.taken),
                                            in.end(), [](uint8_t byte) { return byte != 0; });
      step.taken = static_cast<size_t>(padding_end - in.begin());
      if (step.taken == in.size()) break;
      if (!may_start_with(in[step.taken])) return {step.taken, step.made, State::garbled};
      if (!restart()) return {step.taken, step.made, State::no_memory};
      inside_member_ = true;
    }
    const size_t left = in.size() - step.taken;
    const Turn turned = turn(in.subspan(step.taken), out.subspan(step.made));
    step.taken += turned.taken;
    step.made += turned.made;
    if (turned.state != State::more) return {step.taken, step.made, turned.state};
    if (turned.member_ended) {
      inside_member_ = false;
      continue;
    }
    // With input and room, each library does something; one that does not would be asked for ever.
    if (left != 0 && turned.taken == 0 && turned.made == 0) {
      return {step.taken, step.made, State::garbled};
    }
    flushed = step.taken == in.size() && step.made < out.size();
  }
  return step;
}

}  // namespace weir::backends
