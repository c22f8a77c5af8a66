#include "report/names/origins.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "report/names/clean_text.h"

namespace weir::report {
namespace {

using Path = std::array<const char*, 3>;

std::optional<MMDB_entry_data_s> value_at(MMDB_entry_s entry, const Path& path) {
  MMDB_entry_data_s value{};
  const int status = MMDB_aget_value(&entry, &value, path.data());
  if (status != MMDB_SUCCESS || !value.has_data) return std::nullopt;
  return value;
}

std::string_view text_at(const MMDB_entry_s& entry, const Path& path) {
  const auto value = value_at(entry, path);
  if (!value || value->type != MMDB_DATA_TYPE_UTF8_STRING) return {};
  return {value->utf8_string, value->data_size};
}

/// ISO 3166: two capital letters; anything else is no country.
std::string country_of(const MMDB_entry_s& entry) {
  for (const char* const key : {"country", "registered_country"}) {
    const std::string_view code = text_at(entry, {key, "iso_code", nullptr});
    if (code.size() == 2 &&
        std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      return std::string(code);
    }
  }
  return {};
}

std::string network_of(const MMDB_entry_s& entry) {
  const auto number = value_at(entry, {"autonomous_system_number", nullptr, nullptr});
  std::string text;
  if (number && number->type == MMDB_DATA_TYPE_UINT32) {
    text = "AS" + std::to_string(number->uint32);
  }
  const std::string name = clean_text(
      text_at(entry, {"autonomous_system_organization", nullptr, nullptr}), kMaxOriginBytes);
  return text.empty() || name.empty() ? text + name : text + ' ' + name;
}

/// Something that waits, such as a pipe, must not stop weir at its start.
Result<void> check_regular(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) {
    const Code code = errno == EACCES ? Code::not_permitted : Code::not_found;
    return fail({code, Recovery::give_up, errno, path, std::generic_category().message(errno)});
  }
  if (S_ISREG(about.st_mode)) return {};
  return fail({Code::damaged, Recovery::give_up, 0, path, "is not a regular file"});
}

}  // namespace

class Origins::File {
 public:
  static Result<std::unique_ptr<File>> open(const std::string& path) {
    if (const Result<void> regular = check_regular(path); !regular) return fail(regular.error());
    std::unique_ptr<File> file(new File);
    const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &file->db_);
    if (status != MMDB_SUCCESS) {
      const bool unreadable = status == MMDB_FILE_OPEN_ERROR;
      return fail({unreadable ? Code::not_permitted : Code::damaged, Recovery::give_up, 0, path,
                   std::string("is no MaxMind file that can be read: ") + MMDB_strerror(status)});
    }
    file->open_ = true;
    ::madvise(const_cast<uint8_t*>(file->db_.file_content),
              static_cast<size_t>(file->db_.file_size), MADV_WILLNEED);
    return file;
  }

  ~File() {
    if (open_) MMDB_close(&db_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// Appends what this file knows, and was not known before.
  void add_to(std::string& country, std::string& network, const AddressKey& key) const {
    sockaddr_storage storage{};
    if (key.ip_version == 4) {
      auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
      v4->sin_family = AF_INET;
      std::memcpy(&v4->sin_addr, key.address.data(), sizeof v4->sin_addr);
    } else {
      auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
      v6->sin6_family = AF_INET6;
      std::memcpy(&v6->sin6_addr, key.address.data(), sizeof v6->sin6_addr);
    }
    int error = MMDB_SUCCESS;
    const MMDB_lookup_result_s found =
        MMDB_lookup_sockaddr(&db_, reinterpret_cast<const sockaddr*>(&storage), &error);
    if (error != MMDB_SUCCESS || !found.found_entry) return;
    if (country.empty()) country = country_of(found.entry);
    if (network.empty()) network = network_of(found.entry);
  }

 private:
  File() = default;

  MMDB_s db_{};
  bool open_ = false;
};

Origins::Origins(size_t max_cached) : cache_(max_cached) {}

Origins::~Origins() = default;

Result<std::unique_ptr<Origins>> Origins::open(const std::vector<std::string>& files,
                                               size_t max_cached) {
  std::unique_ptr<Origins> self(new Origins(max_cached));
  for (const std::string& path : files) {
    Result<std::unique_ptr<File>> file = File::open(path);
    if (!file) return fail(file.error());
    self->files_.push_back(std::move(*file));
  }
  return self;
}

std::string Origins::origin(const AddressKey& key) {
  if (files_.empty() || (key.ip_version != 4 && key.ip_version != 6)) return {};
  const std::lock_guard lock(mutex_);
  if (const std::string* const known = cache_.find(key)) return *known;
  std::string found = look_up(key);
  cache_.put(key, found);
  return found;
}

std::string Origins::look_up(const AddressKey& key) const {
  std::string country;
  std::string network;
  for (const auto& file : files_) file->add_to(country, network, key);
  const char* const between = country.empty() || network.empty() ? "" : " ";
  return clean_text(country + between + network, kMaxOriginBytes);
}

}  // namespace weir::report
