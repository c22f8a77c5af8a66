#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/host/source.h"

namespace weir::host {

/// An attached XDP program; mode is "none" when there is none.
struct XdpProgram {
  std::string mode = "none";  ///< "native", "generic", "offloaded", "several"
  uint32_t id = 0;
  Answer<std::string> name = unknown("none attached");
};

/// Packets lost or refused since the interface exists (struct rtnl_link_stats64).
struct Losses {
  uint64_t rx_packets = 0;
  uint64_t rx_errors = 0;
  uint64_t rx_dropped = 0;
  uint64_t rx_over = 0;
  uint64_t rx_fifo = 0;
  uint64_t rx_missed = 0;
  uint64_t rx_nohandler = 0;
};

/// What one RTM_NEWLINK message says.
struct LinkState {
  bool up = false;
  bool carrier = false;
  bool loopback = false;
  Answer<uint32_t> mtu = unknown("not told");
  Answer<uint32_t> promiscuity = unknown("not told");
  Answer<XdpProgram> xdp = unknown("not told");
  Answer<Losses> losses = unknown("not told");
};

struct Driver {
  std::string name;
  std::string version;
  std::string bus;  ///< "0000:00:03.0"; empty for what is on no bus
};

/// Queues or descriptors, now and at most.
struct Amount {
  uint32_t now = 0;
  uint32_t most = 0;
};

struct Channels {
  Amount rx, tx, combined;
  uint32_t rx_now() const { return rx.now + combined.now; }
  uint32_t tx_now() const { return tx.now + combined.now; }
};

struct Rings {
  Amount rx, tx;
};

struct Rss {
  std::string function;  ///< "toeplitz", "xor", "crc32"; empty when the driver names none
  std::vector<uint8_t> key;
  bool symmetric = false;             ///< both directions of a flow have the same hash
  std::vector<uint32_t> indirection;  ///< the queue of each hash bucket
};

inline constexpr std::array<std::string_view, 4> kHashedFlows{"tcp4", "udp4", "tcp6", "udp6"};

struct Feature {
  bool on = false;
  bool changeable = false;
};

struct Features {
  Answer<Feature> gro = unknown("not named by the kernel");
  Answer<Feature> gro_hw = gro, lro = gro, tso = gro, tso6 = gro, gso = gro, rx_vlan = gro;
};

struct Coalescing {
  uint32_t rx_usecs = 0;
  uint32_t rx_frames = 0;
  bool adaptive_rx = false;
};

struct Pause {
  bool autoneg = false, rx = false, tx = false;
};

struct Irq {
  unsigned number = 0;
  std::string name;
  bool receives = false;  ///< by its name, it is that of a receive queue
  Answer<std::vector<int>> cpus = unknown("not told");
};

/// All that could be found out about one interface.
struct LinkFacts {
  std::string name;
  Answer<LinkState> state = unknown("not asked");
  Answer<Driver> driver = unknown("not asked");
  Answer<bool> hardware = unknown("not asked");  ///< has a device behind it
  Answer<uint64_t> numa_node = unknown("not asked");
  Answer<uint64_t> speed_mbps = unknown("not asked");
  Answer<Channels> channels = unknown("not asked");
  Answer<uint32_t> rx_queues = unknown("not asked");  ///< of /sys, when there are no channels
  Answer<Rings> rings = unknown("not asked");
  Answer<Rss> rss = unknown("not asked");
  /// What the hash is made of, in ethtool's letters ("sdfn"), in the order of kHashedFlows.
  std::array<Answer<std::string>, 4> hash_fields{unknown(""), unknown(""), unknown(""),
                                                 unknown("")};
  Answer<Features> features = unknown("not asked");
  Answer<Coalescing> coalescing = unknown("not asked");
  Answer<Pause> pause = unknown("not asked");
  Answer<std::vector<Irq>> irqs = unknown("not asked");
  Answer<std::vector<std::string>> rps = unknown("not asked");  ///< CPU masks by receive queue
  Answer<std::vector<std::string>> xps = unknown("not asked");  ///< CPU masks by transmit queue
  Answer<uint64_t> tun_flags = unknown("not asked");

  /// Receive queues in use, as far as anybody says.
  Answer<uint32_t> queues() const;
};

LinkFacts read_link(const Source& source, const std::string& name);

/// The parts, each also for garbage.
Answer<LinkState> parse_link_message(std::span<const std::byte> message);
void read_ethtool(const Source& source, LinkFacts& facts);
void read_link_files(const Source& source, LinkFacts& facts);

/// True for a mask such as "00000000,00000003" with any bit set; false for zeros; unknown else.
Answer<bool> any_cpu_in_mask(std::string_view mask);

/// A key that hashes both directions of a flow alike: two bytes over and over (Woo and Park, 2012).
bool is_symmetric_key(std::span<const uint8_t> key);

}  // namespace weir::host
