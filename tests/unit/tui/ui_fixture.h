#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "report/tui/ui.h"
#include "tests/unit/tui/fake_engine.h"

namespace weir::tui::test {

inline Input key(Key special) {
  Input input;
  input.kind = Input::Kind::key;
  input.key = special;
  return input;
}

inline Input key(char32_t character, bool control = false, bool alt = false) {
  Input input = key(Key::character);
  input.character = character;
  input.control = control;
  input.alt = alt;
  return input;
}

inline Input mouse(Mouse what, int row, int column) {
  Input input;
  input.kind = Input::Kind::mouse;
  input.mouse = what;
  input.row = row;
  input.column = column;
  return input;
}

/// A screen with an engine behind it that answers each query at once, unless it is told not to.
class Desk {
 public:
  explicit Desk(UiOptions options = {}, int columns = 80, int rows = 24)
      : ui(std::move(options), names, &processes), columns_(columns), rows_(rows) {
    draw();
    tick();
  }

  UiRequests press(const Input& input) {
    UiRequests requests = ui.handle(input, now_ms);
    if (requests.watch_processes) processes.set_active(*requests.watch_processes);
    if (answers && requests.query_changed) tick();
    return requests;
  }
  UiRequests press(char32_t character) { return press(key(character)); }
  UiRequests press(Key special) { return press(key(special)); }
  UiRequests type(std::string_view text) {
    UiRequests last;
    for (const char letter : text) last = press(static_cast<char32_t>(letter));
    return last;
  }
  /// A snapshot that answers the query of now.
  UiRequests tick() {
    UiRequests requests = ui.take(engine.answer(ui.query(), second++), now_ms);
    if (requests.watch_processes) processes.set_active(*requests.watch_processes);
    return requests;
  }

  Grid draw(Glyphs glyphs = Glyphs::utf8) { return draw(columns_, rows_, glyphs); }
  Grid draw(int columns, int rows, Glyphs glyphs = Glyphs::utf8) {
    Grid grid(columns, rows);
    ui.draw(grid, glyphs, now_ms);
    return grid;
  }
  std::string text() { return draw().text(); }
  bool shows(std::string_view part) { return text().find(part) != std::string::npos; }
  /// The row of the screen that holds the text; -1: none.
  int row_of(std::string_view part) {
    const std::string all = text();
    const size_t at = all.find(part);
    if (at == std::string::npos) return -1;
    return static_cast<int>(std::count(all.begin(), all.begin() + static_cast<long>(at), '\n'));
  }
  int column_of(std::string_view part) {
    const std::string all = text();
    const size_t at = all.find(part);
    if (at == std::string::npos) return -1;
    const size_t line = all.rfind('\n', at);
    return display_width(all.substr(line + 1, at - line - 1));
  }

  FakeEngine engine;
  OfficeNames names;
  OfficeProcesses processes;
  Ui ui;
  bool answers = true;
  uint64_t now_ms = 1000;
  uint32_t second = 60;

 private:
  int columns_;
  int rows_;
};

}  // namespace weir::tui::test
