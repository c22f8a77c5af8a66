#include "cli/config_save.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <vector>

#include "cli/config_edit.h"
#include "cli/config_file.h"
#include "cli/iftoprc.h"
#include "cli/settings.h"
#include "cli/themes.h"
#include "engine/core/clock.h"

namespace weir::cli {
namespace {

tl::unexpected<Status> system_failure(const std::string& path) {
  const int error = errno;
  const Code code = error == EACCES || error == EPERM ? Code::not_permitted : Code::io;
  return fail({code, Recovery::give_up, error, path, std::generic_category().message(error)});
}

tl::unexpected<Status> refused(const std::string& path, const std::string& why) {
  return fail({Code::usage, Recovery::give_up, 0, path, why});
}

/// The run as if it had been started with what the screen shows now.
RunOptions with_screen(RunOptions run, const tui::UiOptions& now) {
  if (now.refresh_ms != ui_options(run).refresh_ms || run.interval_ns) {
    run.interval_ns = now.refresh_ms * kNsPerMs;
  }
  run.ui = now;
  run.in_bytes = now.in_bytes;
  // An order that nobody chose stays open: the summary at the end has a default of its own.
  if (run.order || now.order != ui_options(run).order) run.order = now.order;
  run.port_display =
      now.source_ports ? (now.destination_ports ? PortDisplay::on : PortDisplay::source_only)
                       : (now.destination_ports ? PortDisplay::destination_only : PortDisplay::off);
  return run;
}

std::string value_of(const Setting& setting, const RunOptions& run) {
  const auto values = setting.get(run);
  return values ? toml_value(setting.kind, *values) : "";
}

ConfigChange change_of(const Setting& setting, std::string value) {
  const size_t dot = setting.key.find('.');
  return {setting.key.substr(0, dot), setting.key.substr(dot + 1), std::move(value)};
}

std::vector<ConfigChange> changes_between(const RunOptions& before, const RunOptions& after) {
  std::vector<ConfigChange> changes;
  for (const Setting& setting : settings()) {
    if (!setting.key.starts_with("display.")) continue;
    std::string value = value_of(setting, after);
    if (!value.empty() && value != value_of(setting, before)) {
      changes.push_back(change_of(setting, std::move(value)));
    }
  }
  return changes;
}

/// What ~/.iftoprc had set.
std::vector<ConfigChange> set_by_file(const Config& config) {
  std::vector<ConfigChange> changes;
  for (const Setting& setting : settings()) {
    const auto origin = config.origins.find(setting.key);
    if (origin == config.origins.end() || origin->second.kind != Origin::Kind::file) continue;
    changes.push_back(change_of(setting, value_of(setting, config.options)));
  }
  return changes;
}

/// Makes the folders above a new file; those that are there are let be.
Result<void> make_folders(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return system_failure(folder);
  }
  return {};
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
}

/// What the path stands for when links are followed; of a file that is not there yet, itself.
Result<std::string> target_of(const std::string& path) {
  struct stat link{};
  if (::lstat(path.c_str(), &link) != 0) {
    return errno == ENOENT ? Result<std::string>(path) : system_failure(path);
  }
  if (!S_ISLNK(link.st_mode)) return path;
  if (link.st_uid != ::geteuid() && link.st_uid != 0) {
    return refused(path, "is a link of another user: not written to");
  }
  const std::unique_ptr<char, decltype(&::free)> found(::realpath(path.c_str(), nullptr), &::free);
  if (!found) {
    return errno == ENOENT ? refused(path, "is a link to a file that is not there")
                           : Result<std::string>(system_failure(path));
  }
  return std::string(found.get());
}

Result<void> write_whole(int fd, const std::string& text, const std::string& path) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(fd, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure(path);
    done += static_cast<size_t>(written);
  }
  // Without it a crash of the machine may leave the new name with no content.
  if (::fsync(fd) != 0) return system_failure(path);
  return {};
}

/// Mode and owner of what is replaced. A new file belongs to whom its folder belongs, which matters
/// for root with the HOME of somebody else.
Result<void> set_owner(int fd, const std::string& target) {
  struct stat like{};
  const bool replaces = ::stat(target.c_str(), &like) == 0;
  if (!replaces && ::stat(folder_of(target).c_str(), &like) != 0) return system_failure(target);
  if (like.st_uid != ::geteuid() || (replaces && like.st_gid != ::getegid())) {
    if (::fchown(fd, like.st_uid, like.st_gid) != 0 && replaces) return system_failure(target);
  }
  const mode_t mode = replaces ? like.st_mode & 07777 : 0644;
  if (::fchmod(fd, mode) != 0) return system_failure(target);
  return {};
}

std::string toml_text(const std::string& text) {
  return toml_value(Setting::Kind::text, {text});
}

std::string look_text(const tui::LookChange& look) {
  return "{ fg = " + toml_text(look.foreground) + ", bg = " + toml_text(look.background) +
         ", bold = " + (look.bold.value_or(false) ? "true" : "false") + " }";
}

/// "my-nord", or "my-nord-2" where that is another theme's.
std::string own_name(const std::vector<tui::Theme>& themes, const std::string& base) {
  constexpr size_t kLongest = 24;  // with what is added it is still a theme's name
  const std::string stem = "my-" + base.substr(0, kLongest);
  std::string name = stem;
  for (int number = 2; theme_of(themes, name) != nullptr; ++number) {
    name = stem + "-" + std::to_string(number);
  }
  return name;
}

}  // namespace

Result<void> replace_file(const std::string& path, const std::string& text) {
  const Result<std::string> target = target_of(path);
  if (!target) return fail(target.error());
  struct stat found{};
  if (::stat(target->c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    return refused(path, "is not a regular file");
  }
  std::string fresh = folder_of(*target) + "/.weir.XXXXXX";
  const int fd = ::mkostemp(fresh.data(), O_CLOEXEC);
  if (fd < 0) return system_failure(folder_of(*target));
  Result<void> done = write_whole(fd, text, fresh);
  if (done) done = set_owner(fd, *target);
  if (::close(fd) != 0 && done) done = system_failure(fresh);
  if (done && ::rename(fresh.c_str(), target->c_str()) != 0) done = system_failure(*target);
  if (!done) ::unlink(fresh.c_str());
  return done;
}

Result<std::string> save_config(Config& config, RunOptions& run, const tui::UiOptions& now,
                                const Environment& environment, std::vector<ConfigChange> more) {
  std::string path = config.path;
  std::string text;
  std::vector<ConfigChange> changes;
  if (!path.empty()) {
    const Result<std::string> read = read_config_text(path);
    if (!read) return fail(read.error());
    text = *read;
  }
  const bool iftops = looks_like_iftoprc(text);
  if (iftops) changes = set_by_file(config);
  if (iftops || path.empty()) {
    path = default_config_path(environment);
    text.clear();
    if (path.empty()) return refused("HOME", "is not set: there is no place for weir.toml");
    struct stat found{};
    if (::lstat(path.c_str(), &found) == 0) {
      return refused(path, "is there, but is not the file that was read: not written to");
    }
    if (const Result<void> made = make_folders(path); !made) return fail(made.error());
  }
  const RunOptions before = with_screen(run, ui_options(run));
  const RunOptions after = with_screen(run, now);
  for (ConfigChange& change : changes_between(before, after)) {
    changes.push_back(std::move(change));
  }
  for (ConfigChange& change : more) changes.push_back(std::move(change));
  const Result<std::string> edited = edit_config(std::move(text), changes, path);
  if (!edited) return fail(edited.error());
  const Result<void> written = replace_file(path, *edited);
  if (!written) return fail(written.error());
  config.path = path;
  run = after;
  return path;
}

Result<tui::SavedTheme> save_theme(Config& config, RunOptions& run, std::vector<tui::Theme>& themes,
                                   const tui::UiOptions& now, const tui::ThemeChange& change,
                                   const Environment& environment) {
  const tui::Theme* base = theme_of(themes, change.base);
  if (base == nullptr) return refused("themes", "'" + change.base + "' is no theme");
  const bool own = std::any_of(run.own_themes.begin(), run.own_themes.end(),
                               [&](const OwnTheme& theme) { return theme.name == change.base; });
  const std::string name = own ? change.base : own_name(themes, change.base);
  Result<tui::Theme> theme = tui::make_theme(name, *base, change.looks);
  if (!theme) return fail(theme.error());
  const std::string section = "themes." + name;
  std::vector<ConfigChange> changes;
  if (!own) changes.push_back({section, "base", toml_text(change.base)});
  for (const tui::LookChange& look : change.looks) {
    changes.push_back({section, look.role, look_text(look)});
  }
  tui::UiOptions wanted = now;
  wanted.theme = name;
  Result<std::string> path = save_config(config, run, wanted, environment, std::move(changes));
  if (!path) return fail(path.error());
  if (!own) {
    OwnTheme made;
    made.name = name;
    made.base = change.base;
    run.own_themes.push_back(std::move(made));
  }
  std::erase_if(themes, [&](const tui::Theme& old) { return old.name == name; });
  themes.push_back(std::move(*theme));
  return tui::SavedTheme{name, *path};
}

}  // namespace weir::cli
