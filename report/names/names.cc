#include "report/names/names.h"

#include <utility>
#include <vector>

#include "report/format.h"

namespace weir::report {

Names::Names(const NamesOptions& options)
    : options_(options),
      services_(ServiceTable::load(options.services_file)),
      services_shown_(options.services) {}

Result<std::unique_ptr<Names>> Names::start(const NamesOptions& options) {
  std::unique_ptr<Names> self(new Names(options));
  std::vector<std::string> files;
  for (const std::string& file : {options.country_file, options.asn_file}) {
    if (!file.empty()) files.push_back(file);
  }
  if (!files.empty()) {
    Result<std::unique_ptr<Origins>> origins = Origins::open(files);
    if (!origins) return fail(origins.error());
    self->origins_ = std::move(*origins);
  }
  if (const Result<void> shown = self->show_hosts(options.hosts); !shown) {
    return fail(shown.error());
  }
  return self;
}

Result<void> Names::show_hosts(bool on) {
  if (on && resolver_ == nullptr) {
    Result<std::unique_ptr<Resolver>> started = Resolver::start(options_.resolver);
    if (!started) return fail(started.error());
    resolver_ = std::move(*started);
    known_ = resolver_.get();
  }
  asked_ = on ? resolver_.get() : nullptr;
  return {};
}

std::string Names::host(uint8_t ip_version, const IpBytes& address) {
  if (Resolver* const resolver = asked_.load()) {
    std::string name = resolver->name({address, ip_version});
    if (!name.empty()) return name;
  }
  return address_text(ip_version, address);
}

std::string Names::service(uint8_t proto, uint16_t port) {
  if (services_shown_) {
    const std::string_view name = services_.name(proto, port);
    if (!name.empty()) return std::string(name);
  }
  return std::to_string(port);
}

std::string Names::origin(uint8_t ip_version, const IpBytes& address) {
  return origins_ == nullptr ? std::string() : origins_->origin({address, ip_version});
}

uint64_t Names::generation() const {
  const Resolver* const resolver = known_.load();
  return resolver == nullptr ? 0 : resolver->generation();
}

ResolverCounters Names::counters() const {
  const Resolver* const resolver = known_.load();
  return resolver == nullptr ? ResolverCounters{} : resolver->counters();
}

bool Names::wait_answers(uint64_t most_ms) {
  Resolver* const resolver = asked_.load();
  return resolver == nullptr || resolver->wait_answers(most_ms);
}

}  // namespace weir::report
