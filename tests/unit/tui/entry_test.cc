#include <gtest/gtest.h>

#include "report/tui/chooser.h"
#include "report/tui/line_editor.h"
#include "tests/unit/tui/widget_golden.h"

namespace weir::tui {
namespace {

using Edited = LineEditor::Outcome;
using Chose = Chooser::Outcome;
using test::golden;

Input key(Key which) {
  return {.kind = Input::Kind::key, .key = which};
}

Input letter(char32_t character, bool control = false) {
  return {
      .kind = Input::Kind::key, .key = Key::character, .character = character, .control = control};
}

Input mouse(Mouse what, int row, int column) {
  return {.kind = Input::Kind::mouse, .mouse = what, .row = row, .column = column};
}

void type(LineEditor& editor, std::u32string_view text) {
  for (const char32_t character : text) editor.handle(letter(character));
}

std::string drawn(const LineEditor& editor, int columns, int rows = 2) {
  Grid grid(columns, rows);
  const int cursor = editor.draw(grid, {0, 0, rows, columns});
  return grid.text() + "cursor " + std::to_string(cursor) + "\n";
}

TEST(LineEditor, EditsInTheMiddle) {
  LineEditor editor;
  type(editor, U"host 10.0.1");
  editor.handle(key(Key::left));
  editor.handle(key(Key::left));
  EXPECT_EQ(editor.handle(letter(U'.')), Edited::changed);
  EXPECT_EQ(editor.text(), "host 10.0..1");
  EXPECT_EQ(editor.handle(key(Key::backspace)), Edited::changed);
  EXPECT_EQ(editor.handle(key(Key::del)), Edited::changed);
  EXPECT_EQ(editor.text(), "host 10.01");
  editor.handle(key(Key::home));
  EXPECT_EQ(editor.handle(key(Key::backspace)), Edited::moved);
  type(editor, U"!");
  EXPECT_EQ(editor.text(), "!host 10.01");
  editor.handle(key(Key::end));
  EXPECT_EQ(editor.handle(key(Key::del)), Edited::moved);
  EXPECT_EQ(editor.handle(key(Key::right)), Edited::moved);
}

TEST(LineEditor, KnowsTheKeysOfAShell) {
  LineEditor editor;
  editor.set_text("one two  three");
  EXPECT_EQ(editor.handle(letter(U'w', true)), Edited::changed);
  EXPECT_EQ(editor.text(), "one two  ");
  editor.handle(letter(U'w', true));
  EXPECT_EQ(editor.text(), "one ");
  editor.set_text("one two");
  editor.handle(letter(U'a', true));
  editor.handle(letter(U'f', true));
  editor.handle(letter(U'k', true));
  EXPECT_EQ(editor.text(), "o");
  editor.set_text("one two");
  editor.handle(letter(U'b', true));
  editor.handle(letter(U'u', true));
  EXPECT_EQ(editor.text(), "o");
  editor.handle(letter(U'e', true));
  editor.handle(letter(U'h', true));
  EXPECT_EQ(editor.text(), "");
  EXPECT_EQ(editor.handle(letter(U'x', true)), Edited::ignored);
  EXPECT_EQ(editor.handle(key(Key::f1)), Edited::ignored);
  EXPECT_EQ(editor.handle(key(Key::tab)), Edited::ignored);
  EXPECT_EQ(editor.handle(key(Key::enter)), Edited::accepted);
  EXPECT_EQ(editor.handle(key(Key::escape)), Edited::cancelled);
  EXPECT_EQ(editor.handle(mouse(Mouse::press_left, 0, 0)), Edited::ignored);
}

TEST(LineEditor, CountsCharactersAndNotBytes) {
  LineEditor editor;
  type(editor, U"a\u00fc\u65e5\U0001F600");
  EXPECT_EQ(editor.text(), "aü日😀");
  editor.handle(key(Key::left));
  editor.handle(key(Key::backspace));
  EXPECT_EQ(editor.text(), "aü😀");
}

TEST(LineEditor, TakesNoControlCharactersAndNoMoreThanItsLength) {
  LineEditor editor("", 5);
  EXPECT_EQ(editor.handle(letter(0x1b)), Edited::moved);
  EXPECT_EQ(editor.handle(letter(0x9b)), Edited::moved);
  EXPECT_EQ(editor.handle(letter(0)), Edited::moved);
  type(editor, U"1234567");
  EXPECT_EQ(editor.text(), "12345");
  editor.set_text("a\x1b[31mb\xff\xc3");
  EXPECT_EQ(editor.text(), "a[31m");
  editor.set_text(std::string(100'000, 'x'));
  EXPECT_EQ(editor.text(), "xxxxx");
}

TEST(LineEditor, BringsEarlierLinesBack) {
  LineEditor editor;
  EXPECT_EQ(editor.handle(key(Key::up)), Edited::moved);
  editor.remember("first");
  editor.remember("second");
  editor.remember("first");
  editor.remember("");
  type(editor, U"typed");
  editor.handle(key(Key::up));
  EXPECT_EQ(editor.text(), "first");
  editor.handle(key(Key::up));
  EXPECT_EQ(editor.text(), "second");
  EXPECT_EQ(editor.handle(key(Key::up)), Edited::moved);
  editor.handle(letter(U'n', true));
  EXPECT_EQ(editor.handle(key(Key::down)), Edited::changed);
  EXPECT_EQ(editor.text(), "typed");
  EXPECT_EQ(editor.handle(key(Key::down)), Edited::moved);
  for (int i = 0; i < 200; ++i) editor.remember(std::to_string(i));
  int steps = 0;
  while (editor.handle(key(Key::up)) == Edited::changed) ++steps;
  EXPECT_EQ(steps, static_cast<int>(LineEditor::kMaxHistory));
}

TEST(LineEditor, Looks) {
  LineEditor editor("filter: ");
  std::string text = drawn(editor, 30);
  editor.set_text("port 443 and not host 192.0.2.1");
  text += drawn(editor, 30);
  editor.handle(key(Key::home));
  editor.set_error("column 6: 'and' wants something before it");
  text += drawn(editor, 30) + drawn(editor, 80, 1) + drawn(editor, 60);
  editor.set_text("日本語のフィルター");
  text += drawn(editor, 20);
  EXPECT_EQ(text, golden("line_editor.txt", text));
}

TEST(LineEditor, ErrorGoesWithTheNextChange) {
  LineEditor editor;
  type(editor, U"(");
  editor.set_error("not closed");
  editor.handle(key(Key::left));
  EXPECT_EQ(editor.error(), "not closed");
  editor.handle(key(Key::del));
  EXPECT_EQ(editor.error(), "");
}

TEST(LineEditor, CursorIsSeenHoweverNarrow) {
  for (int columns = 1; columns < 40; ++columns) {
    LineEditor editor("> ");
    for (int typed = 0; typed < 60; ++typed) {
      Grid grid(columns, 1);
      EXPECT_LT(editor.draw(grid, {0, 0, 1, columns}), columns) << typed;
      type(editor, typed % 3 == 0 ? U"日" : U"x");
    }
  }
}

std::vector<Chooser::Item> fruit() {
  return {{"apple", "red"},   {"banana", "yellow"}, {"cherry", "red"}, {"date", "brown"},
          {"elder", "black"}, {"fig", "violet"},    {"grape", "blue"}, {"honeydew", "green"}};
}

TEST(Chooser, MovesAndTellsEachOnce) {
  std::vector<size_t> seen;
  Chooser chooser("Fruit", fruit(), 2, [&](size_t item) { seen.push_back(item); });
  EXPECT_EQ(chooser.chosen(), 2U);
  EXPECT_EQ(chooser.handle(key(Key::down)), Chose::open);
  chooser.handle(key(Key::end));
  chooser.handle(key(Key::down));
  chooser.handle(key(Key::home));
  chooser.handle(key(Key::up));
  EXPECT_EQ(seen, (std::vector<size_t>{3, 7, 0}));
  EXPECT_EQ(chooser.handle(key(Key::enter)), Chose::chosen);
  EXPECT_EQ(chooser.chosen(), 0U);
  EXPECT_EQ(chooser.handle(key(Key::escape)), Chose::cancelled);
  EXPECT_EQ(chooser.handle(key(Key::f1)), Chose::ignored);
}

TEST(Chooser, NarrowsToWhatIsTyped) {
  std::vector<size_t> seen;
  Chooser chooser("Fruit", fruit(), 0, [&](size_t item) { seen.push_back(item); });
  chooser.handle(letter(U'R'));
  chooser.handle(letter(U'e'));
  chooser.handle(letter(U'D'));
  EXPECT_EQ(chooser.chosen(), 0U);  // by its detail, and still the one under the cursor
  chooser.handle(key(Key::down));
  EXPECT_EQ(chooser.chosen(), 2U);
  chooser.handle(letter(U'x'));
  EXPECT_EQ(chooser.chosen(), fruit().size());
  EXPECT_EQ(chooser.handle(key(Key::enter)), Chose::open);
  EXPECT_EQ(chooser.handle(key(Key::down)), Chose::open);
  chooser.handle(letter(U'u', true));
  EXPECT_LT(chooser.chosen(), fruit().size());
  for (const size_t item : seen) EXPECT_LT(item, fruit().size());
}

TEST(Chooser, TakesTheMouse) {
  Chooser chooser("Fruit", fruit(), 0);
  Grid grid(60, 20);
  chooser.draw(grid, {0, 0, 20, 60}, Glyphs::utf8);
  // 8 items and the filter, a border: rows 4 to 14, the list from 6 on.
  EXPECT_EQ(chooser.handle(mouse(Mouse::wheel_down, 8, 30)), Chose::open);
  EXPECT_EQ(chooser.chosen(), 1U);
  EXPECT_EQ(chooser.handle(mouse(Mouse::wheel_up, 8, 30)), Chose::open);
  EXPECT_EQ(chooser.chosen(), 0U);
  EXPECT_EQ(chooser.handle(mouse(Mouse::press_left, 9, 30)), Chose::open);
  EXPECT_EQ(chooser.chosen(), 3U);
  EXPECT_EQ(chooser.handle(mouse(Mouse::press_left, 9, 30)), Chose::chosen);
  EXPECT_EQ(chooser.handle(mouse(Mouse::double_left, 8, 30)), Chose::chosen);
  EXPECT_EQ(chooser.chosen(), 2U);
  EXPECT_EQ(chooser.handle(mouse(Mouse::press_left, 5, 30)), Chose::open);  // the filter
  EXPECT_EQ(chooser.handle(mouse(Mouse::press_left, 0, 0)), Chose::cancelled);
}

TEST(Chooser, Looks) {
  std::string text;
  Chooser chooser("Themes", fruit(), 6, {}, true);
  for (const Rect screen : {Rect{0, 0, 14, 60}, Rect{0, 0, 9, 60}, Rect{0, 0, 9, 24}}) {
    Grid grid = test::dotted(screen.columns, screen.rows);
    chooser.draw(grid, screen, Glyphs::utf8);
    text += screen.rows == 14 ? grid.text_with_styles() : grid.text();
  }
  chooser.handle(letter(U'q'));
  Grid grid = test::dotted(60, 14);
  chooser.draw(grid, {0, 0, 14, 60}, Glyphs::ascii);
  text += grid.text();
  EXPECT_EQ(text, golden("chooser.txt", text));
}

TEST(Chooser, OfNothingAndOfAnySize) {
  Chooser empty("None", {}, 0);
  EXPECT_EQ(empty.handle(key(Key::enter)), Chose::open);
  EXPECT_EQ(empty.handle(key(Key::end)), Chose::open);
  EXPECT_EQ(empty.chosen(), 0U);
  Chooser chooser("Fruit", fruit(), 7);
  for (int rows = 1; rows < 15; ++rows) {
    for (int columns = 1; columns < 50; columns += 3) {
      Grid grid(columns, rows);
      chooser.draw(grid, {0, 0, rows, columns}, Glyphs::utf8);
      empty.draw(grid, {0, 0, rows, columns}, Glyphs::utf8);
      chooser.handle(key(rows % 2 == 0 ? Key::page_up : Key::page_down));
    }
  }
}

}  // namespace
}  // namespace weir::tui
