#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/backend.h"

namespace weir::testing {

/// A file in the tests' temporary folder, removed with the object.
class TempFile {
 public:
  explicit TempFile(std::span<const uint8_t> content);
  ~TempFile();
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A packet with its own copy of the bytes.
struct SeenPacket {
  uint64_t ts_ns = 0;
  uint32_t wire_len = 0;
  LinkType link_type = LinkType::en10mb;
  uint8_t interface_id = 0;
  std::vector<uint8_t> bytes;

  explicit SeenPacket(const PacketView& view)
      : ts_ns(view.ts_ns),
        wire_len(view.wire_len),
        link_type(view.link_type),
        interface_id(view.interface_id),
        bytes(view.data, view.data + view.cap_len) {}
  bool operator==(const SeenPacket&) const = default;
};

/// What came out of a source until its end.
struct Reading {
  CaptureInfo info;
  std::vector<SeenPacket> packets;
  std::vector<std::string> notices;  ///< "where: message"
  std::vector<Code> notice_codes;
  DropCounts drops;  ///< of all queues
  bool ended = false;
};

/// Reads all of an unopened backend, one batch at a time, from its queues in turn.
Reading read_all(Backend& backend, const CaptureOptions& options = {}, uint32_t batch = 256);

/// Reads files.
Reading read_files(std::vector<std::string> paths, const CaptureOptions& options = {},
                   uint32_t batch = 256);

/// Reads one file with this content; notices have "FILE" for its path.
Reading read_bytes(std::span<const uint8_t> content, const CaptureOptions& options = {},
                   uint32_t batch = 256);

/// gzip(1) of the content: one member.
std::vector<uint8_t> gzip(std::span<const uint8_t> content);

}  // namespace weir::testing
