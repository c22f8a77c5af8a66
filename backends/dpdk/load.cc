#include "backends/dpdk/load.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace weir::backends {
namespace {

constexpr const char* kProgram = "/proc/self/exe";
constexpr const char* kFile = "weir_dpdk.so";

tl::unexpected<Status> cannot_load(const std::string& why) {
  return fail({Code::not_found, Recovery::give_up, 0, "--backend dpdk", why});
}

class File {
 public:
  explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// A program with capabilities of its own must not run what somebody else has put beside a link to
/// it. So the module then has to be of the program's owner or of root, and of nobody else to write.
bool may_be_run(int fd) {
  if (getauxval(AT_SECURE) == 0) return true;
  struct stat program{};
  struct stat module{};
  if (stat(kProgram, &program) != 0 || fstat(fd, &module) != 0) return false;
  return (module.st_uid == 0 || module.st_uid == program.st_uid) &&
         (module.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Result<const DpdkModule*> load(const std::string& path, const File& file) {
  if (!may_be_run(file.fd())) {
    return cannot_load(path + " may be written by others than the owner of this program, which " +
                       "has capabilities");
  }
  // By its descriptor, so that what was looked at is what is loaded.
  const std::string opened = "/proc/self/fd/" + std::to_string(file.fd());
  const bool secure = getauxval(AT_SECURE) != 0;
  void* handle =
      dlopen(secure ? opened.c_str() : path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* why = dlerror();
    return cannot_load(std::string(why != nullptr ? why : path.c_str()) +
                       "; DPDK's libraries come with `apt-get install libdpdk-dev`");
  }
  const auto entry = reinterpret_cast<DpdkModuleEntry>(dlsym(handle, kDpdkModuleEntry));
  const DpdkModule* module = entry != nullptr ? entry() : nullptr;
  if (module == nullptr || std::string_view(module->version) != WEIR_VERSION ||
      module->layout != kModuleLayout) {
    return cannot_load(path + " is of another build of weir; build or install both again");
  }
  return module;
}

Result<const DpdkModule*> find_and_load() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink(kProgram, error);
  if (error) return cannot_load(std::string(kProgram) + ": " + error.message());
  std::string looked_in;
  // Where the build leaves it, and where it is installed; both as seen from the program.
  for (const char* folder : {WEIR_MODULE_BUILT, WEIR_MODULE_INSTALLED}) {
    const std::string path = (program.parent_path() / folder / kFile).lexically_normal().string();
    const File file(path);
    if (file.fd() >= 0) return load(path, file);
    looked_in += (looked_in.empty() ? "" : " and no ") + path;
  }
  return cannot_load("there is no " + looked_in +
                     "; run weir from where it was built or installed, or install it again");
}

}  // namespace

Result<const DpdkModule*> load_dpdk_module() {
  static const Result<const DpdkModule*> only = find_and_load();
  return only;
}

}  // namespace weir::backends
