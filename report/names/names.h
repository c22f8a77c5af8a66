#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/status.h"
#include "report/name_source.h"
#include "report/names/origins.h"
#include "report/names/resolver.h"
#include "report/names/service_table.h"

namespace weir::report {

/// What a run shows by name, and where the names come from.
struct NamesOptions {
  bool hosts = true;     ///< false: -n
  bool services = true;  ///< false: -N
  ResolverOptions resolver;
  std::string services_file = "/etc/services";
  std::string country_file;  ///< MaxMind's country or city file; empty: none
  std::string asn_file;      ///< MaxMind's ASN file; empty: none
};

/// Names of hosts, services and networks. Without `hosts` there is no thread and no socket until
/// show_hosts() asks for them. start() fails on a MaxMind file that is missing or damaged, and
/// where the resolver does. Belongs to whoever started it, who outlives those that show names;
/// they may ask from any thread.
class Names final : public NameSource {
 public:
  static Result<std::unique_ptr<Names>> start(const NamesOptions& options);

  std::string host(uint8_t ip_version, const IpBytes& address) override;
  std::string service(uint8_t proto, uint16_t port) override;
  /// "DE AS3320 Deutsche Telekom AG", or empty.
  std::string origin(uint8_t ip_version, const IpBytes& address) override;
  bool has_origins() const noexcept { return origins_ != nullptr; }

  /// Names on or off while running; one thread at a time. The first time on may fail.
  Result<void> show_hosts(bool on);
  void show_services(bool on) noexcept { services_shown_ = on; }
  bool hosts_shown() const noexcept { return asked_.load() != nullptr; }
  bool services_shown() const noexcept { return services_shown_; }

  /// Grows whenever a name became known, which is when to draw again.
  uint64_t generation() const;
  ResolverCounters counters() const;
  /// Waits until nothing is asked for any more; false after the time. Not for threads that draw.
  bool wait_answers(uint64_t most_ms);

 private:
  explicit Names(const NamesOptions& options);

  const NamesOptions options_;
  const ServiceTable services_;
  std::atomic<bool> services_shown_;
  std::unique_ptr<Origins> origins_;
  std::unique_ptr<Resolver> resolver_;     ///< null until host names are first shown
  std::atomic<Resolver*> known_{nullptr};  ///< resolver_, for every thread
  std::atomic<Resolver*> asked_{nullptr};  ///< resolver_ while host names are shown
};

}  // namespace weir::report
