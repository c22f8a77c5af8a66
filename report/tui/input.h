#pragma once

#include <cstdint>

namespace weir::tui {

enum class Key : uint8_t {
  none,
  character,  ///< Input::character; with control or alt where held
  enter,
  escape,
  tab,
  back_tab,
  backspace,
  del,
  insert,
  up,
  down,
  left,
  right,
  home,
  end,
  page_up,
  page_down,
  f1,
  f2,
  f3,
  f4,
  f5,
  f6,
  f7,
  f8,
  f9,
  f10,
  f11,
  f12,
};

enum class Mouse : uint8_t {
  press_left,
  press_middle,
  press_right,
  wheel_up,
  wheel_down,
  double_left,
  moved,  ///< to another cell, a button held or not; where the terminal was asked to tell
};

/// One thing that happened at the terminal. Ctrl-D is {key, character, 'd', control}.
struct Input {
  enum class Kind : uint8_t {
    nothing,  ///< the wait timed out or was woken
    key,
    mouse,
    resize,  ///< the terminal has another size, or must be drawn anew after a suspend
    lost,    ///< the terminal is gone
  };
  Kind kind = Kind::nothing;
  Key key = Key::none;
  char32_t character = 0;
  bool control = false;
  bool alt = false;
  Mouse mouse = Mouse::press_left;
  int row = 0;  ///< of the mouse, from 0
  int column = 0;
};

}  // namespace weir::tui
