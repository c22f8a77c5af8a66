#pragma once

#include <cstdint>
#include <memory>

#include "engine/core/flow_key.h"
#include "engine/pipeline/flow_query.h"

/// The groups that both the text summary and the views ask for. Stateless, any thread.
namespace weir::report {

/// The port that names what a flow is for: the lower of its two ports if that is below 1024 (the
/// system ports of RFC 6335, which is where servers of either side listen), or if only the other
/// one is of those that clients are given (32768 and above); else the port of the side shown
/// second, because it is mostly the local side that opens flows. 0 without ports.
uint16_t service_port(const FlowKey& key, bool shown_high) noexcept;

/// A host as a group of flows: ip_version and low_addr.
FlowKey host_group(uint8_t ip_version, const IpBytes& address) noexcept;

/// Both hosts of a flow, as host_group(). One host, once, where it talks to itself.
std::shared_ptr<const Grouper> make_host_grouper();

/// The service (proto and low_port; low_port is 0 for protocols without ports). "Sent" is what the
/// sides shown first sent.
std::shared_ptr<const Grouper> make_service_grouper();

/// The IP protocol (proto), IPv4 and IPv6 together. "Sent" as above.
std::shared_ptr<const Grouper> make_protocol_grouper();

}  // namespace weir::report
