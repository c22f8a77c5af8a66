#include "report/tui/theme_editor.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/tui/colour_math.h"
#include "report/tui/frame.h"

namespace weir::tui {
namespace {

constexpr int kRoles = static_cast<int>(Role::count_);
constexpr int kWidth = 58;
constexpr size_t kLongestColour = 32;
constexpr double kHardToRead = 3.0;
constexpr std::string_view kKeys = "f text  b background  B bold  r as before  s save  Esc";

bool same(const Theme::Look& one, const Theme::Look& other) {
  return one.foreground == other.foreground && one.background == other.background &&
         one.bold == other.bold;
}

/// Only colours whose values are known can be compared.
std::string reading_text(const Theme::Look& look) {
  if (look.foreground.kind != Colour::Kind::rgb || look.background.kind != Colour::Kind::rgb) {
    return {};
  }
  const double ratio = contrast(look.foreground, look.background);
  return ratio < kHardToRead ? fmt::format("{:.1f}: hard to read", ratio) : std::string();
}

}  // namespace

ThemeEditor::ThemeEditor(Theme base)
    : base_(std::move(base)), theme_(base_), before_(base_), editor_("", kLongestColour) {}

std::vector<LookChange> ThemeEditor::changes() const {
  std::vector<LookChange> changes;
  for (int i = 0; i < kRoles; ++i) {
    const auto role = static_cast<Role>(i);
    const Theme::Look& look = theme_.of(role);
    if (same(look, base_.of(role))) continue;
    changes.push_back({std::string(to_string(role)), to_text(look.foreground),
                       to_text(look.background), look.bold});
  }
  return changes;
}

ThemeEditor::Outcome ThemeEditor::handle(const Input& input) {
  if (input.kind == Input::Kind::mouse) {
    if (input.mouse == Mouse::wheel_up) row_ = std::max(0, row_ - 1);
    if (input.mouse == Mouse::wheel_down) row_ = std::min(kRoles - 1, row_ + 1);
    return Outcome::open;
  }
  if (input.kind != Input::Kind::key) return Outcome::open;
  return typing_ ? handle_typing(input) : handle_list(input);
}

ThemeEditor::Outcome ThemeEditor::handle_list(const Input& input) {
  constexpr int kPage = 8;
  const bool letter = input.key == Key::character && !input.control && !input.alt;
  switch (letter ? input.character : 0) {
    case U'j': row_ = std::min(kRoles - 1, row_ + 1); return Outcome::open;
    case U'k': row_ = std::max(0, row_ - 1); return Outcome::open;
    case U'f': return type(Part::foreground);
    case U'b': return type(Part::background);
    case U'B': {
      LookChange change{std::string(to_string(role())), "", "", !theme_.of(role()).bold};
      return set(change);
    }
    case U'r':
      theme_.looks[static_cast<size_t>(role())] = base_.of(role());
      return Outcome::changed;
    case U's': return Outcome::saved;
    case U'q': return Outcome::cancelled;
    default: break;
  }
  switch (input.key) {
    case Key::down: row_ = std::min(kRoles - 1, row_ + 1); break;
    case Key::up: row_ = std::max(0, row_ - 1); break;
    case Key::page_down: row_ = std::min(kRoles - 1, row_ + kPage); break;
    case Key::page_up: row_ = std::max(0, row_ - kPage); break;
    case Key::home: row_ = 0; break;
    case Key::end: row_ = kRoles - 1; break;
    case Key::enter: return type(Part::foreground);
    case Key::escape: return Outcome::cancelled;
    default: break;
  }
  return Outcome::open;
}

ThemeEditor::Outcome ThemeEditor::type(Part part) {
  typing_ = part;
  before_ = theme_;
  const Theme::Look& look = theme_.of(role());
  editor_ = LineEditor(
      fmt::format("{} {}> ", to_string(role()), part == Part::foreground ? "text" : "background"),
      kLongestColour);
  editor_.set_text(to_text(part == Part::foreground ? look.foreground : look.background));
  return Outcome::open;
}

/// Each letter that makes a colour is seen at once; what is none yet changes nothing.
ThemeEditor::Outcome ThemeEditor::handle_typing(const Input& input) {
  const LineEditor::Outcome done = editor_.handle(input);
  if (done == LineEditor::Outcome::cancelled) {
    typing_.reset();
    theme_ = before_;
    return Outcome::changed;
  }
  if (done != LineEditor::Outcome::changed && done != LineEditor::Outcome::accepted) {
    return Outcome::open;
  }
  LookChange change;
  change.role = to_string(role());
  (*typing_ == Part::foreground ? change.foreground : change.background) = editor_.text();
  const bool accepted = done == LineEditor::Outcome::accepted;
  const auto colour = parse_colour(editor_.text());
  if (!colour) {
    if (accepted) editor_.set_error(colour.error().message);
    // "#123" was a colour, "#1234" is none.
    const bool seen = !same(theme_.of(role()), before_.of(role()));
    theme_ = before_;
    return seen ? Outcome::changed : Outcome::open;
  }
  if (accepted) typing_.reset();
  theme_ = before_;
  return set(change);
}

ThemeEditor::Outcome ThemeEditor::set(const LookChange& change) {
  const auto made = make_theme("edited", theme_, {&change, 1});
  if (!made) return Outcome::open;
  theme_.looks = made->looks;
  return Outcome::changed;
}

void ThemeEditor::draw(Grid& grid, const Rect& screen, Glyphs glyphs) {
  cursor_place_.reset();
  const Rect inside =
      draw_popup(grid, screen, kRoles + 3, kWidth, "Theme from " + base_.name, glyphs);
  if (inside.empty()) return;
  const int rows = std::max(0, inside.rows - 3);
  top_ = std::clamp(top_, std::max(0, row_ - rows + 1), row_);
  top_ = std::clamp(top_, 0, std::max(0, kRoles - rows));
  for (int at = 0; at < rows && top_ + at < kRoles; ++at) {
    const auto role = static_cast<Role>(top_ + at);
    const Theme::Look& look = theme_.of(role);
    const Style name{.role = top_ + at == row_ ? Role::selected : Role::text};
    const int row = inside.row + at;
    grid.put(row, inside.column, fmt::format("{:<15}", to_string(role)), name, inside.columns);
    const std::string colours = fmt::format("{:<15} {:<15} {}", to_text(look.foreground),
                                            to_text(look.background), look.bold ? "bold" : "");
    grid.put(row, inside.column + 16, colours, {}, std::max(0, inside.columns - 16));
    if (inside.columns >= kWidth) grid.put(row, inside.column + 53, " abc ", {.role = role});
  }
  draw_scroll_position(grid,
                       {inside.row - 1, inside.column - 2, inside.rows + 2, inside.columns + 4},
                       top_, std::min(rows, kRoles - top_), kRoles);
  const int below = inside.row + rows;
  if (typing_) {
    const Rect place{below, inside.column, std::min(3, inside.end_row() - below), inside.columns};
    if (place.empty()) return;
    cursor_place_ = {place.row, editor_.draw(grid, place)};
    return;
  }
  const std::string reading = reading_text(theme_.of(role()));
  if (!reading.empty() && below < inside.end_row()) {
    grid.put(below, inside.column, reading, {.role = Role::warning}, inside.columns);
  }
  if (below + 1 < inside.end_row()) {
    grid.put(below + 1, inside.column, kKeys, {.role = Role::dim}, inside.columns);
  }
}

}  // namespace weir::tui
