#pragma once

#include <cstdint>

#include "engine/core/bytes.h"

namespace weir::backends {

// Loads in the byte order of the machine that wrote a file. The order is a template argument
// because it is the same for a whole file or section and is looked at for every record.

template <bool kBigEndian>
uint16_t load16(const uint8_t* p) noexcept {
  return kBigEndian ? load_be16(p) : load_le16(p);
}
template <bool kBigEndian>
uint32_t load32(const uint8_t* p) noexcept {
  return kBigEndian ? load_be32(p) : load_le32(p);
}
template <bool kBigEndian>
uint64_t load64(const uint8_t* p) noexcept {
  return kBigEndian ? load_be64(p) : load_le64(p);
}

}  // namespace weir::backends
