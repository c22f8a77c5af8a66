#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace weir::backends {

/// So much of a file's start tells all that other_format() knows.
inline constexpr size_t kOtherFormatBytes = 1024;

/// What to say of a file that starts like this and is no capture weir reads: "not a capture file",
/// with the name of the format where it is known, and how to make it readable.
std::string other_format(std::span<const uint8_t> start);

}  // namespace weir::backends
