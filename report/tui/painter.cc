#include "report/tui/painter.h"

#include <algorithm>

#include "report/tui/colour_math.h"

namespace weir::tui {
namespace {

// Leaves the greater part of the palette as it is.
constexpr size_t kMostExact = 128;
constexpr int kManyColours = 256;
constexpr int kDirectColours = 1 << 24;

/// Terminals described as "direct" take the colour itself, and 0 to 7 as the first of the 16.
int direct_number_of(const Colour& colour) noexcept {
  return std::max(colour.red << 16 | colour.green << 8 | colour.blue, 8);
}

bool stands_out(Role role) noexcept {
  return role == Role::selected || role == Role::tab_active;
}

bool is_bar(Role role) noexcept {
  return role == Role::bar_sent || role == Role::bar_received;
}

}  // namespace

Painter::Painter(const Theme& theme, const Abilities& abilities)
    : theme_(theme),
      abilities_(abilities),
      in_colour_(abilities.colours >= 8 && has_colours(theme)) {}

Paint Painter::paint(const Style& style) {
  const size_t place =
      static_cast<size_t>(style.role) * kRoles + static_cast<size_t>(style.background);
  auto& known = known_[place];
  if (!known) known = make(style.role, style.background);
  Paint paint = *known;
  paint.bold = paint.bold || style.bold;
  paint.underline = paint.underline || style.underline;
  paint.reverse = paint.reverse != style.reverse;
  return paint;
}

Paint Painter::make(Role role, Role background) {
  return in_colour_ ? colours(role, background) : attributes(role, background);
}

std::vector<Painter::Exact> Painter::take_exact() {
  const std::vector<Exact> fresh(exact_.begin() + static_cast<ptrdiff_t>(told_), exact_.end());
  told_ = exact_.size();
  return fresh;
}

/// Without colours: the selected row is reversed, bars are underlined, which leaves the text as it
/// is.
Paint Painter::attributes(Role role, Role background) const {
  const bool selected = role == Role::selected || background == Role::selected;
  Paint paint;
  paint.bold = theme_.of(role).bold || selected || role == Role::missed;
  paint.underline = role == Role::missed || role == Role::match || background == Role::match ||
                    is_bar(role) || is_bar(background);
  paint.reverse = stands_out(role) || stands_out(background);
  return paint;
}

/// With 8 or 16 colours there is no tint: a bar is an underline there, unless a theme of the user's
/// gives it one of the 16.
bool Painter::underlines(Role bar) const {
  return is_bar(bar) && abilities_.colours < kManyColours &&
         theme_.of(bar).background.kind != Colour::Kind::ansi;
}

Paint Painter::colours(Role role, Role background) {
  if (underlines(role) || underlines(background)) {
    Paint paint = colours(is_bar(role) ? Role::text : role, Role::text);
    paint.underline = true;
    return paint;
  }
  const Theme::Look look = look_of(theme_, {.role = role, .background = background});
  Paint paint;
  paint.bold = look.bold;
  paint.foreground = number_of(look.foreground, false);
  const bool bar = is_bar(background == Role::text ? role : background);
  paint.background = bar ? tint_number_of(look.background) : number_of(look.background, true);
  if (abilities_.colours < kManyColours) paint_few(paint, look);
  return paint;
}

/// With 8 or 16 colours a tint is mostly the ground, and its text may be.
void Painter::paint_few(Paint& paint, const Theme::Look& look) {
  const Theme::Look& ground = theme_.of(Role::text);
  if (look.background != ground.background &&
      paint.background == number_of(ground.background, true)) {
    paint.reverse = true;
  }
  if (abilities_.colours < 16 && paint.foreground >= 8) {
    // Grey is bold black there, which is black on many.
    paint.dim = paint.foreground == 8;
    paint.bold = paint.bold || !paint.dim;
    paint.foreground = paint.dim ? number_of(ground.foreground, false) : paint.foreground - 8;
    if (paint.foreground >= 8) paint.foreground -= 8;
  }
  if (paint.foreground == paint.background && paint.foreground >= 0) {
    paint.foreground = paint.background == 0 ? 7 : 0;
  }
}

int Painter::number_of(const Colour& colour, bool background) {
  switch (colour.kind) {
    case Colour::Kind::terminal:
      if (abilities_.own_colours) return -1;
      return background ? 0 : 7;
    case Colour::Kind::ansi:
      if (abilities_.colours >= kDirectColours && colour.red >= 8) {
        return direct_number_of(colour_of_16(colour.red));
      }
      return background && abilities_.colours < 16 ? colour.red % 8 : colour.red % 16;
    case Colour::Kind::rgb: break;
  }
  if (abilities_.colours >= kDirectColours) return direct_number_of(colour);
  if (abilities_.colours >= kManyColours) {
    return abilities_.exact ? exact_number_of(colour) : nearest_of_256(colour);
  }
  const int number = nearest_of_16(colour);
  return background && abilities_.colours < 16 ? number % 8 : number;
}

int Painter::tint_number_of(const Colour& colour) {
  const bool nearest = colour.kind == Colour::Kind::rgb && abilities_.colours >= kManyColours &&
                       abilities_.colours < kDirectColours && !abilities_.exact;
  return nearest ? tint_of_256(colour) : number_of(colour, true);
}

int Painter::exact_number_of(const Colour& colour) {
  const auto known = std::find_if(exact_.begin(), exact_.end(),
                                  [&](const Exact& each) { return each.colour == colour; });
  if (known != exact_.end()) return known->number;
  if (exact_.size() >= kMostExact) return nearest_of_256(colour);
  const int number = nearest_of_256(colour, taken_);
  taken_.set(static_cast<size_t>(number));
  exact_.push_back({number, colour});
  return number;
}

}  // namespace weir::tui
