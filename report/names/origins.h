#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/core/status.h"
#include "report/names/address_cache.h"

namespace weir::report {

inline constexpr size_t kMaxOriginBytes = 64;

/// Where addresses are from, out of MaxMind's files (country or city, ASN) or others of that form.
/// They are mapped at start and read ahead, so that a look-up does not wait for the disk. A file
/// that is missing or damaged is an error of open(); what is damaged further in gives no origin.
/// Replace such a file by renaming, as geoipupdate does: one that is cut in place ends the program
/// (SIGBUS). Any thread may ask.
class Origins {
 public:
  static Result<std::unique_ptr<Origins>> open(const std::vector<std::string>& files,
                                               size_t max_cached = 65536);
  ~Origins();
  Origins(const Origins&) = delete;
  Origins& operator=(const Origins&) = delete;

  /// "DE AS3320 Deutsche Telekom AG", what of it is known; at most 64 bytes of printable UTF-8.
  std::string origin(const AddressKey& key);

 private:
  class File;
  explicit Origins(size_t max_cached);
  std::string look_up(const AddressKey& key) const;

  std::vector<std::unique_ptr<File>> files_;
  std::mutex mutex_;  ///< of the cache
  AddressCache<std::string> cache_;
};

}  // namespace weir::report
