#include "cli/screen_files.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "report/output.h"

namespace weir::cli {
namespace {

std::string export_name(int attempt) {
  const time_t now = ::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 64> text{};
  const size_t length = ::strftime(text.data(), text.size(), "weir-%Y%m%d-%H%M%S", &local);
  std::string name(text.data(), length);
  if (attempt > 0) name += "-" + std::to_string(attempt);
  return name + ".txt";
}

Result<tui::Theme> make_own(const OwnTheme& own, const std::vector<tui::Theme>& so_far) {
  const auto by_name = [&](const tui::Theme& theme) { return theme.name == own.base; };
  const auto found = std::find_if(so_far.begin(), so_far.end(), by_name);
  const tui::Theme* base = found != so_far.end() ? &*found : nullptr;
  if (base == nullptr) {
    return fail({Code::usage, Recovery::give_up, 0, own.where,
                 "the base '" + own.base + "' is no theme; `weir --list-themes` lists them"});
  }
  std::vector<tui::LookChange> changes;
  for (const OwnTheme::Look& look : own.looks) {
    changes.push_back({look.role, look.foreground, look.background, look.bold});
  }
  Result<tui::Theme> theme = tui::make_theme(own.name, *base, changes);
  if (!theme) {
    Status status = theme.error();
    status.where = own.where;
    return fail(std::move(status));
  }
  if (!own.description.empty()) theme->description = own.description;
  if (own.ground == "dark") theme->ground = tui::Theme::Ground::dark;
  if (own.ground == "light") theme->ground = tui::Theme::Ground::light;
  return theme;
}

}  // namespace

Result<Themes> Themes::of(const std::vector<OwnTheme>& own) {
  Themes themes;
  const auto built_in = tui::built_in_themes();
  themes.themes_.assign(built_in.begin(), built_in.end());
  for (const OwnTheme& theme : own) {
    Result<tui::Theme> made = make_own(theme, themes.themes_);
    if (!made) return fail(made.error());
    const auto same =
        std::find_if(themes.themes_.begin(), themes.themes_.end(),
                     [&](const tui::Theme& other) { return other.name == made->name; });
    if (same != themes.themes_.end()) {
      *same = std::move(*made);
    } else {
      themes.themes_.push_back(std::move(*made));
    }
  }
  return themes;
}

const tui::Theme* Themes::find(const std::string& name) const {
  const auto found = std::find_if(themes_.begin(), themes_.end(),
                                  [&](const tui::Theme& theme) { return theme.name == name; });
  return found == themes_.end() ? nullptr : &*found;
}

std::vector<std::string> Themes::names() const {
  std::vector<std::string> names;
  for (const tui::Theme& theme : themes_) names.push_back(theme.name);
  return names;
}

report::NamesOptions names_options(const RunOptions& options) {
  report::NamesOptions names;
  names.hosts = options.ui.resolve_names;
  names.services = options.ui.service_names;
  names.resolver.servers = options.name_options.dns_servers;
  names.country_file = options.name_options.country_database;
  names.asn_file = options.name_options.asn_database;
  return names;
}

Result<std::string> save_export(const std::string& text) {
  constexpr int kAttempts = 100;
  std::string name;
  int fd = -1;
  for (int attempt = 0; attempt < kAttempts && fd < 0; ++attempt) {
    name = export_name(attempt);
    fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) break;
  }
  if (fd < 0) {
    const int error = errno;
    return fail({Code::io, Recovery::give_up, error, name, std::generic_category().message(error)});
  }
  report::Output output(fd, name);
  output.buffer().append(text);
  const Result<void> written = output.flush();
  ::close(fd);
  if (!written) return fail(written.error());
  return name;
}

}  // namespace weir::cli
