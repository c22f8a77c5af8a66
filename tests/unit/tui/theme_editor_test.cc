#include "report/tui/theme_editor.h"

#include <gtest/gtest.h>

#include "report/tui/colour_math.h"
#include "tests/unit/tui/ui_fixture.h"

namespace weir::tui {
namespace {

using test::Desk;
using test::key;
using Outcome = ThemeEditor::Outcome;

const Theme& nord() {
  return *find_theme("nord");
}

Outcome type(ThemeEditor& editor, std::string_view text) {
  Outcome last = Outcome::open;
  for (const char letter : text) last = editor.handle(key(static_cast<char32_t>(letter)));
  return last;
}

/// To the role, from the first one.
void go_to(ThemeEditor& editor, Role role) {
  editor.handle(key(Key::home));
  for (int i = 0; i < static_cast<int>(role); ++i) editor.handle(key(U'j'));
}

void clear(ThemeEditor& editor) {
  editor.handle(key(U'u', true));
}

TEST(ThemeEditor, ShowsAColourWhileItIsTyped) {
  ThemeEditor editor(nord());
  EXPECT_TRUE(editor.changes().empty());
  go_to(editor, Role::sent);
  EXPECT_EQ(editor.handle(key(U'f')), Outcome::open);
  clear(editor);
  EXPECT_EQ(type(editor, "#ff"), Outcome::open) << "no colour yet";
  EXPECT_EQ(editor.theme().of(Role::sent).foreground, nord().of(Role::sent).foreground);
  EXPECT_EQ(type(editor, "0"), Outcome::changed);
  EXPECT_EQ(editor.theme().of(Role::sent).foreground, rgb(0xffff00));
  type(editor, "080");
  EXPECT_EQ(editor.theme().of(Role::sent).foreground, rgb(0xff0080));
  EXPECT_EQ(editor.handle(key(Key::enter)), Outcome::changed);
  ASSERT_EQ(editor.changes().size(), 1U);
  EXPECT_EQ(editor.changes()[0].role, "sent");
  EXPECT_EQ(editor.changes()[0].foreground, "#ff0080");
  EXPECT_EQ(editor.handle(key(U's')), Outcome::saved);
}

TEST(ThemeEditor, WhatIsNoColourIsSaidAndChangesNothing) {
  ThemeEditor editor(nord());
  editor.handle(key(U'f'));
  for (const std::string bad : {"rod", "#12345", "#gggggg", "bright-", "256", "\xc3\xa9"}) {
    clear(editor);
    type(editor, bad);
    EXPECT_EQ(editor.handle(key(Key::enter)), Outcome::open) << bad;
    Grid grid(80, 40);
    editor.draw(grid, {0, 0, 40, 80}, Glyphs::utf8);
    EXPECT_NE(grid.text().find("is no colour"), std::string::npos) << grid.text();
    EXPECT_TRUE(editor.cursor().has_value());
  }
  EXPECT_TRUE(editor.changes().empty());
  EXPECT_EQ(editor.handle(key(Key::escape)), Outcome::changed) << "back to the list";
  EXPECT_EQ(editor.handle(key(Key::escape)), Outcome::cancelled);
}

TEST(ThemeEditor, EscapeWhileTypingBringsTheColourBack) {
  ThemeEditor editor(nord());
  editor.handle(key(U'b'));
  clear(editor);
  type(editor, "red");
  EXPECT_EQ(editor.theme().of(Role::text).background, ansi(1));
  EXPECT_EQ(editor.theme().of(Role::dim).background, ansi(1)) << "the ground goes to all";
  editor.handle(key(Key::escape));
  EXPECT_TRUE(editor.changes().empty());
}

TEST(ThemeEditor, BoldAndBack) {
  ThemeEditor editor(nord());
  go_to(editor, Role::missed);
  EXPECT_EQ(editor.handle(key(U'B')), Outcome::changed);
  ASSERT_EQ(editor.changes().size(), 1U);
  EXPECT_EQ(editor.changes()[0].bold, !nord().of(Role::missed).bold);
  EXPECT_EQ(editor.handle(key(U'r')), Outcome::changed);
  EXPECT_TRUE(editor.changes().empty());
}

TEST(ThemeEditor, SaysWhatIsHardToRead) {
  ThemeEditor editor(nord());
  editor.handle(key(U'f'));
  clear(editor);
  type(editor, "#2e3441");
  editor.handle(key(Key::enter));
  Grid grid(80, 40);
  editor.draw(grid, {0, 0, 40, 80}, Glyphs::utf8);
  EXPECT_NE(grid.text().find("hard to read"), std::string::npos) << grid.text();
}

TEST(ThemeEditor, IsDrawnAtAnySize) {
  for (int columns = 1; columns < 100; columns += 9) {
    for (int rows = 1; rows < 40; rows += 3) {
      for (const bool typing : {false, true}) {
        ThemeEditor editor(nord());
        editor.handle(key(Key::end));
        if (typing) editor.handle(key(Key::enter));
        Grid grid(columns, rows);
        editor.draw(grid, {0, 0, rows, columns}, Glyphs::utf8);
      }
    }
  }
}

TEST(ThemeEditor, OnTheScreenItIsSeenSavedAndLeft) {
  Desk desk;
  EXPECT_TRUE(desk.press(U'C').edit_theme);
  desk.ui.edit_theme(nord());
  EXPECT_TRUE(desk.shows("Theme from nord"));
  UiRequests requests = desk.press(U'B');
  ASSERT_TRUE(requests.shown_theme.has_value());
  EXPECT_NE(requests.shown_theme->of(Role::text).bold, nord().of(Role::text).bold);
  requests = desk.press(U's');
  ASSERT_TRUE(requests.saved_theme.has_value());
  EXPECT_EQ(requests.saved_theme->base, "nord");
  EXPECT_EQ(requests.saved_theme->looks.size(), 1U);
  EXPECT_FALSE(desk.shows("Theme from nord"));
  desk.ui.theme_saved("my-nord");
  EXPECT_EQ(desk.ui.options().theme, "my-nord");

  desk.ui.edit_theme(nord());
  desk.press(U'B');
  requests = desk.press(Key::escape);
  ASSERT_TRUE(requests.shown_theme.has_value());
  EXPECT_EQ(requests.shown_theme->of(Role::text).bold, nord().of(Role::text).bold);
  EXPECT_FALSE(requests.saved_theme.has_value());
}

TEST(Colours, AreWrittenAsTheyAreRead) {
  for (const char* text : {"default", "red", "bright-blue", "bright-black", "#a0c4ff"}) {
    EXPECT_EQ(to_text(parse_colour(text).value()), text);
  }
}

}  // namespace
}  // namespace weir::tui
