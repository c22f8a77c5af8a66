#pragma once

#include <cstdint>

#include "engine/core/bytes.h"
#include "parsers/walk.h"

namespace weir::parsers {

/// WireGuard (its whitepaper, section 5.4): a type in four bytes, little-endian, and a length that
/// the type fixes, or for data a multiple of 16. All of it is encrypted, so it is named and counted
/// to the flow that carries it.
namespace wireguard_message {
inline constexpr uint32_t kTypeSize = 4;
inline constexpr uint32_t kInitiation = 1;
inline constexpr uint32_t kInitiationSize = 148;
inline constexpr uint32_t kResponse = 2;
inline constexpr uint32_t kResponseSize = 92;
inline constexpr uint32_t kCookie = 3;
inline constexpr uint32_t kCookieSize = 64;
inline constexpr uint32_t kData = 4;
inline constexpr uint32_t kDataMinSize = 32;
inline constexpr uint32_t kDataUnit = 16;
}  // namespace wireguard_message

inline bool is_wireguard(uint32_t type, uint32_t size) noexcept {
  namespace m = wireguard_message;
  switch (type) {
    case m::kInitiation: return size == m::kInitiationSize;
    case m::kResponse: return size == m::kResponseSize;
    case m::kCookie: return size == m::kCookieSize;
    case m::kData: return size >= m::kDataMinSize && size % m::kDataUnit == 0;
    default: return false;
  }
}

/// A packet that is cut before the type stays what it is, since its flow is known.
template <class TraceT>
Step wireguard(Walk<TraceT>& w) noexcept {
  if (w.window.cap() < wireguard_message::kTypeSize) return Step::done;
  if (!is_wireguard(load_le32(w.window.at()), w.window.wire())) return Step::done;
  w.trace.add("wireguard");
  return w.accept(Reason::encrypted_tunnel);
}

}  // namespace weir::parsers
