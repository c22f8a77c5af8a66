#include "backends/fallback/fallback.h"

#include <errno.h>

#include <utility>

namespace weir::backends {
namespace {

bool not_made_for_it(const Status& status) {
  switch (status.sys_errno) {
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ENOPROTOOPT: return true;
    default: return false;
  }
}

}  // namespace

Fallback::Fallback(std::unique_ptr<Backend> first, std::unique_ptr<Backend> second)
    : first_(std::move(first)), second_(std::move(second)), opened_(first_.get()) {}
Fallback::~Fallback() = default;

Result<CaptureInfo> Fallback::open(const CaptureOptions& options) {
  opened_.store(first_.get(), std::memory_order_release);
  Result<CaptureInfo> info = first_->open(options);
  if (info || !not_made_for_it(info.error())) return info;
  const std::string why = info.error().message;
  opened_.store(second_.get(), std::memory_order_release);
  info = second_->open(options);
  if (!info) return info;
  info->notes.push_back(info->backend + " is used: " + why);
  return info;
}

}  // namespace weir::backends
