#pragma once

namespace weir::tui {

/// The nearest ASCII character to what views draw: box drawing, blocks, braille, arrows, dots and
/// Latin letters with accents; '?' for any other. ASCII is itself. Pure, any thread.
char ascii_of(char32_t character) noexcept;

}  // namespace weir::tui
