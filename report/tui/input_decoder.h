#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "report/tui/input.h"
#include "report/tui/theme.h"

namespace weir::tui {

/// Bytes of a terminal to keys and mouse actions: UTF-8, ECMA-48 control sequences with xterm's
/// modifiers, those of the Linux console and of rxvt, mouse reports (1006 and the old three bytes),
/// bracketed paste. It is our own and not ncurses', which cuts the mouse at column 223 where the
/// terminal's description is an old one, and hands on unknown sequences as if they were typed. Any
/// bytes are safe: what is not known is left out. Holds no terminal; used by one thread.
class InputDecoder {
 public:
  /// Bytes that were read at `now_ms` of a clock that does not go back.
  void feed(std::string_view bytes, int64_t now_ms);
  /// The next whole input; false when there is none.
  bool next(Input& input);
  /// The start of something is waiting for its end, or an escape for what may follow.
  bool pending() const noexcept { return position_ < bytes_.size(); }
  /// Nothing more came: what waits is taken as it is.
  void flush();
  /// The terminal's background, when it has answered OSC 11 since the last call.
  std::optional<Colour> take_ground() noexcept { return std::exchange(ground_, std::nullopt); }
  /// Whether text is being asked for. Pasted text is typed then, on one line, and otherwise left
  /// out: commands are not to be pasted.
  void accept_paste(bool accept) noexcept { accepts_paste_ = accept; }

 private:
  enum class Step : uint8_t { taken, skipped, incomplete };

  std::string_view rest() const noexcept;
  Step step(Input& input);
  Step escape(Input& input);
  Step after_escape(Input& input);
  Step control_sequence(Input& input);
  Step key_sequence(Input& input, std::string_view parameters, char final);
  Step single_shift(Input& input);
  Step string_sequence();
  void take_answer(std::string_view answer);
  Step old_mouse(Input& input);
  Step mouse(Input& input, int code, int column, int row, bool released);
  Step pasted(Input& input);
  Step typed(Input& input);

  std::string bytes_;
  size_t position_ = 0;
  int64_t fed_ms_ = 0;
  int64_t click_ms_ = 0;  ///< 0: no click that a second one could follow
  int click_row_ = 0;
  int click_column_ = 0;
  std::optional<Colour> ground_;
  bool ended_ = false;  ///< flush(): nothing more comes
  bool in_paste_ = false;
  bool accepts_paste_ = false;
};

}  // namespace weir::tui
