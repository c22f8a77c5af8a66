#include "report/tui/palette.h"

#include <algorithm>
#include <vector>

#include "report/tui/colour_math.h"

namespace weir::tui {
namespace {

constexpr double kReadable = 4.5;
constexpr double kDimReadable = 3.0;
// With 256 colours a tint is what there is of its hue.
constexpr double kReadableOn256 = 3.0;
constexpr double kDimReadableOn256 = 2.4;
// Contrast of a background with the ground: seen at once, and leaves room for coloured text on it.
constexpr double kSelected = 1.6;
constexpr double kBadge = 1.5;

class Builder {
 public:
  explicit Builder(const Palette& palette)
      : ground_(rgb(palette.background)),
        towards_(palette.ground == Theme::Ground::light ? rgb(0x000000) : rgb(0xffffff)),
        behind_{ground_, quiet_tint(ground_, rgb(palette.sent)),
                quiet_tint(ground_, rgb(palette.received)),
                tint(ground_, rgb(palette.title), kSelected)},
        on_256_{colour_of_256(tint_of_256(behind_[1])), colour_of_256(tint_of_256(behind_[2]))} {
    theme_.name = palette.name;
    theme_.description = palette.description;
    theme_.ground = palette.ground;
  }

  void plain(Role role, uint32_t colour, bool bold = false, double least = kReadable) {
    look(role) = {readable(rgb(colour), ground_, least), ground_, bold};
  }

  void on(Role role, uint32_t colour, const Colour& background, bool bold = false) {
    look(role) = {readable(rgb(colour), background, kReadable), background, bold};
  }

  /// On a background of its own, made of a colour.
  void badge(Role role, uint32_t colour, uint32_t background) {
    on(role, colour, tint(ground_, rgb(background), kBadge), true);
  }

  const Colour& bar_sent() const { return behind_[1]; }
  const Colour& bar_received() const { return behind_[2]; }
  const Colour& selected() const { return behind_[3]; }
  Theme take() { return std::move(theme_); }

 private:
  Theme::Look& look(Role role) { return theme_.looks[static_cast<size_t>(role)]; }

  Colour readable(const Colour& colour, const Colour& background, double least) const {
    const double on_256 = least < kReadable ? kDimReadableOn256 : kReadableOn256;
    const auto enough = [&](const Colour& moved) {
      return contrast(moved, background) >= least &&
             std::all_of(behind_.begin(), behind_.end(),
                         [&](const Colour& each) { return contrast(moved, each) >= least; }) &&
             on_bars_of_256(moved, on_256);
    };
    Colour moved = colour;
    for (int percent = 2; percent <= 100 && !enough(moved); percent += 2) {
      moved = mix(colour, towards_, percent / 100.0);
    }
    return moved;
  }

  bool on_bars_of_256(const Colour& colour, double least) const {
    const Colour nearest = colour_of_256(nearest_of_256(colour));
    return std::all_of(on_256_.begin(), on_256_.end(),
                       [&](const Colour& each) { return contrast(nearest, each) >= least; });
  }

  Theme theme_;
  Colour ground_;
  Colour towards_;
  std::array<Colour, 4> behind_;  ///< what any text may stand on
  std::array<Colour, 2> on_256_;  ///< bars where there are 256 colours
};

void set_all(Theme& theme, std::initializer_list<Role> roles, const Theme::Look& look) {
  for (const Role role : roles) theme.looks[static_cast<size_t>(role)] = look;
}

/// Tints of the terminal's green and cyan as xterm has them, and what is readable there.
void set_bars(Theme& theme, const Colour& ground) {
  const Colour text = luminance(ground) > 0.5 ? rgb(0x202020) : rgb(0xd0d0d0);
  set_all(theme, {Role::bar_sent}, {text, quiet_tint(ground, colour_of_16(2)), false});
  set_all(theme, {Role::bar_received}, {text, quiet_tint(ground, colour_of_16(6)), false});
}

/// The 16 colours that the user's terminal has, on its own ground. Only those that can be read on
/// black and on white stand alone; yellow, black and white come with a background.
Theme default_theme() {
  Theme theme;
  theme.name = "default";
  theme.description = "the terminal's own 16 colours, on its own background";
  const Colour own;
  set_all(theme, {Role::heading, Role::both, Role::pinned, Role::prompt}, {own, own, true});
  set_all(theme, {Role::dim, Role::scale, Role::border}, {ansi(8), own, false});
  set_all(theme, {Role::title, Role::key}, {ansi(6), own, true});
  set_all(theme, {Role::selected, Role::tab_active}, {ansi(15), ansi(4), true});
  set_all(theme, {Role::sent, Role::good}, {ansi(2), own, false});
  set_all(theme, {Role::received}, {ansi(6), own, false});
  set_all(theme, {Role::missed}, {ansi(15), ansi(1), true});
  set_all(theme, {Role::warning}, {ansi(5), own, true});
  set_all(theme, {Role::match}, {ansi(0), ansi(3), false});
  set_bars(theme, rgb(0x000000));
  return theme;
}

Theme monochrome_theme() {
  Theme theme;
  theme.name = "monochrome";
  theme.description = "no colours: bold, underline and reverse";
  set_all(theme,
          {Role::heading, Role::title, Role::tab_active, Role::missed, Role::warning, Role::key,
           Role::pinned, Role::prompt, Role::match},
          {{}, {}, true});
  return theme;
}

std::vector<Theme> make_built_in() {
  std::vector<Theme> themes;
  themes.push_back(default_theme());
  themes.push_back(monochrome_theme());
  for (const Palette& palette : built_in_palettes()) themes.push_back(theme_of(palette));
  return themes;
}

}  // namespace

Theme theme_of(const Palette& palette) {
  Builder builder(palette);
  builder.plain(Role::text, palette.text);
  builder.plain(Role::dim, palette.dim, false, kDimReadable);
  builder.plain(Role::border, palette.dim, false, kDimReadable);
  builder.plain(Role::scale, palette.dim);
  builder.plain(Role::heading, palette.heading, true);
  builder.plain(Role::title, palette.title, true);
  builder.plain(Role::tab, palette.dim);
  builder.badge(Role::tab_active, palette.text, palette.title);
  builder.on(Role::selected, palette.text, builder.selected(), true);
  builder.plain(Role::pinned, palette.title, true);
  builder.plain(Role::local_side, palette.text);
  builder.plain(Role::remote_side, palette.heading);
  builder.plain(Role::sent, palette.sent);
  builder.plain(Role::received, palette.received);
  builder.plain(Role::both, palette.both);
  builder.on(Role::bar_sent, palette.text, builder.bar_sent());
  builder.on(Role::bar_received, palette.text, builder.bar_received());
  builder.badge(Role::missed, palette.missed, palette.missed);
  builder.plain(Role::warning, palette.warning, true);
  builder.plain(Role::good, palette.good);
  builder.plain(Role::key, palette.title, true);
  builder.badge(Role::match, palette.text, palette.warning);
  builder.plain(Role::prompt, palette.text, true);
  return builder.take();
}

Theme on_ground(Theme theme, const Colour& ground) {
  const Theme& base = built_in_themes().front();
  const auto as_made = [&](Role role) {
    return theme.of(role).background == base.of(role).background &&
           theme.of(role).foreground == base.of(role).foreground;
  };
  if (theme.ground != Theme::Ground::any || ground.kind != Colour::Kind::rgb ||
      !as_made(Role::bar_sent) || !as_made(Role::bar_received)) {
    return theme;
  }
  set_bars(theme, ground);
  return theme;
}

std::span<const Theme> built_in_themes() {
  static const std::vector<Theme> kThemes = make_built_in();
  return kThemes;
}

}  // namespace weir::tui
