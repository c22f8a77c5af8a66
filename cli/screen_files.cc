#include "cli/screen_files.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

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

}  // namespace

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
