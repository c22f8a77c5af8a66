#include "backends/pcap_file/file_order.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

#include "backends/pcap_file/chunk_pool.h"
#include "backends/pcap_file/scanner.h"

namespace weir::backends {
namespace {

/// Asked for a packet so often: a file may begin with megabytes of other blocks.
constexpr int kMostAttempts = 4;

struct Place {
  enum class Kind : uint8_t { timed, untimed, pipe };
  Kind kind = Kind::untimed;
  uint64_t first_ns = 0;
  std::string path;
};

/// What is wrong with the file is found, and said, when it is read.
Place place_of(const std::string& path) {
  struct stat found{};
  if (path == "-" || (stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode))) {
    return {Place::Kind::pipe, 0, path};
  }
  FileReport unread;
  Scanner scanner({path}, {}, 1, unread);
  std::array<PacketView, 1> first;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const Scanner::Filled filled = scanner.fill(first);
    if (filled.state == PacketBatch::State::end) break;
    if (filled.state == PacketBatch::State::empty) continue;
    ChunkPool::drop(*filled.chunk);
    return {Place::Kind::timed, first[0].ts_ns, path};
  }
  return {Place::Kind::untimed, 0, path};
}

}  // namespace

std::vector<std::string> in_order_of_time(const std::vector<std::string>& paths) {
  if (paths.size() < 2) return paths;
  std::vector<Place> places;
  for (const std::string& path : paths) places.push_back(place_of(path));
  std::stable_sort(places.begin(), places.end(), [](const Place& left, const Place& right) {
    if (left.kind != right.kind) return left.kind < right.kind;
    if (left.kind == Place::Kind::pipe) return false;
    return std::tie(left.first_ns, left.path) < std::tie(right.first_ns, right.path);
  });
  std::vector<std::string> sorted;
  for (Place& place : places) sorted.push_back(std::move(place.path));
  return sorted;
}

}  // namespace weir::backends
