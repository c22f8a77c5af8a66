#pragma once

#include <string>
#include <string_view>

namespace weir::tui {

/// The sequence that puts text on the clipboard of a terminal: OSC 52 with base64 (RFC 4648), text
/// cut at 64 KiB between characters. Pure, any thread.
std::string clipboard_sequence(std::string_view text);

}  // namespace weir::tui
