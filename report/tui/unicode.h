#pragma once

#include <string>
#include <string_view>

/// UTF-8 and the width of characters, the same in every locale. Pure functions, any thread.
namespace weir::tui {

inline constexpr char32_t kNotUtf8 = 0xffffffff;

/// Takes one code point from the front of the text, which must not be empty. What RFC 3629 forbids
/// (overlong forms, surrogates, beyond U+10FFFF, cut sequences) gives kNotUtf8, once for the
/// longest start of a sequence that could have become valid, as Unicode's section 3.9 advises.
char32_t take_code_point(std::string_view& text) noexcept;

/// Appends a code point; what is none is left out.
void append_utf8(std::string& out, char32_t character);

/// What may be shown of a code point: '?' for control characters, for those that turn the direction
/// of a line or end it, for noncharacters and for kNotUtf8; itself otherwise.
char32_t shown_as(char32_t character) noexcept;

/// Columns of a code point that is shown: 0 (combining, format characters), 1 or 2. Ambiguous ones
/// are narrow.
int width_of(char32_t character) noexcept;

}  // namespace weir::tui
