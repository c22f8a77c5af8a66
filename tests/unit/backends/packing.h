#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weir::testing {

enum class Packing : uint8_t { gzip, zstd, lz4, bzip2, xz };

/// One member with a checksum, as each format's own program writes it.
std::vector<uint8_t> pack(Packing packing, std::span<const uint8_t> content);

/// A zstd frame that asks for a window of 2^log bytes, and an xz file with such a dictionary.
std::vector<uint8_t> zstd_with_window(std::span<const uint8_t> content, int log);
std::vector<uint8_t> xz_with_window(std::span<const uint8_t> content, int log);

}  // namespace weir::testing
